"""Installs a requirement with all that it needs into a folder of its own, to weigh it."""

from __future__ import annotations

import sys

from careen.engine.process import run
from careen.engine.temporary import temporary_folder

_TIMEOUT_SECONDS = 600.0


def installed_bytes(requirement: str) -> int:
    """Install, and give the bytes of the files; bytecode is not made.

    Raises:
        ProcessError: pip cannot install it from wheels; with its output's tail.
    """
    with temporary_folder("compile") as folder:
        target = folder / "target"
        words = ["install", "--quiet", "--no-compile", "--only-binary=:all:", "--no-input"]
        run(
            [sys.executable, "-m", "pip", *words, "--target", target, requirement],
            timeout_seconds=_TIMEOUT_SECONDS,
            env={"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
        return sum(
            path.stat().st_size
            for path in target.rglob("*")
            if path.is_file() and not path.is_symlink()
        )
