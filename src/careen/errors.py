"""The one tree of errors: each class has an exit code, each message says what to do next."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class CareenError(Exception):
    """What a user can meet; anything else is a defect of careen.

    Attributes:
        exit_code: what the command exits with.
        hint: what to do next, one sentence; empty where the message says it already.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n  -> {self.hint}" if self.hint else message


class CheckFailedError(CareenError):
    """A budget, a policy or a contract does not hold: exit code 1."""

    exit_code = 1


class UsageError(CareenError):
    """The command line is wrong, a variant or an option is unknown: exit code 2."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration is wrong: exit code 2; the message names the file and the key."""


class DockerfileError(UsageError):
    """A Dockerfile is missing or does not parse: exit code 2; the message has path and line."""


class EngineError(CareenError):
    """The engine or a tool that is needed is missing or failed: exit code 3."""

    exit_code = 3


class ArchiveError(CareenError):
    """An image's archive is cut off, corrupt, or beyond a limit: exit code 3; one line."""

    exit_code = 3


class EngineMissingError(EngineError):
    """No engine was found and none can be made here."""


class ProcessError(EngineError):
    """A program that careen started failed.

    Attributes:
        argv: the argument list, secrets replaced.
        returncode: its exit status, negative for a signal, None where it never started.
        stdout: the tail of its standard output, secrets replaced.
        stderr: the tail of its standard error, secrets replaced.
    """

    def __init__(
        self,
        argv: tuple[str, ...],
        returncode: int | None,
        *,
        stdout: str = "",
        stderr: str = "",
        reason: str = "",
        hint: str = "",
    ) -> None:
        self.argv = argv
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr
        what = reason or f"exit status {returncode}"
        tail = "\n".join(f"  | {line}" for line in (stderr or stdout).splitlines()[-12:])
        message = f"{argv[0]}: {what}\n  command: {' '.join(argv)}"
        super().__init__(f"{message}\n{tail}" if tail else message, hint=hint)


class BuildFailedError(EngineError):
    """A build failed; the message has the step, its last lines, the Dockerfile and the line."""


class LayerCollectedError(EngineError):
    """The engine's collector took a layer away while an image was unpacked: try again."""


class DiskFullError(EngineError):
    """Too little free disk before a build, or none left during it."""


class BaseMissingError(EngineError):
    """A variant that was asked for by name has a base that cannot be had."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Give a hint that names the known word nearest to *word*, or lists all of them.

    >>> nearest("slmi", ["slim", "guide"])
    'did you mean slim?'
    """
    choices = sorted(known)
    close = get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(choices)}"
