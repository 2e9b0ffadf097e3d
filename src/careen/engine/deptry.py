"""Runs deptry over source code: which dependencies are unused, missing or misplaced."""

from __future__ import annotations

import shutil
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from careen.engine.process import run
from careen.engine.temporary import temporary_folder
from careen.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING = "deptry is neither on PATH nor in this environment (package deptry)"
_RAN = {0, 1}  # 1: it has found something
_TIMEOUT_SECONDS = 120.0


def find_deptry() -> Path | None:
    """Give the program, None where there is none: this environment's own first.

    deptry knows the modules of those distributions that are installed beside it.
    """
    inside = shutil.which("deptry", path=sysconfig.get_path("scripts"))
    if inside and find_spec("deptry") is not None:
        return Path(inside)
    found = shutil.which("deptry")
    return Path(found) if found else None


def run_deptry(
    program: Path,
    root: Path,
    code: Sequence[str],
    needed: Sequence[str],
    development: Sequence[str],
) -> str:
    """Look at source code, and give the JSON that deptry writes.

    Args:
        program: deptry.
        root: the project's folder; all paths are relative to it.
        code: folders of source code.
        needed: input files of the sets that the code needs.
        development: input files of the other sets.

    Raises:
        ProcessError: it cannot start, takes too long, or crashes; with its output's tail.
    """
    with temporary_folder("audit") as folder:
        # A pyproject.toml with [project] would take the place of the requirement files.
        (folder / "pyproject.toml").write_text("[tool.deptry]\n")
        output = folder / "found.json"
        files = [f"--requirements-files={','.join(needed)}"]
        files += [f"--requirements-files-dev={','.join(development)}"] if development else []
        argv: list[str | Path] = [program, *code, "--config", folder / "pyproject.toml", *files]
        done = run(
            [*argv, "--json-output", output, "--no-ansi", *_own(code)],
            cwd=root,
            timeout_seconds=_TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode not in _RAN or not output.is_file():
            raise ProcessError(
                done.argv, done.returncode, stdout=done.stdout, stderr=done.stderr, hint=""
            )
        return output.read_text(encoding="utf-8")


def _own(code: Sequence[str]) -> list[str]:
    """The code's own packages are no dependencies, wherever they are imported from."""
    return [f"--known-first-party={Path(folder).name}" for folder in code]
