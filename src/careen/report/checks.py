"""Checks for a terminal: a line each, with what to do about those that do not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.report.terminal import render_table

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKS = {"ok": "ok", "warn": "warning", "fail": "MISSING", "unknown": "unknown"}


def render_checks(checks: Sequence[tuple[str, str, str, str]], title: str) -> str:
    """Give a table of (status, name, detail, hint)."""
    rows = [
        [name, _MARKS.get(status, status), f"{detail}\n-> {hint}" if hint else detail]
        for status, name, detail, hint in checks
    ]
    return render_table(["what", "state", "found"], rows, [], title)
