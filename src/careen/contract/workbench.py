"""What the checks of one image share: the image as data, its contract, and its containers."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from careen.contract.interpreter import interpreter
from careen.contract.users import Account, account_of
from careen.engine.containers import ContainerPlan, created
from careen.engine.service_http import NoAnswerError, fetch
from careen.errors import CareenError
from careen.image.tree import merge
from careen.image.weigh.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from careen.config.contract import ContractSettings
    from careen.config.model import Budgets
    from careen.engine.client import EngineClient
    from careen.engine.containers import Container
    from careen.image.model import Image
    from careen.image.tree import Merged

POLL_SECONDS = 0.005
# Each question costs the engine's proxy as much as the asker: where others start at the same time
# and nobody takes the time of it, fewer are asked.
_BUSY_POLL_SECONDS = 0.05
# How often a container that does not answer is asked whether it still runs.
_LOOK_SECONDS = 0.1
_LEAST_SECONDS, _BUSY_SECONDS = 5.0, 15.0
# What has started well before, and answers otherwise for as long, is not about to start.
_OTHERWISE_SECONDS = 5.0
_LONGEST_START_SECONDS = 60.0
_DEFAULT_START_SECONDS = 20.0
_POLL_TIMEOUT_SECONDS = 5.0
OK = 200


class CancelledError(CareenError):
    """The run was interrupted: what is under way ends."""


@dataclass(frozen=True)
class ImageUnderTest:
    """An image whose contract is checked.

    Attributes:
        variant: its name in the settings, or the image's own.
        tag: by which the engine knows it.
        platform: such as linux/amd64, "" is the engine's own.
    """

    variant: str
    tag: str
    platform: str = ""


@dataclass(frozen=True)
class Start:
    """A container's start.

    Attributes:
        seconds: from the start call to the first good answer; None where there was none.
        what: why there was none, in words: `it exited with code 3`.
        status: of the last answer, None where nothing answered.
        exited: whether the container ended.
        log: its last lines then.
    """

    seconds: float | None
    what: str = ""
    status: int | None = None
    exited: bool = False
    log: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether the good answer came."""
        return self.seconds is not None


@dataclass
class Bench:
    """One image on the workbench.

    Attributes:
        target: the image.
        contract: that it keeps.
        budgets: of its sizes.
        client: an engine's connection of its own.
        image: with its layers.
        engine_platform: what the engine runs, such as linux/amd64.
        say: told what goes on.
        cancelled: set where the run was interrupted.
        starts: the starts that were measured.
    """

    target: ImageUnderTest
    contract: ContractSettings
    budgets: Budgets
    client: EngineClient
    image: Image
    engine_platform: str = ""
    say: Callable[[str], None] = lambda _: None
    cancelled: threading.Event = field(default_factory=threading.Event)
    starts: list[Start] = field(default_factory=list)

    @cached_property
    def merged(self) -> Merged:
        """The tree that its containers see."""
        return merge(self.image.layers)

    @cached_property
    def view(self) -> View:
        """The tree with its links followed."""
        return View(self.merged, self.image.layers)

    @property
    def config(self) -> Mapping[str, Any]:
        """The part of its configuration that says how it runs."""
        found: Mapping[str, Any] = self.image.config.get("config") or {}
        return found

    @property
    def port(self) -> int | None:
        """The service's port: the contract's, else the image's only one."""
        if self.contract.port is not None:
            return self.contract.port
        exposed = exposed_ports(self.config)
        return exposed[0] if len(exposed) == 1 else None

    @cached_property
    def python(self) -> str:
        """The path of the image's Python, "" where there is none."""
        return interpreter(self.config, self.view)

    @cached_property
    def account(self) -> Account | None:
        """Who the service runs as; None where the image's files do not tell."""
        user = str(self.config.get("User") or "")
        plain = account_of(user, "", "")
        if plain is not None:
            return plain
        with created(self.client, ContainerPlan(self.target.tag)) as container:
            passwd, group = (
                (container.read_file(path) or b"").decode(errors="replace")
                for path in ("/etc/passwd", "/etc/group")
            )
        return account_of(user, passwd, group)

    @property
    def patience_seconds(self) -> float:
        """How long a start is waited for: three times what it may take.

        Longer once all starts have been measured and were good: then others run beside it, and it
        is not this one's time that counts.
        """
        limit = self.contract.limits.start_seconds
        if limit is None:
            return _DEFAULT_START_SECONDS
        least = _BUSY_SECONDS if self._has_started_well else _LEAST_SECONDS
        return min(_LONGEST_START_SECONDS, max(least, 3 * limit))

    @property
    def _has_started_well(self) -> bool:
        """Whether all its starts were measured and were good."""
        measured = len(self.starts) >= self.contract.limits.start_runs > 0
        return measured and all(start.is_good for start in self.starts)

    def plan(self, **changes: Any) -> ContainerPlan:
        """Give the plan of a container with the contract's limits; *changes* go on top."""
        limits = self.contract.limits
        plain = ContainerPlan(
            self.target.tag,
            environment=self.contract.environment,
            memory_bytes=limits.memory,
            cpus=limits.cpus,
            pids=limits.pids,
            port=self.port,
        )
        return replace(plain, **changes)

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            CancelledError: the run was interrupted.
        """
        if self.cancelled.wait(seconds):
            raise CancelledError("interrupted")

    @contextmanager
    def started(
        self, plan: ContainerPlan, *, status: int = OK
    ) -> Iterator[tuple[Container, Start]]:
        """Start a container and wait for the health path's answer with *status*, or for its end."""
        with created(self.client, plan) as container:
            yield container, self.wait_for(container, status=status)

    def wait_for(self, container: Container, *, status: int = OK) -> Start:
        """Start a container that was made, and wait until it answers."""
        begun = time.monotonic()
        try:
            container.start()
        except CareenError as error:
            return Start(None, error.args[0], exited=True)
        url = f"{container.base_url}{self.contract.health}"
        if url.startswith("/"):
            return ended(container)
        patience, well = self.patience_seconds, self._has_started_well
        deadline, look = begun + patience, begun + _LOOK_SECONDS
        last: int | None = None
        answered = 0.0
        while (now := time.monotonic()) < deadline:
            try:
                last = fetch(url, timeout_seconds=min(_POLL_TIMEOUT_SECONDS, deadline - now)).status
                if last == status:
                    return Start(time.monotonic() - begun, status=last)
                answered = answered or now
                if well and now - answered > _OTHERWISE_SECONDS:
                    break
            except NoAnswerError:
                pass
            if time.monotonic() > look:
                if not container.is_running():
                    return ended(container)
                look = time.monotonic() + _LOOK_SECONDS
            self.pause(_BUSY_POLL_SECONDS if well else POLL_SECONDS)
        waited = f"within {min(time.monotonic() - begun, patience):.0f} s"
        return self._silent(container, last, status, waited)

    def _silent(self, container: Container, last: int | None, status: int, waited: str) -> Start:
        if last is not None:
            what = f"GET {self.contract.health} answers {last}, not {status}, {waited}"
        else:
            from careen.contract.sockets import diagnosis  # noqa: PLC0415 - rarely needed

            what = f"nothing answers on port {self.port} {waited}; "
            what += diagnosis(container, self.python, self.port)
        return Start(None, what, status=last, log=container.log_tail())


def ended(container: Container) -> Start:
    """Say why a container ended that should run."""
    state = container.state
    if state["Running"]:
        what = "its port is not published: the engine gave no address for it"
        return Start(None, what, log=container.log_tail())
    if state.get("OOMKilled"):
        what = "the kernel killed it: it needed more memory than its limit"
    else:
        what = f"it exited with code {state['ExitCode']}"
    return Start(None, what, exited=True, log=container.log_tail())


def exposed_ports(config: Mapping[str, Any]) -> list[int]:
    """Give the TCP ports of an image's EXPOSE.

    >>> exposed_ports({"ExposedPorts": {"5001/tcp": {}, "53/udp": {}}})
    [5001]
    """
    names = [str(name).partition("/") for name in config.get("ExposedPorts") or {}]
    return sorted(int(port) for port, _, kind in names if kind in {"", "tcp"} and port.isdigit())
