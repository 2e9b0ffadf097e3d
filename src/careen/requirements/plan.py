"""Which pip-compile runs a project's requirement sets need, in which order, and on what."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.errors import ConfigError
from careen.requirements.graph import ordered
from careen.requirements.inputs import read_input
from careen.requirements.lock import Fingerprint, digest, pins_digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from careen.config.model import RequirementSet, Settings
    from careen.requirements.inputs import Line
    from careen.requirements.lock import Lock

_PROGRAM = (sys.executable, "-m", "piptools", "compile")
_UPGRADE = "--upgrade"


@dataclass(frozen=True)
class Compilation:
    """One pip-compile run.

    Attributes:
        name: the requirement set.
        source: its input file.
        lock: the file that is made.
        constraints: locks of the sets that it is layered on.
        argv: the command, without the output file.
        on: the sets that it is layered on.
        lines: of the input and of the files that it names.
    """

    name: str
    source: Path
    lock: Path
    constraints: tuple[Path, ...]
    argv: tuple[str, ...]
    on: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """What pip-compile is told."""
        return self.argv[len(_PROGRAM) :]


def plan(
    settings: Settings, *, upgrade: bool = False, upgrade_packages: tuple[str, ...] = ()
) -> list[Compilation]:
    """Give the runs in the order in which sets stand on each other.

    Raises:
        ConfigError: a set stands on an unknown one or on itself; its input is missing, or holds
            what is no requirement.
    """
    sets = settings.requirements
    runs = []
    for name in ordered(sets):
        one = sets[name]
        source = settings.root / one.source
        if not source.is_file():
            raise ConfigError(
                f"{settings.root / 'pyproject.toml'}: requirement set {name}: no file {source}",
                hint=f"write it, or remove [tool.careen.requirements.{name}]",
            )
        below = tuple(settings.root / sets[other].lock for other in one.on)
        argv = _argv(settings.root, one, below, upgrade=upgrade, packages=upgrade_packages)
        lines = read_input(source, name)
        runs.append(Compilation(name, source, settings.root / one.lock, below, argv, one.on, lines))
    return runs


def fingerprint(
    run: Compilation, below: Iterable[Lock], lock: str, place: tuple[str, ...] = ()
) -> Fingerprint:
    """Say what a lock is made of.

    Args:
        run: that makes it.
        below: the locks that it is layered on.
        lock: its own digest.
        place: where it is compiled, if that is not here.
    """
    return Fingerprint(
        input=digest(line.text for line in run.lines),
        options=digest([*(x for x in run.options if not x.startswith(_UPGRADE)), *place]),
        constraints=pins_digest(below),
        lock=lock,
    )


def _argv(
    root: Path,
    one: RequirementSet,
    below: tuple[Path, ...],
    *,
    upgrade: bool,
    packages: tuple[str, ...],
) -> tuple[str, ...]:
    argv = [
        *_PROGRAM,
        *("--generate-hashes", "--annotate", "--header", "--allow-unsafe"),
        *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"),
        "--strip-extras" if one.strip_extras else "--no-strip-extras",
        *(f"--constraint={path.relative_to(root)}" for path in below),
        *([_UPGRADE] if upgrade else []),
        *(f"{_UPGRADE}-package={name}" for name in packages),
    ]
    return tuple(argv)
