"""The benchmark's matrix for a noxfile: which sessions there are, in which order.

Imported before anything is installed, so it needs the standard library alone.
"""

from __future__ import annotations

import os
import secrets
import sys
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.bench import matrix
from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DEFAULT_OUTPUT = "build/benchmark"


@dataclass(frozen=True)
class Places:
    """The sessions of one run.

    Attributes:
        order: (round, variant) of each, round outermost.
        arguments: of `careen benchmark`, so that every session is part of the same run.
    """

    order: tuple[tuple[int, str], ...]
    arguments: tuple[str, ...]

    @property
    def report_arguments(self) -> list[str]:
        """The arguments of the session that brings the measurements together."""
        return list(self.arguments)


def places(pyproject: Path, argv: Sequence[str]) -> Places:
    """Give the sessions that a nox command line asks for.

    A run that was cut off keeps its seed, and so its order.

    Args:
        pyproject: the project's pyproject.toml.
        argv: nox's whole command line; what counts stands behind `--`.

    Raises:
        SystemExit: an argument is wrong, told in one line: nox shows a traceback for all else.
    """
    given = list(argv[argv.index("--") + 1 :]) if "--" in argv else []
    # Other sessions take other arguments behind `--`.
    own = given if any("benchmark" in word for word in argv[1:]) else []
    try:
        known = matrix.variants_from_pyproject(pyproject)
        asked = matrix.parse_arguments(own, known)
    except CareenError as error:
        sys.exit(f"error: {error}")
    folder = pyproject.parent / _output(pyproject)
    seed = matrix.pending_seed(folder, asked.rounds, asked.variants)
    chosen = secrets.randbits(32) if seed is None else seed
    order = matrix.plan_order(chosen, asked.rounds, asked.variants)
    arguments = ("--rounds", str(asked.rounds), "--variants", ",".join(asked.variants))
    return Places(tuple(order), (*arguments, "--seed", str(chosen)))


def _output(pyproject: Path) -> str:
    """Give `benchmark.output`: of the environment, of pyproject.toml, else careen's default."""
    table = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["careen"]
    configured = table.get("benchmark", {}).get("output", DEFAULT_OUTPUT)
    return os.environ.get("CAREEN_BENCHMARK_OUTPUT") or str(configured)
