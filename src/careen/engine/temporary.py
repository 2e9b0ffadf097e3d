"""Temporary folders that say whose they are, so that a later run removes those of killed ones."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from careen.engine.process import is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

# careen-USE-PID-RANDOM; a folder without a process id is of an older version.
_NAME = re.compile(
    r"careen-(?:audit|context|bake|compile|peers|scan|validate)-(?:(?P<pid>\d+)-)?\w+"
)


# A file system in memory, where a system has one; in a container it is small.
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - folders of it are made by mkdtemp
_ROOM = 4


@contextmanager
def temporary_folder(use: str, *, for_bytes: int | None = None) -> Iterator[Path]:
    """Make a folder in the temporary folder; it is removed at the end.

    Args:
        use: audit, context, bake, compile, peers, scan or validate: the second word of its name.
        for_bytes: what is written into it, in many files; it is in memory where four times as much
            is free there.
    """
    parent = IN_MEMORY if for_bytes is not None and _has_room(IN_MEMORY, for_bytes) else None
    folder = Path(tempfile.mkdtemp(prefix=f"careen-{use}-{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def abandoned_folders() -> list[Path]:
    """Give the folders of careen's processes that run no more."""
    parents = dict.fromkeys((Path(tempfile.gettempdir()), IN_MEMORY))
    found = [path for parent in parents for path in sorted(parent.glob("careen-*"))]
    named = [(path, _NAME.fullmatch(path.name)) for path in found]
    return [
        path
        for path, match in named
        if match and not (match["pid"] and is_alive(int(match["pid"])))
    ]


def _has_room(folder: Path, needed_bytes: int) -> bool:
    try:
        return shutil.disk_usage(folder).free >= _ROOM * needed_bytes
    except OSError:
        return False
