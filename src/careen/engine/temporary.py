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


@contextmanager
def temporary_folder(use: str) -> Iterator[Path]:
    """Make a folder in the temporary folder; it is removed at the end.

    Args:
        use: audit, context, bake, compile, peers, scan or validate: the second word of its name.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"careen-{use}-{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def abandoned_folders() -> list[Path]:
    """Give the folders of careen's processes that run no more."""
    folder = Path(tempfile.gettempdir())
    named = [(path, _NAME.fullmatch(path.name)) for path in sorted(folder.glob("careen-*"))]
    return [
        path
        for path, match in named
        if match and not (match["pid"] and is_alive(int(match["pid"])))
    ]
