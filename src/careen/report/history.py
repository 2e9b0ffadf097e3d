"""What images weigh, and what changed since an earlier run: for a terminal and a pull request.

The data is what `careen report --json` prints. Names and instructions are a stranger's text.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from careen.report.markdown import code, details, escaped, table
from careen.report.quantities import seconds, size
from careen.report.terminal import clean, render_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_DAGGER = "†"
_STAND_IN = f"{_DAGGER} on a stand-in base that careen made: its size is not the published one's"
_ROWS = 10  # of each list of causes
_NOW_HEADERS = ("variant", "pull", "unpacked", "build", "steps cached", "findings")
_HEADERS = ("variant", "pull", "change", "unpacked", "change", "build", "steps cached", "findings")
_LETTERS = 60  # of an instruction


def render_report(data: Mapping[str, Any]) -> str:
    """Give this run's sizes; the document is one of `careen.history.collect`."""
    notes = _notes(data["variants"])
    return render_table(_NOW_HEADERS, _now(data), notes, f"images of {data['made']}")


def report_markdown(data: Mapping[str, Any]) -> str:
    """Give the same for a pull request."""
    rows = [[escaped(cell) for cell in row] for row in _now(data)]
    notes = "".join(f"\n{note}\n" for note in _notes(data["variants"]))
    return f"### Images of {data['made']}\n\n{table(list(_NOW_HEADERS), rows)}{notes}"


def _now(data: Mapping[str, Any]) -> list[list[str]]:
    return [
        [
            _named(name, one),
            ("~" if one["estimated"] else "") + size(one["pull_bytes"]),
            size(one["unpacked_bytes"]),
            *_built(one["build"]),
            _found(one.get("scan")),
        ]
        for name, one in data["variants"].items()
    ]


def render_history(data: Mapping[str, Any]) -> str:
    """Give what changed: a line a variant, then what caused it, then the verdict."""
    rows = [_row(name, one) for name, one in data["variants"].items() if "growth" in one]
    title = f"since {clean(data['against'])} ({data['before']})"
    lines = [render_table(_HEADERS, rows, _notes(data["variants"]), title).rstrip()] if rows else []
    for name, one in data["variants"].items():
        lines += [clean(f"{name}: {one['status']}: {one['reason']}")] if one["reason"] else []
        lines += [f"\n{name}:", *_causes(one)] if _changed(one) else []
    return "\n".join([*lines, "", _verdict(data)]) + "\n"


def history_markdown(data: Mapping[str, Any]) -> str:
    """Give the same for a pull request; the causes are folded away."""
    rows = [
        [code(name), *(escaped(cell) for cell in _row(name, one)[1:])]
        for name, one in data["variants"].items()
        if "growth" in one
    ]
    parts = [f"### Images, compared with {code(data['against'])}\n", f"{_verdict(data)}\n"]
    parts += [table(list(_HEADERS), rows)] if rows else []
    parts += [f"{note}\n" for note in _notes(data["variants"])]
    for name, one in data["variants"].items():
        if one["reason"]:
            parts.append(f"- {code(name)}: {one['status']}: {escaped(one['reason'])}\n")
        elif _changed(one):
            causes = "\n".join(f"- {escaped(line.strip())}" for line in _causes(one))
            parts.append(details(f"{name}: what changed", causes + "\n"))
    return "\n".join(parts)


def _row(name: str, one: Mapping[str, Any]) -> list[str]:
    return [
        _named(name, one),
        size(one["after"]["pull_bytes"]),
        _signed(one["growth"]["pull_bytes"]),
        size(one["after"]["unpacked_bytes"]),
        _signed(one["growth"]["unpacked_bytes"]),
        *_built(one["after"]["build"]),
        _changes(one["findings"]),
    ]


def _built(build: Mapping[str, Any] | None) -> list[str]:
    """A build's time says nothing without how much of it came from the cache."""
    if build is None:
        return ["-", "-"]
    return [seconds(build["seconds"]), f"{build['cached_steps']} of {build['steps']}"]


def _found(scan: Mapping[str, Any] | None) -> str:
    """Count what a scan found; none of this very image is no finding, and not clean either."""
    if scan is None:
        return "not scanned"
    counted = Counter(one["severity"] for one in scan["findings"])
    graves = [f"{counted[name]} {name}" for name in ("CRITICAL", "HIGH") if counted[name]]
    total = f"{len(scan['findings'])} ({', '.join(graves)})" if graves else f"{counted.total()}"
    return total if scan["outcome"] != "unknown" else f"{total}, and unknown"


def _changes(findings: Mapping[str, Any] | None) -> str:
    if findings is None:
        return "not compared"
    unknown = ", and unknown" if findings["outcome"] == "unknown" else ""
    return f"+{len(findings['added'])} -{len(findings['gone'])}{unknown}"


def _named(name: str, one: Mapping[str, Any]) -> str:
    return f"{name} {_DAGGER}" if one["stand_in"] else name


def _notes(variants: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [_STAND_IN] if any(one.get("stand_in") for one in variants.values()) else []


def _changed(one: Mapping[str, Any]) -> bool:
    found = one.get("findings") or {}
    changed = [one.get(part) for part in ("distributions", "packages", "layers")]
    return any([*changed, found.get("added"), found.get("gone")])


def _causes(one: Mapping[str, Any]) -> Iterator[str]:
    for part in ("distributions", "packages"):
        yield from _shortened([_cause(part, row) for row in one[part]], part)
    yield from _shortened([_layer(row) for row in one["layers"]], "layers")
    for change in ("added", "gone"):
        rows = (one["findings"] or {}).get(change, ())
        yield from _shortened([_finding(change, row) for row in rows], f"findings {change}")


def _shortened(lines: Sequence[str], what: str) -> Iterator[str]:
    yield from lines[:_ROWS]
    if len(lines) > _ROWS:
        yield f"  and {len(lines) - _ROWS} more {what}"


def _cause(part: str, row: Mapping[str, Any]) -> str:
    kind = part.removesuffix("s")
    before, after = row["before"], row["after"]
    versions = f"{before} -> {after}" if before and after and before != after else after or before
    change = "added" if not before else "removed" if not after else "changed"
    grew = "by an unknown amount" if row["growth_bytes"] is None else _signed(row["growth_bytes"])
    return clean(f"  {kind} {row['name']} {versions}: {change}, {grew}")


def _finding(change: str, row: Mapping[str, Any]) -> str:
    where = f"{row['package']} {row['version']}"
    return clean(f"  finding {change}: {row['severity']} {row['id']} in {where}")


def _layer(row: Mapping[str, Any]) -> str:
    text = clean(row["instruction"]).replace("\n", " ")
    shown = text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
    growth = (row["after_bytes"] or 0) - (row["before_bytes"] or 0)
    return f"  layer {row['change']}, {_signed(growth)} to pull: {shown}"


def _signed(count: int) -> str:
    return f"{'-' if count < 0 else '+'}{size(abs(count))}" if count else "none"


def _verdict(data: Mapping[str, Any]) -> str:
    limit = data["max_growth_bytes"]
    asked = "nothing was asked" if limit is None else f"at most {size(limit)} of growth to pull"
    grown = [name for name, one in data["variants"].items() if one["status"] == "failed"]
    words = {
        "passed": f"passed: {asked}",
        "failed": f"FAILED: {', '.join(grown)} grew by more than {size(limit or 0)} to pull",
        "unknown": "UNKNOWN: a variant cannot be compared, so nobody knows whether it grew",
    }
    return words[data["outcome"]]
