"""Compiles requirement sets with pip-tools, in the order of their layers."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from careen.engine.paths import write_atomically
from careen.engine.process import run
from careen.engine.temporary import temporary_folder
from careen.errors import ConfigError, EngineError, ProcessError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from careen.config.model import RequirementSet, Settings

COMMAND = "invoke compile"
# Lines that name an index, a folder or a host would tie a lock to one machine.
_TIES = re.compile(
    r"^--(extra-index-url|index-url|find-links|trusted-host)\b|file:///", re.MULTILINE
)


@dataclass(frozen=True)
class Compilation:
    """One pip-compile run.

    Attributes:
        name: the requirement set.
        source: its input file.
        lock: the file that is made.
        constraints: locks of the sets that it is layered on.
        argv: the command, without the output file.
    """

    name: str
    source: Path
    lock: Path
    constraints: tuple[Path, ...]
    argv: tuple[str, ...]


def plan(
    settings: Settings, *, upgrade: bool = False, upgrade_packages: tuple[str, ...] = ()
) -> list[Compilation]:
    """Give the runs in the order in which sets stand on each other.

    Raises:
        ConfigError: a set stands on an unknown one or on itself, or its input is missing.
    """
    sets = settings.requirements
    runs = []
    for name in _order(sets):
        one = sets[name]
        source = settings.root / one.source
        if not source.is_file():
            raise ConfigError(
                f"{settings.root / 'pyproject.toml'}: requirement set {name}: no file {source}",
                hint=f"write it, or remove [tool.careen.requirements.{name}]",
            )
        below = tuple(settings.root / sets[other].lock for other in one.on)
        argv = _argv(settings.root, one, below, upgrade=upgrade, packages=upgrade_packages)
        runs.append(Compilation(name, source, settings.root / one.lock, below, argv))
    return runs


def compile_set(
    compilation: Compilation, root: Path, say: Callable[[str], None] = lambda _: None
) -> bool:
    """Compile one set; the old lock stays until the new one is whole.

    Returns:
        Whether the lock changed.

    Raises:
        ProcessError: pip-tools failed; its message names the requirement.
        EngineError: the result would tie the lock to this machine.
    """
    say(f"compiling {compilation.lock.relative_to(root)}")
    old = compilation.lock.read_bytes() if compilation.lock.exists() else b""
    with temporary_folder("compile") as folder:
        # pip-tools keeps the pins of the file that it writes to, so it gets a copy.
        aside = folder / compilation.lock.name
        if old:
            aside.write_bytes(old)
        try:
            run(
                [*compilation.argv, "--output-file", aside, compilation.source.relative_to(root)],
                cwd=root,
                env=_environment(),
                timeout_seconds=900,
            )
        except ProcessError as error:
            raise _explained(compilation, error) from None
        new = tidy(aside.read_text(), str(aside), str(compilation.lock.relative_to(root)))
    if found := _TIES.search(new):
        raise EngineError(
            f"{compilation.lock}: pip-tools wrote {found[0]!r}, which holds on this machine only",
            hint="take that line out of pip's configuration",
        )
    if new.encode() != old:
        write_atomically(compilation.lock, new.encode())
    return new.encode() != old


def tidy(text: str, written: str, meant: str) -> str:
    """Put the lock's own path where pip-tools named the file aside."""
    return text.replace(written, meant)


def _order(sets: Mapping[str, RequirementSet]) -> list[str]:
    for name, one in sets.items():
        for other in one.on:
            if other not in sets:
                raise ConfigError(
                    f"requirement set {name} stands on {other}, which is unknown",
                    hint=nearest(other, sets),
                )
    graph = {name: one.on for name, one in sets.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        loop = " -> ".join(error.args[1])
        raise ConfigError(
            f"requirement sets stand on each other in a loop: {loop}",
            hint="remove one of these `on` entries",
        ) from None


def _argv(
    root: Path,
    one: RequirementSet,
    below: tuple[Path, ...],
    *,
    upgrade: bool,
    packages: tuple[str, ...],
) -> tuple[str, ...]:
    argv = [
        *(sys.executable, "-m", "piptools", "compile", "--quiet"),
        *("--generate-hashes", "--annotate", "--header", "--allow-unsafe"),
        *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"),
        "--strip-extras" if one.strip_extras else "--no-strip-extras",
        *(f"--constraint={path.relative_to(root)}" for path in below),
        *(["--upgrade"] if upgrade else []),
        *(f"--upgrade-package={name}" for name in packages),
    ]
    return tuple(argv)


def _environment() -> dict[str, str]:
    # The header names our command, not one with this run's paths.
    return {
        "CUSTOM_COMPILE_COMMAND": COMMAND,
        "NO_COLOR": "1",
        "PYTHONWARNINGS": "ignore",
        "PATH": os.environ.get("PATH", ""),
    }


def _explained(compilation: Compilation, error: ProcessError) -> ProcessError:
    return ProcessError(
        error.argv,
        error.returncode,
        stdout=error.stdout,
        stderr=error.stderr,
        reason=f"requirement set {compilation.name} ({compilation.source}) does not compile",
        hint="the lines above name the requirement; the old lock is as it was",
    )
