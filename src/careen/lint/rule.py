"""What a rule is: an id, how grave it is, and a function from a Dockerfile to faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from careen.lint.finding import Severity
    from careen.lint.subject import Subject


@dataclass(frozen=True)
class Fault:
    """What a rule gives: the line, what is wrong there, what to write instead."""

    line: int
    message: str
    advice: str


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        id: words with dashes; it is stable, since configurations and comments name it.
        severity: where the settings give none.
        title: what it finds, one line.
        check: gives the faults of a Dockerfile.
        same_as: hadolint's codes for the same thing: where both find it, this one is shown.
    """

    id: str
    severity: Severity
    title: str
    check: Callable[[Subject], Iterator[Fault]]
    same_as: tuple[str, ...] = ()
