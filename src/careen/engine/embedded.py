"""The embedded engine: Docker from distribution packages, beside everything else, for root."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from careen.engine import apt, host_network, leftovers, process
from careen.engine.packages import Toolbox
from careen.engine.paths import cache_folder, locked, runtime_folder, write_atomically
from careen.errors import EngineError, EngineMissingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START_SECONDS = 40.0
BUSY_SECONDS = 30.0
DAEMONS = {"containerd", "dockerd"}


@dataclass(frozen=True)
class Status:
    """The embedded engine as it was found.

    Attributes:
        state: `running`, `stopped`, `absent` (never set up) or `broken` (a part of it is gone).
        host: what DOCKER_HOST is set to for it.
        pids: process ids of the parts that run, by program.
        packages: versions of the unpacked packages, by name.
        folder: where everything of it stands.
        disk_bytes: what that folder takes on disk, or None where it was not asked for.
    """

    state: str
    host: str
    pids: dict[str, int]
    packages: dict[str, str]
    folder: str
    disk_bytes: int | None = None

    def to_json(self) -> dict[str, object]:
        """Give the status as JSON data."""
        return asdict(self)


class EmbeddedEngine:
    """One embedded engine: its packages, its data and its two daemons.

    >>> EmbeddedEngine(Path("/tmp/none")).status().state
    'absent'
    """

    def __init__(
        self, cache: Path | None = None, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._cache = cache or cache_folder()
        self.folder = self._cache / "engine"
        self.runtime = runtime_folder(self._cache)
        self._say = say
        self.tools = Toolbox(self._cache / "packages", say)

    @property
    def host(self) -> str:
        """The address of its socket, as DOCKER_HOST has it."""
        return f"unix://{self.runtime}/docker.sock"

    @property
    def content_folder(self) -> Path:
        """The folder of its containerd's blobs."""
        return self.folder / "containerd" / "io.containerd.content.v1.content"

    def status(self, *, measure_disk: bool = False) -> Status:
        """Look at the engine; changes nothing."""
        pids = self._pids()
        if not (self.folder / "state.json").exists():
            state = "stopped" if self.tools.versions().get("docker.io") else "absent"
        else:
            state = "running" if pids.keys() == DAEMONS and self._responds() else "broken"
        size = _disk_bytes(self.folder) if measure_disk else None
        return Status(state, self.host, pids, self.tools.versions(), str(self.folder), size)

    def up(self) -> Status:
        """Start the engine unless it runs; whoever comes second waits and finds it running.

        Raises:
            EngineMissingError: this machine cannot have it: not Linux, no apt, or not root.
            EngineError: a package cannot be had or verified, or a daemon does not start.
        """
        require_possible()
        with locked(self.folder / "lock"):
            status = self.status()
            if status.state == "running":
                return status
            if status.state == "broken":
                self._say("the embedded engine was killed; cleaning up what it left")
                self._end()
            self.tools.need_engine()
            self._start()
            return self.status()

    def down(self) -> bool:
        """Stop the engine, keeping its images and cache; tells whether there was one."""
        with locked(self.folder / "lock"):
            if not (self.folder / "state.json").exists():
                return False
            self._end()
            return True

    def purge(self) -> None:
        """Stop the engine and remove all that it keeps: images, cache, packages."""
        self.down()
        leftovers.unmount([self.folder])
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.tools.folder, ignore_errors=True)

    def _start(self) -> None:
        self.runtime.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        iptables = self.tools.which("iptables") or "iptables"
        before = host_network.read(iptables)
        state: dict[str, object] = {"network": before.to_json(), "pids": {}}
        self._write_state(state)
        env = {"PATH": self.tools.search_path, "XDG_CONFIG_HOME": str(self.folder)}
        pids: dict[str, int] = {}
        for name, argv in self._daemons().items():
            log = self.folder / f"{name}.log"
            write_atomically(log, b"")
            pids[name] = process.spawn(argv, log=log, env=env)
            self._write_state(state | {"pids": dict(pids)})
            self._wait(name, pids[name], log)

    def _daemons(self) -> dict[str, list[str]]:
        containerd_toml, daemon_json = self._write_configuration()
        return {
            "containerd": [self._program("containerd"), "--config", str(containerd_toml)],
            "dockerd": [self._program("dockerd"), "--config-file", str(daemon_json)],
        }

    def _program(self, name: str) -> str:
        if path := self.tools.which(name):
            return path
        raise EngineError(
            f"{name} is not in the unpacked packages",
            hint=f"remove {self.tools.folder} and run `careen engine.up` again",
        )

    def _write_configuration(self) -> tuple[Path, Path]:
        containerd_toml = self.folder / "containerd.toml"
        lines = [
            "version = 2",
            f"root = {json.dumps(str(self.folder / 'containerd'))}",
            f"state = {json.dumps(str(self.runtime / 'containerd'))}",
            'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
            "[grpc]",
            f"address = {json.dumps(str(self.runtime / 'containerd.sock'))}",
            "[debug]",
            'level = "warn"',
        ]
        write_atomically(containerd_toml, "\n".join(lines).encode() + b"\n")
        settings = {
            "hosts": [self.host],
            "containerd": str(self.runtime / "containerd.sock"),
            "data-root": str(self.folder / "data"),
            "exec-root": str(self.runtime / "exec"),
            "pidfile": str(self.runtime / "dockerd.pid"),
            "features": {"containerd-snapshotter": True},
            "init-path": self.tools.which("tini-static") or self.tools.which("tini") or "tini",
            "userland-proxy-path": self._program("docker-proxy"),
            "log-level": "warn",
            "builder": {"gc": {"enabled": True, "defaultKeepStorage": self._cache_limit()}},
        }
        daemon_json = self.folder / "daemon.json"
        write_atomically(daemon_json, json.dumps(settings, indent=1).encode())
        return containerd_toml, daemon_json

    def _cache_limit(self) -> str:
        # Docker's own limit, a tenth of the disk, is reached within a few rounds of a benchmark:
        # the collector then removes steps between two builds that are to be compared.
        usage = shutil.disk_usage(self.folder)
        return f"{max(usage.free // 2, usage.total // 10) // 10**6}MB"

    def _wait(self, name: str, pid: int, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not process.is_alive(pid):
                break
            if name == "containerd" and (self.runtime / "containerd.sock").exists():
                return
            if name == "dockerd" and answers(self.host):
                return
            time.sleep(0.05)
        tail = "\n".join(f"  | {line}" for line in log.read_text().splitlines()[-12:])
        raise EngineError(
            f"{name} of the embedded engine does not start; the end of {log}:\n{tail}",
            hint="`careen doctor` says what this machine lacks",
        )

    def _end(self) -> None:
        """End the daemons and remove what they leave: processes, mounts, sockets, rules."""
        state = json.loads((self.folder / "state.json").read_text())
        for name in ("dockerd", "containerd"):
            if name in (pids := self._pids()):
                process.stop(pids[name], grace_seconds=20)
        folders = [self.folder, self.runtime]
        leftovers.end_processes(folders)
        leftovers.unmount(folders)
        shutil.rmtree(self.runtime, ignore_errors=True)
        before = host_network.HostNetwork(**state["network"])
        host_network.put_back(before, self.tools.which("iptables") or "iptables")
        (self.folder / "state.json").unlink()

    def _responds(self) -> bool:
        """Tell whether the engine answers; one that is alive is given time, it may be busy."""
        deadline = time.monotonic() + BUSY_SECONDS
        while not answers(self.host):
            if time.monotonic() > deadline or self._pids().keys() != DAEMONS:
                return False
        return True

    def _pids(self) -> dict[str, int]:
        """Give the daemons that run; an id that now belongs to another program is not ours."""
        try:
            state = json.loads((self.folder / "state.json").read_text())
        except (OSError, ValueError):
            return {}
        return {
            name: pid
            for name, pid in state.get("pids", {}).items()
            if process.is_alive(pid) and str(self.folder) in process.command_line(pid)
        }

    def _write_state(self, state: dict[str, object]) -> None:
        write_atomically(self.folder / "state.json", json.dumps(state, indent=1).encode())


def answers(host: str, timeout_seconds: float = 2.0) -> bool:
    """Tell whether an engine answers at an address."""
    import http.client  # noqa: PLC0415
    import socket  # noqa: PLC0415

    connection = http.client.HTTPConnection("localhost", timeout=timeout_seconds)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
            end.settimeout(timeout_seconds)
            end.connect(host.removeprefix("unix://"))
            connection.sock = end
            connection.request("GET", "/_ping")
            return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False


def require_possible() -> None:
    """Check that an embedded engine can run on this machine.

    Raises:
        EngineMissingError: it cannot; the message says why and what to do.
    """
    install = "install Docker Engine with its buildx plugin, or set DOCKER_HOST to one that runs"
    if sys.platform != "linux":
        raise EngineMissingError(
            f"no Docker engine runs here, and the embedded one needs Linux, not {sys.platform}",
            hint="start Docker Desktop, colima or another engine, then run the command again",
        )
    if not apt.is_available():
        raise EngineMissingError(
            "no Docker engine runs here, and the embedded one needs apt and dpkg-deb",
            hint=install,
        )
    if os.geteuid() != 0:
        raise EngineMissingError(
            "no Docker engine runs here, and the embedded one needs root",
            hint=f"run the same command as root (sudo -E env PATH=$PATH ...), or {install}",
        )


def _disk_bytes(folder: Path) -> int:
    total = 0
    for root, _, files in os.walk(folder, onerror=lambda _: None):
        for name in files:
            try:
                total += os.lstat(os.path.join(root, name)).st_blocks * 512  # noqa: PTH118
            except OSError:
                continue
    return total
