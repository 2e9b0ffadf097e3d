"""Runs pytest in a process of its own, and gives the JUnit file that it writes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from careen.engine.process import run
from careen.engine.temporary import temporary_folder
from careen.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_RAN = {0, 1}  # 1: a test failed


def run_pytest(words: Sequence[str], root: Path, *, timeout_seconds: float) -> bytes:
    """Run this environment's pytest in a project.

    Args:
        words: its arguments.
        root: the folder that it runs in.
        timeout_seconds: for all tests.

    Raises:
        ProcessError: it cannot start, takes too long, or collects nothing; with its output's tail.
    """
    with temporary_folder("validate") as folder:
        junit = folder / "junit.xml"
        # Without colour and cache: the output is for an error alone, the project stays as it is.
        options = ["-q", "-p", "no:cacheprovider", "--color=no", f"--junitxml={junit}"]
        done = run(
            [sys.executable, "-m", "pytest", *options, *words],
            cwd=root,
            timeout_seconds=timeout_seconds,
            check=False,
        )
        if done.returncode not in _RAN or not junit.is_file():
            raise ProcessError(
                done.argv,
                done.returncode,
                stdout=done.stdout,
                stderr=done.stderr,
                reason=f"pytest ends with {done.returncode}",
                hint="is pytest installed beside careen?",
            )
        return junit.read_bytes()
