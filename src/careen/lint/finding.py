"""One thing that lint has found: where it stands, what is wrong, what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "warning", "info"]
Source = Literal["careen", "hadolint"]

# From the gravest on.
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """A finding.

    Attributes:
        rule: its id: words with dashes (`runs-as-root`) for rules of careen, which are stable;
            hadolint's own code (`DL3008`, `SC2046`) for those of hadolint.
        path: the file, as it was given.
        line: from 1.
        severity: error: it does not work; warning: it costs size, time or safety; info: a hint.
        message: what is wrong here.
        advice: what to write instead.
        source: who found it.
        column: from 1; None where it means the whole line.
    """

    rule: str
    path: str
    line: int
    severity: Severity
    message: str
    advice: str
    source: Source = "careen"
    column: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form: the attributes."""
        return dict(vars(self))


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by file, line, column and rule; those that are equal stand once."""
    return tuple(sorted(set(findings), key=_place))


def at_least(severity: Severity, limit: Severity) -> bool:
    """Tell whether a severity is as grave as *limit*, or graver.

    >>> at_least("error", "warning"), at_least("info", "warning")
    (True, False)
    """
    return SEVERITIES.index(severity) <= SEVERITIES.index(limit)


def _place(finding: Finding) -> tuple[str, int, int, str, str]:
    return (finding.path, finding.line, finding.column or 0, finding.rule, finding.message)
