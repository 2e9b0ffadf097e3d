"""Runs whole programs and measures them: wall-clock time, and the memory of all their processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SAMPLE_SECONDS = 0.01
TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Command:
    """A program with its arguments and variables.

    Attributes:
        fresh: called before each run; gives variables of that run alone, such as an empty cache.
    """

    argv: tuple[str, ...]
    variables: Mapping[str, str]
    fresh: Callable[[], Mapping[str, str]] = dict


@dataclass(frozen=True)
class Pair:
    """Two programs run in turn: seconds of each run, the first program's beside the second's."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def factors(self) -> list[float]:
        """How many times as long as ours theirs took, run by run."""
        return [their / our for our, their in zip(self.ours, self.theirs, strict=True)]

    @property
    def factor(self) -> float:
        """The median of `factors`."""
        return median(self.factors)


def alternate(ours: Command, theirs: Command, runs: int) -> Pair:
    """Run two programs in turn, one run of each discarded first."""
    seconds(ours)
    seconds(theirs)
    taken = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    return Pair(tuple(one for one, _ in taken), tuple(other for _, other in taken))


def seconds(command: Command) -> float:
    """Run a program to its end and give its wall-clock time.

    Raises:
        SystemExit: it failed; a figure of a program that failed would mean nothing.
    """
    with _started(command) as (process, began):
        _, stderr = process.communicate(timeout=TIMEOUT_SECONDS)
        taken = time.perf_counter() - began
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command.argv)}: exit {process.returncode}\n{stderr.decode()}")
    return taken


def peak_memory_bytes(command: Command) -> int:
    """Give the most that a program and its children held at one moment, proportional set sizes.

    Pages that several of them share count once (proc_pid_smaps_rollup: Pss). Sampled, so a peak of
    less than a hundredth of a second may be missed.
    """
    peak = 0
    with _started(command) as (process, _):
        reader = threading.Thread(target=process.communicate)
        reader.start()
        while reader.is_alive():
            peak = max(peak, sum(map(_pss_bytes, _family(process.pid))))
            time.sleep(_SAMPLE_SECONDS)
        reader.join()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command.argv)}: exit {process.returncode}")
    return peak


@contextlib.contextmanager
def _started(command: Command) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    environment = {**os.environ, **command.variables, **command.fresh()}
    began = time.perf_counter()
    process = subprocess.Popen(
        command.argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    try:
        yield process, began
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
            found += map(int, text.split())
    return found


def _pss_bytes(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError, ValueError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        line = next(line for line in text.splitlines() if line.startswith("Pss:"))
        return int(line.split()[1]) * 1024
    return 0
