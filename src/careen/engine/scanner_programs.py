"""Finds a scanner's program and runs it: from PATH, this environment, or its official container."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careen.engine.process import Completed, run
from careen.errors import CareenError, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from careen.engine.find import Endpoint

# Where a registry is there at all it answers at once; a closed network may swallow packets.
REGISTRY_SECONDS = 10.0
# All of these programs are written in Go. To collect half as often takes a sixth off the time of
# trivy and syft, for 140 MB more of memory.
_GO_COLLECTION = "200"


@dataclass(frozen=True)
class ScannerProgram:
    """What a scanner's program is called, and where it comes from.

    Attributes:
        name: of the program.
        package: of the package index that has it; "" where none has.
        image: its official container, whose entry point is the program; "" for none.
    """

    name: str
    package: str = ""
    image: str = ""


@dataclass(frozen=True)
class FoundProgram:
    """A program that can be started here.

    Attributes:
        origin: where it was found, in words.
        path: of the program; None where it runs in a container.
        image: of that container, "" where it runs by itself.
        endpoint: of the engine that has the image.
    """

    origin: str
    path: Path | None = None
    image: str = ""
    endpoint: Endpoint | None = None


@dataclass(frozen=True)
class Call:
    """One run of a program.

    Attributes:
        arguments: without the program's own name.
        work: the folder that it runs in, and may write to; its temporary folder too.
        reads: files and folders that it reads.
        writes: folders that it writes to.
        environment: variables; None takes one away that this process has.
        network: whether it may reach anything; held to in a container only.
        timeout_seconds: of the whole run.
    """

    arguments: tuple[str, ...]
    work: Path
    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    environment: Mapping[str, str | None] | None = None
    network: bool = False
    timeout_seconds: float = 300.0


class ScannerMissingError(EngineError):
    """A scanner cannot be had here; the message says where it was looked for."""


def find_program(
    wanted: ScannerProgram, *, offline: bool, say: Callable[[str], None] = lambda _: None
) -> FoundProgram:
    """Find a program: on PATH, else in this environment, else its container.

    Args:
        wanted: what is looked for.
        offline: take a container only where the engine has its image already.
        say: told when an image is pulled.

    Raises:
        ScannerMissingError: it is in none of them; the message has the reason of each.
    """
    if found := shutil.which(wanted.name):
        return FoundProgram("PATH", Path(found))
    if inside := shutil.which(wanted.name, path=sysconfig.get_path("scripts")):
        return FoundProgram("this environment", Path(inside))
    package = f" (package {wanted.package})" if wanted.package else ""
    reason = f"{wanted.name} is neither on PATH nor in this environment{package}"
    if not wanted.image:
        raise ScannerMissingError(reason)
    try:
        endpoint = _container(wanted.image, offline=offline, say=say)
    except CareenError as error:
        raise ScannerMissingError(
            f"{reason}, and its container {wanted.image} cannot be had: {error.args[0]}"
        ) from None
    return FoundProgram(f"container {wanted.image}", image=wanted.image, endpoint=endpoint)


def run_program(program: FoundProgram, call: Call) -> Completed:
    """Run a program to its end, whatever its exit status.

    Raises:
        ProcessError: it cannot start, or takes too long; with its output's tail.
        EngineError: the engine refuses the container.
    """
    if program.path is None:
        from careen.engine.scanner_container import run_in_container  # noqa: PLC0415 - heavy

        return run_in_container(program, call)
    return run(
        [program.path, *call.arguments],
        env={**surroundings(call), **(call.environment or {})},
        cwd=call.work,
        timeout_seconds=call.timeout_seconds,
        check=False,
    )


def surroundings(call: Call) -> dict[str, str]:
    """Give the variables of every run; what a killed program leaves is in the work folder."""
    return {"TMPDIR": str(call.work), "GOGC": os.environ.get("GOGC") or _GO_COLLECTION}


def end_containers() -> None:
    """End all containers that other threads wait for: this process is interrupted."""
    loaded = sys.modules.get("careen.engine.scanner_container")
    if loaded is not None:
        loaded.end_all()


def variables_of(prefixes: Sequence[str], keep: Sequence[str] = ()) -> dict[str, None]:
    """Give this process's variables that configure a program, so that a call takes them away.

    A scanner that is told by its environment to leave out severities or folders would pass as
    one that found nothing.
    """
    names = [name for name in os.environ if name.startswith(tuple(prefixes))]
    return {name: None for name in names if name not in keep}


def _container(image: str, *, offline: bool, say: Callable[[str], None]) -> Endpoint:
    """Give the engine that has a scanner's image, pulled where it has to be."""
    from careen.engine.client import EngineClient  # noqa: PLC0415 - most need no engine
    from careen.engine.images import engine_endpoint  # noqa: PLC0415

    endpoint = engine_endpoint(lambda _: None)
    if not endpoint.host.startswith("unix://"):
        raise EngineError(f"the engine at {endpoint.host} cannot see this machine's files")
    with EngineClient(endpoint) as client:
        if client.image(image) is not None:
            return endpoint
        if offline:
            raise EngineError("the engine does not have it, and nothing may be fetched")
        if problem := client.registry_problem(image, REGISTRY_SECONDS):
            raise EngineError(problem)
        say(f"pulling {image}")
        client.pull(image)
    return endpoint
