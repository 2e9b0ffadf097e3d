"""Finds Docker Compose: the plugin of PATH's docker, else careen's own copy of it."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from careen.engine.process import run
from careen.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable

    from careen.engine.obtain import Engine

# The first that knows `!override`, see "Merge Compose files" in Docker's documentation.
OLDEST = (2, 24, 4)


def find_compose(engine: Engine, say: Callable[[str], None] = lambda _: None) -> tuple[str, ...]:
    """Give the argument list that starts Docker Compose.

    Raises:
        EngineMissingError: there is none, and this machine cannot have careen's own.
    """
    docker = shutil.which("docker")
    if docker:
        found = plugin_version(docker)
        if found and found >= OLDEST:
            return (docker, "compose")
        if found:
            say(f"{docker} compose is older than {_dotted(OLDEST)}: using careen's own")
    return (engine.tools.need_compose(),)


def plugin_version(docker: str) -> tuple[int, ...]:
    """Give the version of a Docker CLI's compose plugin, () where it has none."""
    try:
        done = run([docker, "compose", "version", "--short"], check=False, timeout_seconds=20)
    except ProcessError:
        return ()
    return parse_version(done.stdout) if done.returncode == 0 else ()


def parse_version(text: str) -> tuple[int, ...]:
    """Read the version that Compose prints.

    >>> parse_version("2.26.1-4")
    (2, 26, 1)
    """
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(map(int, match.groups())) if match else ()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
