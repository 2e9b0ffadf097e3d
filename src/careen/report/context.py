"""A build context for a terminal: what is sent, what is left out, what is largest, what is wrong.

The data is the JSON form of `careen.lint.context_check`. Names of files are a stranger's text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.quantities import percent, size
from careen.report.terminal import render_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NONE = "—"
ROWS = 8  # of the folders and of the files
_FOLDERS = ["folder", "before", "files before", "after", "files after"]
_HEADERS = ["where", "", "what"]
_DEFINITIONS = (
    "before: all files of the folder. after: those that the ignore file leaves in, which COPY . . "
    "would copy. reached: those of them that COPY, ADD and bind mounts of the Dockerfile can read: "
    "BuildKit sends no others. reduction: of the bytes, before to after. Links are not followed."
)


def render_contexts(
    contexts: Sequence[Mapping[str, Any]],
    *,
    width: int | None = None,
    colour: bool | None = None,
) -> str:
    """Give a table of the contexts, then for each ignore file its folders and largest files."""

    def drawn(
        title: str, headers: list[str], rows: list[list[str]], notes: Sequence[str] = ()
    ) -> str:
        return render_table(headers, rows, notes, title, width=width, colour=colour)

    headers = ["builds", "ignore file", "before", "after", "reached", "reduction"]
    parts = [drawn("Build context", headers, [_row(one) for one in contexts], [_DEFINITIONS])]
    shown: set[str | None] = set()
    for one in contexts:
        # The folders and files are the same for every Dockerfile with this ignore file.
        if one["ignore_file"] in shown:
            continue
        shown.add(one["ignore_file"])
        name = one["ignore_file"] or f"{one['dockerfile']}, no ignore file"
        rows = [
            [_line(folder["path"]), *_cells(folder["before"]), *_cells(folder["after"])]
            for folder in one["folders"][:ROWS]
        ]
        notes = _incomplete(one)
        if len(one["folders"]) > ROWS:
            notes.append(f"{len(one['folders'])} in all; those that send most are shown.")
        parts.append(drawn(f"By folder: {name}", _FOLDERS, rows, notes))
        rows = [[size(file["bytes"]), _line(file["path"])] for file in one["largest_files"][:ROWS]]
        if rows:
            parts.append(drawn(f"Largest that are left in: {name}", ["size", "file"], rows))
    found = [_finding(finding) for finding in _findings(contexts)]
    if found:
        parts.append(drawn("Findings", _HEADERS, found))
    return "\n".join(parts)


def _row(one: Mapping[str, Any]) -> list[str]:
    reached = one["reached"]
    return [
        ", ".join(one["builds"]),
        one["ignore_file"] or "none",
        _count(one["before"]),
        _count(one["after"]),
        NONE if reached is None else _count(reached),
        NONE if one["reduction"] is None else percent(one["reduction"]),
    ]


def _findings(contexts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give every finding once: several Dockerfiles may share an ignore file."""
    found = {tuple(finding.items()): finding for one in contexts for finding in one["findings"]}
    return list(found.values())


def _finding(finding: Mapping[str, Any]) -> list[str]:
    where = f"{_line(finding['path'])}:{finding['line']}"
    text = f"{_line(finding['message'])}\n-> {_line(finding['advice'])}\n[{finding['rule']}]"
    return [where, finding["severity"], text]


def _incomplete(one: Mapping[str, Any]) -> list[str]:
    if one["complete"]:
        return []
    if one["unreadable"]:
        return [f"NOT COMPLETE: cannot be read: {', '.join(map(_line, one['unreadable'][:3]))}."]
    return ["NOT COMPLETE: there are more files than careen looks at."]


def _count(count: Mapping[str, Any]) -> str:
    files = count["files"]
    return f"{size(count['bytes'])}\n{files:,} {'file' if files == 1 else 'files'}"


def _cells(count: Mapping[str, Any]) -> list[str]:
    return [size(count["bytes"]), f"{count['files']:,}"]


def _line(text: str) -> str:
    """Keep a stranger's name on one line."""
    return " ".join(text.split("\n"))
