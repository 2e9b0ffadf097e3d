"""One thing that an audit has found, and what is said of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from careen import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

Status = Literal["fault", "note", "unknown"]
# From the gravest on.
STATUSES: tuple[Status, ...] = ("fault", "unknown", "note")
# What the guide's calendar asks for: dependencies each month, bases each quarter.
MONTHLY = ("dependencies", "releases")
QUARTERLY = ("base-images", "actions", "waivers")
CHECKS = (*MONTHLY, *QUARTERLY)


@dataclass(frozen=True)
class Finding:
    """A finding.

    Attributes:
        check: of CHECKS.
        status: `fault`: it should be changed; `note`: it is as it should be, or accepted with a
            reason, and worth to know; `unknown`: it could not be looked at.
        where: the file and the line.
        message: what is the case.
        advice: what to do, "" for nothing.
        bytes: what it costs in the image; None where nobody knows.
    """

    check: str
    status: Status
    where: str
    message: str
    advice: str = ""
    bytes: int | None = None


def document(findings: Iterable[Finding], checks: Iterable[str], made: str) -> dict[str, Any]:
    """Give the JSON form of an audit; `outcome` is failed, unknown or passed, the gravest first.

    Args:
        findings: of all checks.
        checks: that were made.
        made: the day, ISO 8601.
    """
    names = list(checks)
    ordered = sorted(findings, key=lambda one: _place(one, names))
    statuses = {one.status for one in ordered}
    outcome = "failed" if "fault" in statuses else "unknown" if "unknown" in statuses else "passed"
    return {
        "schema_version": 1,
        "careen": __version__,
        "made": made,
        "outcome": outcome,
        "checks": names,
        "findings": [dict(vars(one)) for one in ordered],
    }


def _place(one: Finding, names: list[str]) -> tuple[int, int, int, str, str]:
    status = STATUSES.index(one.status)
    return names.index(one.check), status, -(one.bytes or 0), one.where, one.message
