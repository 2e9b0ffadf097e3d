"""Containers and networks that careen starts: labelled, limited, and removed whatever happens.

Source: the Docker Engine API, "Create a container", "Get container stats", "Attach to a container".
"""

from __future__ import annotations

import io
import os
import secrets
import tarfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from careen.engine.client import EngineClient
from careen.engine.ownership import labels
from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_POLL_SECONDS = 0.02
_MOST_OUTPUT_BYTES = 4 << 20
_MOST_FILE_BYTES = 4 << 20
_KINDS = ("changed", "added", "removed")  # of the API's changes, by their number


@dataclass(frozen=True)
class ContainerPlan:
    """A container that is to be made.

    Attributes:
        image: its name or id.
        command: in place of the image's; None leaves that.
        entrypoint: likewise.
        environment: added to the image's.
        memory_bytes: its limit; there is no swap on top. None is no limit.
        cpus: likewise.
        pids: processes and threads, likewise.
        read_only: whether the root file system is.
        tmpfs: writable folders in memory, with their mount options.
        user: in place of the image's, "" leaves that.
        cap_drop: capabilities that are taken, or ALL.
        security_opt: such as no-new-privileges. The seccomp profile is the engine's own always.
        network: its name, "" is the engine's own.
        port: of the container, published on a free port of 127.0.0.1.
        healthcheck: in place of the image's, as the API has it, times in nanoseconds.
    """

    image: str
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    memory_bytes: int | None = None
    cpus: float | None = None
    pids: int | None = None
    read_only: bool = False
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    network: str = ""
    port: int | None = None
    healthcheck: Mapping[str, Any] | None = None

    def document(self, owner: Mapping[str, str]) -> dict[str, Any]:
        """Give the body of the API's create call; *owner* are the labels."""
        host: dict[str, Any] = {"ReadonlyRootfs": self.read_only, "Tmpfs": dict(self.tmpfs)}
        if self.memory_bytes is not None:
            host |= {"Memory": self.memory_bytes, "MemorySwap": self.memory_bytes}
        if self.cpus is not None:
            host["NanoCpus"] = round(self.cpus * 1e9)
        if self.pids is not None:
            host["PidsLimit"] = self.pids
        if self.cap_drop:
            host["CapDrop"] = list(self.cap_drop)
        if self.security_opt:
            host["SecurityOpt"] = list(self.security_opt)
        if self.network:
            host["NetworkMode"] = self.network
        body: dict[str, Any] = {
            "Image": self.image,
            "Env": [f"{name}={value}" for name, value in self.environment.items()],
            "Labels": dict(owner),
            "HostConfig": host,
        }
        if self.port is not None:
            name = f"{self.port}/tcp"
            body["ExposedPorts"] = {name: {}}
            host["PortBindings"] = {name: [{"HostIp": "127.0.0.1", "HostPort": ""}]}
        own = {
            "User": self.user,
            "Cmd": self.command and list(self.command),
            "Entrypoint": self.entrypoint and list(self.entrypoint),
            "Healthcheck": self.healthcheck and dict(self.healthcheck),
        }
        return body | {key: value for key, value in own.items() if value}


class ExecResult(NamedTuple):
    """What a command in a container did.

    Attributes:
        exit_code: of the command; 126 and 127 where it could not be started.
        output: standard output and standard error as they came, the first megabytes.
    """

    exit_code: int
    output: str


class Logs(NamedTuple):
    """A container's last lines."""

    stdout: tuple[str, ...]
    stderr: tuple[str, ...]


class Usage(NamedTuple):
    """What a container uses at one moment; None is unknown.

    Attributes:
        current_bytes: memory less the inactive part of the file cache.
        anonymous_bytes: of it, what is no file's.
        peak_bytes: the highest so far, file cache included, where the kernel keeps it.
        pids: processes and threads.
    """

    current_bytes: int | None
    anonymous_bytes: int | None
    peak_bytes: int | None
    pids: int | None


class Process(NamedTuple):
    """A process of a container, as `ps` on the engine's machine sees it."""

    state: str
    command: str


class Change(NamedTuple):
    """A path that a container added, changed or removed."""

    kind: str
    path: str


class Container:
    """A container of ours; see `created`.

    Attributes:
        plan: that it was made by.
        name: it begins with `careen-`.
        warnings: what the engine said of the plan, such as limits that it cannot set.
    """

    def __init__(self, client: EngineClient, plan: ContainerPlan, name: str) -> None:
        self._client = client
        self._api = client.sdk.api
        self.plan = plan
        self.name = name
        self.warnings: tuple[str, ...] = ()

    def start(self) -> None:
        """Start it."""
        with _refusals(f"the container of {self.plan.image} does not start"):
            self._api.start(self.name)

    def inspect(self) -> dict[str, Any]:
        """Give its document."""
        with _refusals():
            found: dict[str, Any] = self._api.inspect_container(self.name)
        return found

    @property
    def state(self) -> dict[str, Any]:
        """Its state: Status, Running, ExitCode, OOMKilled and so on."""
        found: dict[str, Any] = self.inspect()["State"]
        return found

    def is_running(self) -> bool:
        """Tell whether it runs."""
        return bool(self.state["Running"])

    @property
    def base_url(self) -> str:
        """Where its port answers, "" where none is published or it ended.

        The engine publishes on its own machine: it has to be this one.
        """
        ports = self.inspect()["NetworkSettings"].get("Ports") or {}
        bound = ports.get(f"{self.plan.port}/tcp")
        return f"http://127.0.0.1:{bound[0]['HostPort']}" if bound else ""

    def health(self) -> str:
        """Give the state of its HEALTHCHECK: starting, healthy, unhealthy, or none."""
        return str((self.state.get("Health") or {}).get("Status", "none"))

    def exec(self, argv: Sequence[str], *, timeout_seconds: float = 30.0) -> ExecResult:
        """Run a command in it; no shell looks at the command.

        Raises:
            EngineError: the container does not run, or the command does not end in time.
        """
        late = f"{argv[0]} did not end within {timeout_seconds:g} s in the container"
        deadline = time.monotonic() + timeout_seconds
        output = bytearray()
        with EngineClient(self._client.endpoint, timeout_seconds=timeout_seconds) as client:
            api = client.sdk.api
            with _refusals(late=late):
                identity = api.exec_create(self.name, list(argv))["Id"]
                stream: Any = api.exec_start(identity, stream=True)
                # The SDK waits for output for ever: closing the stream ends that.
                alarm = threading.Timer(timeout_seconds, stream.close)
                alarm.start()
                try:
                    for chunk in stream:
                        output += chunk[: max(0, _MOST_OUTPUT_BYTES - len(output))]
                finally:
                    alarm.cancel()
                    stream.close()
                    # The stream's own close leaves the connection's file open.
                    stream._response.close()  # noqa: SLF001 - the SDK gives no other way
                if time.monotonic() > deadline:
                    raise EngineError(late)
                code = api.exec_inspect(identity)["ExitCode"]
        return ExecResult(-1 if code is None else int(code), output.decode(errors="replace"))

    def logs(self, tail: int | None = 200) -> Logs:
        """Give its last lines, None for all; of each of its outputs."""
        return Logs(
            _lines(self._logs(tail, stdout=True, stderr=False)),
            _lines(self._logs(tail, stdout=False, stderr=True)),
        )

    def log_tail(self, lines: int = 12) -> tuple[str, ...]:
        """Give the last lines of both outputs, in their order."""
        try:
            return _lines(self._logs(lines, stdout=True, stderr=True))
        except EngineError:
            return ()

    def usage(self) -> Usage:
        """Give what it uses now."""
        with _refusals():
            return usage(self._api.stats(self.name, stream=False, one_shot=True))

    def wait(self, timeout_seconds: float) -> int | None:
        """Wait until it ends and give its exit code; None where it does not in time."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            state = self.state
            if not state["Running"]:
                return int(state["ExitCode"])
            if time.monotonic() > deadline:
                return None
            time.sleep(_POLL_SECONDS)

    def signal(self, name: str) -> None:
        """Send a signal, such as SIGTERM, to its first process."""
        with _refusals():
            self._api.kill(self.name, signal=name)

    def changes(self) -> tuple[Change, ...]:
        """Give what differs from its image."""
        with _refusals():
            rows = self._api.diff(self.name) or []
        return tuple(Change(_KINDS[row["Kind"]], str(row["Path"])) for row in rows)

    def processes(self) -> tuple[Process, ...]:
        """Give its processes.

        Raises:
            EngineError: it does not run, or its engine's machine has no `ps`.
        """
        with _refusals():
            rows = self._api.top(self.name, "-eo pid,stat,args")["Processes"]
        return tuple(Process(row[1], row[2]) for row in rows or [])

    def read_file(self, path: str) -> bytes | None:
        """Give a file's first megabytes, running or not; None where there is no such file."""
        import docker.errors  # noqa: PLC0415

        with _refusals():
            try:
                chunks, _ = self._api.get_archive(self.name, path)
            except docker.errors.NotFound:
                return None
            data = bytearray()
            for chunk in chunks:
                data += chunk
                if len(data) > _MOST_FILE_BYTES:
                    return None
        with tarfile.open(fileobj=io.BytesIO(bytes(data))) as archive:
            member = archive.next()
            source = archive.extractfile(member) if member and member.isfile() else None
            return source.read() if source else None

    def _logs(self, tail: int | None, *, stdout: bool, stderr: bool) -> bytes:
        with _refusals():
            text: bytes = self._api.logs(
                self.name, stdout=stdout, stderr=stderr, tail="all" if tail is None else tail
            )
        return text

    def remove(self) -> None:
        """Remove it with its volumes, running or not, there or not."""
        import docker.errors  # noqa: PLC0415

        with _refusals():
            try:
                self._api.remove_container(self.name, v=True, force=True)
            except docker.errors.NotFound:
                return
            except docker.errors.APIError as error:
                # 409: somebody removes it at the same time.
                if error.status_code != 409:  # noqa: PLR2004
                    raise


@contextmanager
def created(client: EngineClient, plan: ContainerPlan) -> Iterator[Container]:
    """Make a container that is not started yet; at the end it is removed, whatever happens."""
    api: Any = client.sdk.api
    container = Container(client, plan, f"careen-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with _refusals(f"no container of {plan.image} can be made"):
            made = api.create_container_from_config(plan.document(labels()), container.name)
        container.warnings = tuple(made.get("Warnings") or ())
        yield container
    finally:
        container.remove()


@contextmanager
def network(client: EngineClient) -> Iterator[str]:
    """Make a network and give its name; at the end it is removed, whatever happens."""
    import docker.errors  # noqa: PLC0415

    name = f"careen-{os.getpid()}-{secrets.token_hex(4)}"
    api: Any = client.sdk.api
    try:
        with _refusals("no network can be made"):
            api.create_network(name, driver="bridge", labels=labels())
        yield name
    finally:
        with _refusals(), suppress(docker.errors.NotFound):
            api.remove_network(name)


def usage(document: Mapping[str, Any]) -> Usage:
    """Read the API's stats; the names differ between the versions of control groups.

    >>> v2 = {"usage": 50, "stats": {"inactive_file": 20, "anon": 25}}
    >>> usage({"memory_stats": v2, "pids_stats": {"current": 3}})
    Usage(current_bytes=30, anonymous_bytes=25, peak_bytes=None, pids=3)
    """
    memory = document.get("memory_stats") or {}
    parts = memory.get("stats") or {}
    used = memory.get("usage")
    inactive = parts.get("total_inactive_file", parts.get("inactive_file", 0))
    return Usage(
        None if used is None else max(0, used - inactive),
        parts.get("anon", parts.get("total_rss")),
        memory.get("max_usage"),
        (document.get("pids_stats") or {}).get("current"),
    )


def _lines(text: bytes) -> tuple[str, ...]:
    return tuple(text.decode(errors="replace").splitlines())


@contextmanager
def _refusals(what: str = "the engine refused", *, late: str = "") -> Iterator[None]:
    """Say what the engine refuses, and that it does not answer, in one line."""
    import docker.errors  # noqa: PLC0415
    import requests  # noqa: PLC0415
    import urllib3  # noqa: PLC0415

    try:
        yield
    except docker.errors.APIError as error:
        text = " ".join(str(error.explanation or error).split())[:300]
        raise EngineError(f"{what}: {text}") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, TimeoutError) as error:
        raise EngineError(
            late or f"the engine ended the conversation ({type(error).__name__})"
        ) from None
