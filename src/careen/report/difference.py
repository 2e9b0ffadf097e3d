"""What changed between two images, for a terminal and as Markdown for a pull request.

The data is what difference.schema.json describes. Everything in it is a stranger's text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from careen.report.analysis_tables import unverified
from careen.report.markdown import code, details, escaped, one_line, table
from careen.report.quantities import UNKNOWN, percent, size
from careen.report.terminal import render_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAGGER = "†"
NONE = "—"
TERMINAL_ROWS = 10  # of each list
MARKDOWN_ROWS = 25
_TEXT_LIMIT = 160  # characters of an instruction or a value
_SETTINGS = {
    "exposed_ports": "exposed ports",
    "stop_signal": "stop signal",
    "env": "environment",
}
_LAYER_SIZES = ("pull_bytes", "total_bytes")
_IN_BOTH = "the same in both"
_PLAIN = frozenset({NONE, UNKNOWN, _IN_BOTH})  # our words where a name may stand
_LINE = 42  # characters of a path on a terminal's line, so that the figures beside it stay whole
_DEFINITIONS = (
    "Pull size: the compressed blobs of one platform. Unpacked size: the files of the merged tree. "
    "1 MB is 1,000,000 bytes."
)


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes:
        title: what it shows.
        headers: a header per column.
        rows: plain text.
        names: the numbers of the columns that hold names, paths or instructions.
        notes: lines below the table.
        summary: for the line that a reader opens, such as `3 added, 1 removed`.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: frozenset[int]
    notes: tuple[str, ...] = ()
    summary: str = ""


def render_difference(
    data: Mapping[str, Any], *, width: int | None = None, colour: bool | None = None
) -> str:
    """Give it as text for a terminal; width and colour as `render_table` has them."""
    parts = [
        render_table(
            [one_line(header) for header in part.headers],
            [[_broken(cell) for cell in row] for row in part.rows],
            part.notes,
            one_line(part.title),
            width=width,
            colour=colour,
        )
        for part in sections(data, TERMINAL_ROWS)
    ]
    return "\n".join(parts)


def markdown(data: Mapping[str, Any]) -> str:
    """Give it as Markdown: the sizes, then all else in parts that a reader opens."""
    first, *others = sections(data, MARKDOWN_ROWS)
    lines = [f"### {escaped(first.title)}", "", _body(first)]
    lines += [details(f"{part.title}: {part.summary}", _body(part)) for part in others]
    return "\n".join(lines)


def sections(data: Mapping[str, Any], limit: int) -> list[Section]:
    """Give the parts that have something to show, lists cut after *limit* rows."""
    found = [
        _components(data["distributions"], "Python distributions", "distribution", limit),
        _components(data["packages"], "Packages", "package", limit),
        _configuration(data["configuration"]),
        _files(data["files"], limit),
    ]
    return [_totals(data), _layers(data), *(part for part in found if part.rows)]


def growth(count: int | None) -> str:
    """Write a difference of bytes with its sign.

    >>> growth(1_200_000), growth(-5), growth(0)
    ('+1.2 MB', '−5 B', 'the same')
    """
    if count is None:
        return UNKNOWN
    return f"{'+' if count > 0 else '−'}{size(abs(count))}" if count else "the same"


def _totals(data: Mapping[str, Any]) -> Section:
    before, after = data["before"], data["after"]
    rows = [
        ("pull size", *(_pull(side) for side in (before, after)), _grown(data, "pull")),
        (
            "unpacked size",
            *(size(side["unpacked_bytes"]) for side in (before, after)),
            _grown(data, "unpacked"),
        ),
        (
            "files",
            *(f"{side['files']:,}" for side in (before, after)),
            _count(after["files"] - before["files"]),
        ),
    ]
    rows += [
        (key, before[key] or UNKNOWN, after[key] or UNKNOWN, "another one")
        for key in ("platform", "release")
        if before[key] != after[key]
    ]
    return Section(
        f"{_name(before)} → {_name(after)}",
        ("", f"before: {_name(before)}", f"after: {_name(after)}", "growth"),
        tuple(rows),
        frozenset(),
        tuple(_notes(data)),
    )


def _count(grown: int) -> str:
    return f"{grown:+,}".replace("-", "−") if grown else "the same"


def _notes(data: Mapping[str, Any]) -> list[str]:
    before, after = data["before"], data["after"]
    notes = []
    if check := data["growth"]:
        limit = check["limit_bytes"]
        notes.append(
            f"max-growth {check['status']}: pull size: {growth(check['measured_bytes'])}; "
            f"the limit is {growth(limit) if limit else size(0)}."
        )
    notes.append(
        f"Who has {_name(before)} and pulls {_name(after)} fetches "
        f"{_about(after)}{size(data['update_bytes'])} of layers."
    )
    users: dict[str, list[str]] = {}
    for side in (before, after):
        for text in side["stand_ins"]:
            users.setdefault(text, []).append(_name(side))
    notes += [
        f"{DAGGER} stand-in, not the published image: {text} (in {', '.join(names)})."
        for text, names in users.items()
    ]
    notes += [
        f"{DAGGER} {_name(side)} stands on a stand-in, not on a published image."
        for side in (before, after)
        if side["stand_in"] and not side["stand_ins"]
    ]
    if before["estimated"] or after["estimated"]:
        notes.append("~ estimated: its layers are uncompressed, this is what gzip makes of them.")
    if before["estimated"] != after["estimated"]:
        notes.append("WARNING: only one of the two pull sizes is estimated.")
    notes += [
        f"{_name(side)}, {unverified(side['unverified'])}"
        for side in (before, after)
        if side["unverified"]
    ]
    return [*notes, *_same(data), _DEFINITIONS]


def _layers(data: Mapping[str, Any]) -> Section:
    """Give the layers: those that both begin with in one row, then either image's own ones."""
    before, after = data["layers"]["before"], data["layers"]["after"]
    where = data["divergence"]
    common = len(before) if where is None else where["index"]
    rows = []
    if common:
        total = [sum(layer[key] for layer in after[:common]) for key in _LAYER_SIZES]
        label = f"= 0–{common - 1}" if common > 1 else "= 0"
        rows.append((label, *map(size, total), _IN_BOTH))
    for mark, layers in (("−", before[common:]), ("+", after[common:])):
        rows += [
            (
                f"{mark} {layer['index']}{' (in both)' if layer['shared'] else ''}",
                *(size(layer[key]) for key in _LAYER_SIZES),
                _short(layer["instruction"]) or UNKNOWN,
            )
            for layer in layers
        ]
    note = "All layers are the same." if where is None else f"{_divergence(where)}."
    return Section(
        "Layers",
        ("layer", "pull", "file bytes", "instruction"),
        tuple(rows),
        frozenset({3}),
        (note,),
        f"{common} the same, {len(before) - common} removed, {len(after) - common} added",
    )


def _divergence(where: Mapping[str, Any]) -> str:
    begin = f"The images begin to differ at layer {where['index']}"
    if where["before"] is None:
        return f"{begin}, where the first one ends"
    if where["after"] is None:
        return f"{begin}, where the second one ends"
    if where["before"] == where["after"]:
        return f"{begin}, whose instruction is the same: its input differs"
    return begin


def _components(changes: Sequence[Mapping[str, Any]], title: str, what: str, limit: int) -> Section:
    kinds = [change["change"] for change in changes]
    words = {"added": "added", "removed": "removed", "version": "updated", "size": "resized"}
    return Section(
        title,
        (what, "change", "version", "before", "after", "growth"),
        tuple(
            (
                change["name"],
                words[change["change"]],
                _versions(change["before"], change["after"]),
                *(_bytes(change[side]) for side in ("before", "after")),
                _component_growth(change["before"], change["after"]),
            )
            for change in changes[:limit]
        ),
        frozenset({0}),
        _more(len(changes), limit),
        ", ".join(f"{kinds.count(kind)} {word}" for kind, word in words.items() if kind in kinds),
    )


def _configuration(changes: Sequence[Mapping[str, Any]]) -> Section:
    return Section(
        "Configuration",
        ("setting", "before", "after"),
        tuple(
            (
                f"{_SETTINGS.get(change['setting'], change['setting'])} {change['name']}".strip(),
                _setting(change["before"]),
                _setting(change["after"]),
            )
            for change in changes
        ),
        frozenset({0, 1, 2}),
        (),
        f"{len(changes)} changed",
    )


def _files(lists: Mapping[str, Any], limit: int) -> Section:
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for name, found in lists.items():
        shown = found["files"][:limit]
        rows += [_file(name, one) for one in shown]
        if found["files_total"] > len(shown):
            notes.append(
                f"{name}: {found['files_total']:,} in all, "
                f"{size(found['before_bytes'])} before and {size(found['after_bytes'])} after; "
                f"the {len(shown)} largest are shown."
            )
    return Section(
        "Files",
        ("change", "path", "before", "after", "growth"),
        tuple(rows),
        frozenset({1}),
        tuple(notes),
        ", ".join(
            f"{found['files_total']:,} {'with other metadata' if name == 'metadata' else name}"
            for name, found in lists.items()
            if found["files_total"]
        ),
    )


def _file(name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    before, after = one["before_bytes"], one["after_bytes"]
    what = ", ".join(one["what"])
    if name == "metadata":
        return (what, f"/{one['path']}", one["before_mode"], one["after_mode"], "the same")
    return (
        f"{name}: {what}" if what else name,
        f"/{one['path']}",
        NONE if before is None else size(before),
        NONE if after is None else size(after),
        growth((after or 0) - (before or 0)),
    )


def _body(part: Section) -> str:
    rows = [
        [
            code(cell) if column in part.names and cell not in _PLAIN else escaped(cell)
            for column, cell in enumerate(row)
        ]
        for row in part.rows
    ]
    lines = [table([escaped(header) for header in part.headers], rows)]
    lines += [f"- {escaped(note)}\n" for note in part.notes]
    return lines[0] + ("\n" if part.notes else "") + "".join(lines[1:])


def _same(data: Mapping[str, Any]) -> list[str]:
    """Name what does not differ: that a part is missing alone would leave it open."""
    found = [name for name in ("distributions", "packages", "configuration") if not data[name]]
    if not any(one["files_total"] for one in data["files"].values()):
        found.append("files")
    return [f"No difference: {', '.join(found)}."] if found else []


def _broken(cell: str) -> str:
    """Break a long path behind its slashes; no other cell has a line break."""
    line = one_line(cell)
    if not line.startswith("/") or " " in line:
        return line
    lines = [""]
    for part in re.findall(r"[^/]*/?", line):
        if lines[-1] and len(lines[-1]) + len(part) > _LINE:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _name(side: Mapping[str, Any]) -> str:
    return f"{side['name']} {DAGGER}" if side["stand_in"] else str(side["name"])


def _about(side: Mapping[str, Any]) -> str:
    return "~" if side["estimated"] else ""


def _pull(side: Mapping[str, Any]) -> str:
    return _about(side) + size(side["pull_bytes"])


def _grown(data: Mapping[str, Any], what: str) -> str:
    count, start = data[f"{what}_growth_bytes"], data["before"][f"{what}_bytes"]
    if not count or not start:
        return growth(count)
    return f"{growth(count)} ({'+' if count > 0 else '−'}{percent(abs(count) / start)})"


def _bytes(side: Mapping[str, Any] | None) -> str:
    return NONE if side is None else size(side["bytes"])


def _component_growth(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    sizes = [side["bytes"] if side else 0 for side in (before, after)]
    return UNKNOWN if None in sizes else growth(sizes[1] - sizes[0])


def _versions(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    found = [side["version"] or UNKNOWN for side in (before, after) if side]
    return " → ".join(dict.fromkeys(found))


def _setting(value: Any) -> str:
    if value is None:
        return NONE
    plain = isinstance(value, str) and value
    return _short(value if plain else json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    return text if len(text) <= _TEXT_LIMIT else f"{text[:_TEXT_LIMIT]}…"


def _more(total: int, limit: int) -> tuple[str, ...]:
    return (f"{total} in all, the {limit} largest are shown.",) if total > limit else ()
