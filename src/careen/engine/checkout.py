"""What git says of a checkout: its files, its commit, a file of an earlier one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from careen.engine.process import run
from careen.errors import ProcessError

if TYPE_CHECKING:
    from pathlib import Path


def files(folder: Path) -> list[str] | None:
    """Give the files that git tracks or does not ignore, None where *folder* is no checkout."""
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        return None
    return [name for name in listed.split("\0") if name and os.path.lexists(folder / name)]


def revision(folder: Path) -> str:
    """Give the commit, `-dirty` behind it where tracked files differ; "" outside of a checkout."""
    described = _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    return (described or "").strip()


def file_at(folder: Path, revision_name: str, path: str) -> str | None:
    """Give a file's text as a commit has it, None where there is no such commit or file.

    Args:
        folder: in the checkout; *path* is relative to it.
        revision_name: of the commit: a tag, a branch, a hash.
        path: of the file.
    """
    if revision_name.startswith("-"):
        return None
    return _git(folder, "show", f"{revision_name}:./{path}")


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = run(["git", *words], cwd=folder, check=False, timeout_seconds=60)
    except ProcessError:  # no git here
        return None
    return done.stdout if done.returncode == 0 else None
