"""One run of a scanner's program: found once, its version asked once, every fault a report."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from careen.engine.scanner_programs import (
    Call,
    FoundProgram,
    ScannerMissingError,
    ScannerProgram,
    find_program,
    run_program,
)
from careen.engine.temporary import temporary_folder
from careen.errors import CareenError, ProcessError
from careen.image.redaction import redacted
from careen.scan.json_fields import one_line
from careen.scan.model import ScannerReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from careen.engine.process import Completed
    from careen.scan.model import How

T = TypeVar("T")

# An image whose account is larger was made to fill a memory.
MOST_OUTPUT_BYTES = 512 << 20
_VERSION = re.compile(r"\bv?(\d+)\.(\d+)(?:\.\d+)?[-+.\w]*")
_VERSION_SECONDS = 60.0
_TAIL_LINES, _TAIL_LETTERS = 12, 400


class SkippedError(CareenError):
    """A scanner has nothing to look with here: no program, no login; the message is the reason."""


@dataclass
class Tool:
    """A scanner's program, looked for and asked for its version when it is first needed.

    Attributes:
        wanted: what is looked for.
        majors: first numbers of the versions whose output is known.
        question: the arguments that make it say its version.
    """

    wanted: ScannerProgram
    majors: frozenset[int]
    question: tuple[str, ...] = ("--version",)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _found: tuple[FoundProgram, str] | None = None

    def ready(self, how: How) -> tuple[FoundProgram, str]:
        """Give the program and its version.

        Raises:
            SkippedError: it cannot be had here.
            CareenError: it does not run; its version is not one that is known.
        """
        with self._lock:
            if self._found is None:
                try:
                    program = find_program(self.wanted, offline=how.offline, say=how.say)
                except ScannerMissingError as error:
                    raise SkippedError(error.args[0]) from None
                self._found = program, self._version(program, how)
            return self._found

    def _version(self, program: FoundProgram, how: How) -> str:
        with temporary_folder("scan") as work:
            seconds = min(how.timeout_seconds, _VERSION_SECONDS)
            done = run_program(program, Call(self.question, work, timeout_seconds=seconds))
        said = f"{done.stdout}\n{done.stderr}"
        match = _VERSION.search(said)
        if done.returncode != 0 or not match:
            raise ProcessError(
                done.argv, done.returncode, stdout=said, reason="it does not say its version"
            )
        if int(match[1]) not in self.majors:
            raise CareenError(
                f"{self.wanted.name} is of version {match[0]}, whose output is not known"
            )
        return match[0].removeprefix("v")


@contextmanager
def work_folder() -> Iterator[Path]:
    """Make a folder for one run; what a killed scanner left in it goes too."""
    with temporary_folder("scan") as folder:
        yield folder


def attempt(
    scanner: str, blind_to: tuple[str, ...], look: Callable[[], ScannerReport]
) -> ScannerReport:
    """Let a scanner look; what goes wrong becomes its report.

    >>> def look() -> ScannerReport:
    ...     raise SkippedError("no login")
    >>> attempt("snyk", (), look).status
    'skipped'
    """
    started = time.monotonic()
    try:
        report = look()
    except SkippedError as error:
        report = ScannerReport(scanner, "skipped", reason=str(error))
    except (CareenError, OSError, ValueError) as error:
        report = ScannerReport(scanner, "failed", reason=str(error) or type(error).__name__)
    return replace(report, blind_to=blind_to, seconds=time.monotonic() - started)


def output_of(path: Path, done: Completed, *, fine: frozenset[int] = frozenset({0})) -> str:
    """Give what a scanner wrote to a file.

    Raises:
        ProcessError: its exit status is none of *fine*, or it wrote nothing, or far too much.
    """
    size = path.stat().st_size if path.is_file() else 0
    reason = ""
    if done.returncode not in fine:
        reason = f"exit status {done.returncode}"
    elif not size:
        reason = "it wrote nothing"
    elif size > MOST_OUTPUT_BYTES:
        reason = f"it wrote {size} bytes, more than {MOST_OUTPUT_BYTES}"
    if reason:
        tails = {"stdout": tail(done.stdout), "stderr": tail(done.stderr)}
        raise ProcessError(done.argv, done.returncode, reason=reason, **tails)
    return path.read_text(encoding="utf-8", errors="replace")


def understood(name: str, text: str, read: Callable[[str], T]) -> T:
    """Read a scanner's output.

    Raises:
        CareenError: it is not of the format that is known; with its tail.
    """
    try:
        return read(text)
    except ValueError as error:
        raise CareenError(f"what {name} wrote is not understood: {error}\n{tail(text)}") from None


def tail(text: str) -> str:
    r"""Give an output's end for people: printable, values that look secret replaced.

    >>> tail("one\ntwo")
    'one\ntwo'
    """
    lines = [line for line in map(one_line, text[-20000:].splitlines()) if line]
    return "\n".join(redacted(line[-_TAIL_LETTERS:]) for line in lines[-_TAIL_LINES:])
