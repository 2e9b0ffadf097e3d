"""Says in labels whose a container, network or volume is, and removes what a killed run left."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.engine.client import LABEL_OWNED
from careen.engine.process import is_alive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careen.engine.client import EngineClient

LABEL_OWNER = "io.careen.owner"
_START = 19  # starttime, counted from the state, the first field behind the program's name
_FIELDS = 5


@dataclass(frozen=True)
class Owner:
    """A process, so described that no other one is ever taken for it.

    Attributes:
        machine: its host name; containers on one machine have names of their own.
        boot: the kernel's boot id, "" where there is none.
        namespace: the process ids' namespace, likewise.
        pid: its id there.
        started: when it started, in clock ticks since the boot.
    """

    machine: str
    boot: str
    namespace: str
    pid: int
    started: int

    @classmethod
    def of_this_process(cls) -> Owner:
        """Give the process that asks."""
        pid = os.getpid()
        return cls(platform.node(), _boot(), _namespace(), pid, _started(pid))

    @classmethod
    def from_label(cls, text: str) -> Owner | None:
        """Read a label; None where it is none of ours.

        >>> Owner.from_label("box/b1/pid:[4]/12/345").pid, Owner.from_label("x")
        (12, None)
        """
        parts = text.split("/")
        if len(parts) != _FIELDS or not (parts[3].isdigit() and parts[4].isdigit()):
            return None
        return cls(parts[0], parts[1], parts[2], int(parts[3]), int(parts[4]))

    @property
    def label(self) -> str:
        """The label's text."""
        return f"{self.machine}/{self.boot}/{self.namespace}/{self.pid}/{self.started}"

    def is_gone(self) -> bool:
        """Tell whether the process surely runs no more.

        Of another machine's processes, and of those in another namespace, nobody here knows.
        """
        if self.machine != platform.node():
            return False
        if self.boot != _boot():
            return True
        if self.namespace != _namespace():
            return False
        return not is_alive(self.pid) or _started(self.pid) != self.started


def labels() -> dict[str, str]:
    """Give the labels of all that this process makes on an engine."""
    return {LABEL_OWNED: "true", LABEL_OWNER: Owner.of_this_process().label}


def sweep(client: EngineClient) -> list[str]:
    """Remove the containers, networks and volumes of processes that are gone.

    What has no owner, such as the volumes that outlive `careen down`, stays.

    Returns:
        What was removed, as `container NAME` and so on.
    """
    return remove_labelled(client, lambda owner: owner.is_gone())


def remove_own(client: EngineClient) -> list[str]:
    """Remove the containers, networks and volumes of this process; see `sweep`."""
    own = Owner.of_this_process()
    return remove_labelled(client, lambda owner: owner == own)


def remove_labelled(client: EngineClient, unwanted: Any) -> list[str]:
    """Remove what an owner made of whom *unwanted*, a function of an `Owner`, is true."""
    import docker.errors  # noqa: PLC0415 - a fifth of a second

    filters = {"label": LABEL_OWNER}
    removed = []

    def remove(kind: str, name: str, found: Mapping[str, str] | None, act: Any) -> None:
        owner = Owner.from_label((found or {}).get(LABEL_OWNER, ""))
        if owner is None or not unwanted(owner):
            return
        try:
            act()
        except docker.errors.APIError:
            return  # another run removes it too, or it is in use: the next one looks again
        removed.append(f"{kind} {name}")

    api = client.sdk.api
    for one in api.containers(all=True, filters=filters):
        name = (one.get("Names") or [one["Id"]])[0].lstrip("/")
        remove(
            "container",
            name,
            one.get("Labels"),
            lambda one=one: api.remove_container(one["Id"], v=True, force=True),
        )
    for one in api.networks(filters=filters):
        remove(
            "network",
            one["Name"],
            one.get("Labels"),
            lambda one=one: api.remove_network(one["Id"]),
        )
    for one in api.volumes(filters=filters).get("Volumes") or []:
        remove(
            "volume",
            one["Name"],
            one.get("Labels"),
            lambda one=one: api.remove_volume(one["Name"]),
        )
    return removed


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    # The program's name, in brackets, may hold blanks and brackets; see proc_pid_stat(5).
    return int(text.rpartition(")")[2].split()[_START])
