"""What an audit has found, for a terminal and as Markdown.

The data is what `careen audit --json` prints. Paths and messages are a stranger's text.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from careen.report.markdown import code, escaped, table
from careen.report.quantities import size
from careen.report.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ENDS = {
    "passed": "passed: nothing has to change",
    "failed": "FAILED: there is something to change",
    "unknown": "UNKNOWN: something could not be looked at",
}


def render_audit(data: Mapping[str, Any]) -> str:
    """Give the findings by check, the faults first, and a line that sums up."""
    lines: list[str] = []
    for check, rows in _by_check(data):
        lines.append(f"{check}: {_counts(rows)}")
        for one in rows:
            costs = f" ({size(one['bytes'])} installed)" if one["bytes"] else ""
            lines.append(clean(f"  {one['status']}  {one['where']}: {one['message']}{costs}"))
            lines += [f"      -> {clean(one['advice'])}"] if one["advice"] else []
        lines.append("")
    return "\n".join([*lines, f"{_ENDS[data['outcome']]} ({data['made']})"]) + "\n"


def audit_markdown(data: Mapping[str, Any]) -> str:
    """Give the findings as an issue or a pull request shows them, a table for each check."""
    parts = [f"## Audit of {data['made']}\n", f"{_ENDS[data['outcome']]}\n"]
    for check, rows in _by_check(data):
        parts.append(f"### {check}: {_counts(rows)}\n")
        cells = [
            [
                one["status"],
                code(one["where"]),
                escaped(one["message"]),
                escaped(one["advice"]),
                size(one["bytes"]) if one["bytes"] else "",
            ]
            for one in rows
        ]
        headers = ["status", "where", "what is the case", "what to do", "installed"]
        parts += [table(headers, cells)] if cells else []
    return "\n".join(parts)


def _by_check(data: Mapping[str, Any]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    for check in data["checks"]:
        yield check, [one for one in data["findings"] if one["check"] == check]


def _counts(rows: list[Mapping[str, Any]]) -> str:
    counts = Counter(one["status"] for one in rows)
    words = [
        f"{counts[status]} {status}{'s' * (counts[status] != 1 and status != 'unknown')}"
        for status in ("fault", "unknown", "note")
        if counts[status]
    ]
    return ", ".join(words) or "nothing"
