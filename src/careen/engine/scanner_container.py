"""Runs a scanner in its official container: this machine's files at the same paths, no network."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any

from careen.engine.client import LABEL_OWNED, EngineClient
from careen.engine.process import Completed
from careen.engine.scanner_programs import surroundings
from careen.errors import EngineError, ProcessError

if TYPE_CHECKING:
    import docker.models.containers

    from careen.engine.scanner_programs import Call, FoundProgram

_OUTPUT_LINES = 200
_RUNNING: set[docker.models.containers.Container] = set()


def container_options(call: Call, *, user: str) -> dict[str, Any]:
    """Give what the engine is asked for; every path is the same inside as outside.

    >>> from pathlib import Path
    >>> from careen.engine.scanner_programs import Call
    >>> options = container_options(Call(("--version",), Path("/w"), reads=(Path("/a"),)), user="1")
    >>> options["volumes"]["/a"], options["network_mode"]
    ({'bind': '/a', 'mode': 'ro'}, 'none')
    """
    volumes = {str(path): {"bind": str(path), "mode": "ro"} for path in call.reads}
    for path in (*call.writes, call.work):
        volumes[str(path)] = {"bind": str(path), "mode": "rw"}
    given = {name: text for name, text in (call.environment or {}).items() if text is not None}
    return {
        "command": list(call.arguments),
        "volumes": volumes,
        "environment": {**surroundings(call), "HOME": str(call.work), **given},
        "working_dir": str(call.work),
        "user": user,
        "labels": {LABEL_OWNED: "true"},
        "network_mode": "bridge" if call.network else "none",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
    }


def run_in_container(program: FoundProgram, call: Call) -> Completed:
    """Run a scanner's image to its end; the container is removed, whatever happens.

    Raises:
        ProcessError: it takes too long.
        EngineError: the engine refuses it, or cannot be reached any more.
    """
    import docker.errors  # noqa: PLC0415 - a fifth of a second
    import requests  # noqa: PLC0415 - the SDK's own, likewise

    if program.endpoint is None:
        raise EngineError(f"no engine has {program.image}")
    words = (program.image, *call.arguments)
    started = time.monotonic()
    with EngineClient(program.endpoint, timeout_seconds=call.timeout_seconds + 10) as client:
        options = container_options(call, user=f"{os.getuid()}:{os.getgid()}")
        try:
            container = client.sdk.containers.create(program.image, **options)
        except docker.errors.DockerException as error:
            raise EngineError(
                f"the engine refused a container of {program.image}: {error}"
            ) from None
        _RUNNING.add(container)
        try:
            container.start()
            status = container.wait(timeout=call.timeout_seconds)["StatusCode"]
        except requests.exceptions.RequestException:
            reason = f"no end after {call.timeout_seconds:g} s"
            raise ProcessError(words, None, stderr=_output(container), reason=reason) from None
        except docker.errors.DockerException as error:
            raise EngineError(f"{program.image} did not run: {error}") from None
        else:
            out, err = _output(container, err=False), _output(container, out=False)
            return Completed(words, int(status), out, err, time.monotonic() - started)
        finally:
            _RUNNING.discard(container)
            _remove(container)


def end_all() -> None:
    """Remove all containers that other threads wait for: this process is interrupted."""
    for container in list(_RUNNING):
        _remove(container)


def _remove(container: docker.models.containers.Container) -> None:
    import docker.errors  # noqa: PLC0415 - it is loaded by now

    with contextlib.suppress(docker.errors.APIError):  # it is gone already
        container.remove(force=True)


def _output(
    container: docker.models.containers.Container, *, out: bool = True, err: bool = True
) -> str:
    text: bytes = container.logs(stdout=out, stderr=err, tail=_OUTPUT_LINES)
    return text.decode(errors="replace")
