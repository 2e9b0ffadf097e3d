"""A copy of the project's files to build from: a measurement changes no file of a user's."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from careen.engine import checkout
from careen.engine.temporary import temporary_folder
from careen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What no build context of a checkout without git is meant to hold, and what would take long.
# The copies too: a temporary folder may stand inside the context.
_LEFT_OUT = shutil.ignore_patterns(
    "careen-context-*",
    ".git",
    ".nox",
    ".tox",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
)


@contextmanager
def workspace(context: Path) -> Iterator[Path]:
    """Copy a build context to a temporary folder, which is removed at the end.

    In a git checkout the copy holds the files that git tracks or does not ignore, as they are in
    the working tree; elsewhere all but version control and installed packages.
    """
    with temporary_folder("context") as folder:
        files = checkout.files(context)
        if files is None:
            shutil.copytree(context, folder, ignore=_LEFT_OUT, symlinks=True, dirs_exist_ok=True)
        else:
            for name in files:
                _copy(context / name, folder / name)
        yield folder


def change_code(folder: Path, name: str, nonce: str) -> None:
    """Change the application: one comment line more in one file, new content each time.

    Raises:
        ConfigError: benchmark.change-file names no file.
    """
    path = folder / name
    if not name or not path.is_file():
        raise ConfigError(
            f"benchmark.change-file: no file {name or '(empty)'} in the build context",
            hint="name one source file of the application in [tool.careen.benchmark] change-file",
        )
    with path.open("a", encoding="utf-8") as source:
        source.write(f"\n# changed by a measurement: {nonce}\n")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():  # a submodule, or a checkout inside this one
        shutil.copytree(source, target, ignore=_LEFT_OUT, symlinks=True, dirs_exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)
