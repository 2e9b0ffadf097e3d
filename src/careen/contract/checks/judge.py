"""Makes a check's result of what was expected and what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.contract.model import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_NAMED = 5
NO_SERVICE = "the service does not run"


def judge(
    name: str,
    holds: bool,  # noqa: FBT001 - the verdict itself
    *,
    expected: str,
    measured: str,
    reason: str = "",
    log: Sequence[str] = (),
    figures: Mapping[str, Any] | None = None,
) -> Check:
    """Give a passed check, or a failed one with its reason and the last log lines.

    >>> judge("ports", True, expected="5001", measured="5001").status
    'passed'
    """
    if holds:
        return Check(name, "passed", expected=expected, measured=measured, figures=figures)
    why = reason or f"expected {expected}; found {measured}"
    return Check(name, "failed", why, expected, measured, tuple(log), figures)


def skipped(name: str, reason: str) -> Check:
    """Give a check that does not apply."""
    return Check(name, "skipped", reason)


def unknown(name: str, reason: str) -> Check:
    """Give a check that could not be made, which is a failure."""
    return Check(name, "unknown", reason)


def named(paths: Sequence[str]) -> str:
    """Name the first of many, and say how many more there are.

    >>> named(["a", "b", "c", "d", "e", "f", "g"]), named([])
    ('a, b, c, d, e and 2 more', 'none')
    """
    if not paths:
        return "none"
    more = len(paths) - _MOST_NAMED
    return ", ".join(paths[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
