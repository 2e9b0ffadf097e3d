"""What lint has found, for a terminal, as Markdown, and as annotations of a workflow at GitHub.

The data is the JSON form of `careen.lint.run.Outcome`. Paths, lines and messages are a stranger's
text in all of it.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from careen.report.markdown import code, escaped, one_line, table
from careen.report.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}
_ENDS = {
    "passed": "passed",
    "failed": "FAILED: findings of severity {fail_on} or graver",
    "unknown": "UNKNOWN: a linter failed, so nobody knows what it would have found",
}


def render_lint(data: Mapping[str, Any]) -> str:
    """Give the findings by file: where, what is wrong, the line, what to write instead."""
    lines: list[str] = []
    for path, found in groupby(data["findings"], key=lambda finding: finding["path"]):
        lines += [one_line(path)]
        for finding in found:
            lines += _finding(finding)
        lines.append("")
    lines += [f"{_part(part)}" for part in data["parts"] if part["status"] != "passed"]
    if data["ignored"]:
        lines.append(f"accepted, each with its reason: {len(data['ignored'])}")
    lines.append(f"{_counts(data)}: {_end(data)}")
    return "\n".join(lines) + "\n"


def lint_markdown(data: Mapping[str, Any]) -> str:
    """Give the findings as a table for a pull request."""
    parts = ["### Lint\n"]
    if data["findings"]:
        rows = [
            [
                code(f"{finding['path']}:{finding['line']}"),
                finding["severity"],
                code(finding["rule"]),
                escaped(finding["message"]),
                escaped(finding["advice"]),
            ]
            for finding in data["findings"]
        ]
        headers = ["where", "severity", "rule", "what is wrong", "what to write"]
        parts.append(table(headers, rows))
    notes = [_part(part) for part in data["parts"] if part["status"] != "passed"]
    notes.append(f"{_counts(data)}: {_end(data)}")
    parts.append("".join(f"- {escaped(note)}\n" for note in notes))
    if data["ignored"]:
        rows = [
            [
                code(f"{one['path']}:{one['line']}"),
                code(one["rule"]),
                escaped(one["reason"]),
            ]
            for one in data["ignored"]
        ]
        parts.append("Accepted:\n\n" + table(["where", "rule", "reason"], rows))
    return "\n".join(parts)


def lint_annotations(data: Mapping[str, Any]) -> str:
    """Give the findings as GitHub's workflow commands, a line each.

    Source: docs.github.com, "Workflow commands for GitHub Actions"; the escapes are those of
    actions/toolkit, packages/core/src/command.ts.
    """
    lines = []
    for finding in data["findings"]:
        where = f"file={_property(finding['path'])},line={finding['line']}"
        if finding["column"] is not None:
            where += f",col={finding['column']}"
        title = _property(f"{finding['source']} {finding['rule']}")
        text = _data(f"{finding['message']}\n{finding['advice']}")
        lines.append(f"::{_LEVELS[finding['severity']]} {where},title={title}::{text}")
    for part in data["parts"]:
        if part["status"] != "passed":
            level = "error" if part["status"] == "failed" else "notice"
            lines.append(f"::{level} title=careen lint::{_data(_part(part))}")
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Mapping[str, Any]) -> list[str]:
    column = f":{finding['column']}" if finding["column"] is not None else ""
    head = f"  {finding['line']}{column}  {finding['severity']}  {one_line(finding['rule'])}"
    lines = [head, f"      {one_line(finding['message'])}"]
    if finding["text"]:
        lines.append(f"      | {one_line(finding['text'])}")
    lines.append(f"      -> {one_line(finding['advice'])}")
    return lines


def _part(part: Mapping[str, Any]) -> str:
    return f"{part['name']}: {part['status']}: {clean(part['reason'])}"


def _counts(data: Mapping[str, Any]) -> str:
    files = f"{len(data['files'])} file{'s' * (len(data['files']) != 1)}"
    counts = [
        f"{count} {severity}{'s' * (count != 1 and severity != 'info')}"
        for severity in _LEVELS
        if (count := sum(1 for one in data["findings"] if one["severity"] == severity))
    ]
    return f"{files}, {', '.join(counts) or 'no findings'}"


def _end(data: Mapping[str, Any]) -> str:
    return _ENDS[data["outcome"]].format(fail_on=data["fail_on"])


def _data(text: str) -> str:
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
