"""Compiles requirement sets with pip-tools, in their layers, several at the same time.

A set begins at once, on the locks beneath it as they are. Where these come out with other pins,
what it has found is thrown away and it is compiled again: mostly they do not.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from careen.engine.paths import write_atomically
from careen.engine.process import run
from careen.engine.temporary import temporary_folder
from careen.errors import EngineError, ProcessError
from careen.requirements.explain import explained, warnings
from careen.requirements.lock import lock_digest, parse_lock, pins_digest, with_fingerprint
from careen.requirements.plan import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from careen.requirements.lock import Lock
    from careen.requirements.plan import Compilation

    Say = Callable[[str], None]

COMMAND = "invoke compile"
# Lines that name an index, a folder or a host would tie a lock to one machine.
_TIES = re.compile(
    r"^--(extra-index-url|index-url|find-links|trusted-host)\b|file:///", re.MULTILINE
)
_TIMEOUT_SECONDS = 900.0


@dataclass(frozen=True)
class _Attempt:
    """A lock that is being made, and the pins beneath it that it is made on."""

    constraints: str
    text: Future[str]


def compile_sets(
    runs: Sequence[Compilation],
    root: Path,
    say: Say = lambda _: None,
    *,
    early: bool = True,
    workers: int | None = None,
) -> dict[str, bool]:
    """Compile sets; the old locks stay, all of them, where one fails.

    Args:
        runs: of `plan`, in its order.
        root: the project's folder.
        say: told what goes on.
        early: begin on the old locks; of no use where new versions are asked for.
        workers: runs at the same time; None is the number of processors.

    Returns:
        By set, whether its lock changed.

    Raises:
        ProcessError: pip-tools failed; the message names the set, the file and the line.
        EngineError: the result would tie the lock to this machine.
    """
    old = {run.lock: run.lock.read_bytes() if run.lock.exists() else None for run in runs}
    pool = ThreadPoolExecutor(workers or os.cpu_count() or 1)
    try:
        begun: dict[str, _Attempt] = {}
        # The longest first: with as many runs as processors, it decides when all are done.
        for one in sorted(runs, key=lambda one: -len(old[one.lock] or b"")):
            if early and all(old.get(path) is not None for path in one.constraints):
                begun[one.name] = _begin(pool, one, root, say)
        for level in _levels(runs):
            for one in level:
                known = begun.get(one.name)
                if known is None or known.constraints != pins_digest(_below(one)):
                    begun[one.name] = _begin(pool, one, root, say)
            for one in level:
                _write(one, begun[one.name].text.result())
    except BaseException:
        restore(old)
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return {one.name: one.lock.read_bytes() != old[one.lock] for one in runs}


def _begin(pool: ThreadPoolExecutor, one: Compilation, root: Path, say: Say) -> _Attempt:
    return _Attempt(pins_digest(_below(one)), pool.submit(_compile, one, root, say))


def _levels(runs: Sequence[Compilation]) -> Iterator[list[Compilation]]:
    """Give the sets that stand on nothing, then those that stand on these alone, and so on."""
    named = {run.name: run for run in runs}
    sorter = TopologicalSorter({run.name: [on for on in run.on if on in named] for run in runs})
    sorter.prepare()
    while sorter.is_active():
        names = sorter.get_ready()
        yield [named[name] for name in sorted(names)]
        sorter.done(*names)


def _below(one: Compilation) -> list[Lock]:
    texts = (path.read_text(encoding="utf-8") for path in one.constraints if path.is_file())
    return [parse_lock(text) for text in texts]


def _compile(one: Compilation, root: Path, say: Say) -> str:
    """Run pip-compile beside the lock, and give what it wrote."""
    meant = str(one.lock.relative_to(root))
    say(f"compiling {meant}")
    with temporary_folder("compile") as folder:
        # pip-tools keeps the pins of the file that it writes to, so it gets a copy.
        aside = folder / one.lock.name
        if one.lock.exists():
            aside.write_bytes(one.lock.read_bytes())
        try:
            done = run(
                [*one.argv, "--output-file", aside, one.source.relative_to(root)],
                cwd=root,
                env=_environment(),
                timeout_seconds=_TIMEOUT_SECONDS,
            )
        except ProcessError as error:
            raise explained(one, root, error) from None
        for line in warnings(one, root, done.stderr):
            say(line)
        new = tidy(aside.read_text(encoding="utf-8"), str(aside), meant)
    refuse_ties(new, one.lock)
    return new


def refuse_ties(text: str, lock: Path) -> None:
    """See that a lock holds on other machines, too.

    Raises:
        EngineError: it names an index, a folder or a host.
    """
    if found := _TIES.search(text):
        raise EngineError(
            f"{lock}: pip-tools wrote {found[0]!r}, which holds on this machine only",
            hint="take that line out of pip's configuration",
        )


def _write(one: Compilation, text: str) -> None:
    made = fingerprint(one, _below(one), lock_digest(text))
    old = parse_lock(one.lock.read_text(encoding="utf-8")) if one.lock.exists() else None
    # What targets have in common with it holds as long as it says the same.
    same = old.same if old is not None and old.digest == made.lock else {}
    new = with_fingerprint(text, made, same).encode()
    if not one.lock.exists() or one.lock.read_bytes() != new:
        write_atomically(one.lock, new)


def restore(old: Mapping[Path, bytes | None]) -> None:
    """Bring files back to what they were; None is no file."""
    for path, data in old.items():
        if data is None:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_bytes() != data:
            write_atomically(path, data)


def tidy(text: str, written: str, meant: str) -> str:
    """Put the lock's own path where pip-tools named the file aside."""
    return text.replace(written, meant)


def _environment() -> dict[str, str]:
    # The header names our command, not one with this run's paths.
    return {
        "CUSTOM_COMPILE_COMMAND": COMMAND,
        "NO_COLOR": "1",
        "PYTHONWARNINGS": "ignore",
        "PATH": os.environ.get("PATH", ""),
    }
