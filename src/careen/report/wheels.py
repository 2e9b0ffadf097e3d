"""Which pins have a wheel where, for a terminal.

The data is what `careen wheels --json` prints.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from careen.report.quantities import size
from careen.report.terminal import clean, render_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GOOD = ("wheel", "not-needed")
_ORDER = ("unknown", "unsupported", "compile")


def render_wheels(data: Mapping[str, Any]) -> str:
    """Give a table with a line for each set and target, and below it the pins without a wheel."""
    rows = [
        _row(part["name"], target, [one for one in part["coverage"] if one["target"] == target])
        for part in data["sets"]
        for target in data["targets"]
    ]
    headers = ["set", "target", "wheels", "compile", "unsupported", "unknown", "download"]
    table = render_table(headers, rows, [], "wheels for each target")
    lines = [line for part in data["sets"] for line in _missing(part, data["targets"])]
    return "\n".join([table.rstrip(), *([""] if lines else []), *lines]) + "\n"


def _row(name: str, target: str, found: Sequence[Mapping[str, Any]]) -> list[str]:
    counts = Counter(one["status"] for one in found)
    sizes = [one["download_bytes"] for one in found if one["file"]]
    known = [count for count in sizes if count is not None]
    more = " and more" if len(known) < len(sizes) else ""
    wanted = sum(counts.values()) - counts["not-needed"]
    return [
        name,
        target,
        f"{counts['wheel']} of {wanted}",
        *(str(counts[status] or "-") for status in ("compile", "unsupported", "unknown")),
        f"{size(sum(known))}{more}",
    ]


def _missing(part: Mapping[str, Any], targets: Sequence[str]) -> list[str]:
    """Give a line for each pin and reason, with the targets that it holds for."""
    places: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in part["coverage"]:
        if one["status"] not in _GOOD:
            pin = f"{one['name']}=={one['version']}"
            places[one["status"], pin, one["reason"]].append(one["target"])
    ordered = sorted(places.items(), key=lambda item: (_ORDER.index(item[0][0]), item[0][1]))
    lines = []
    for (status, pin, reason), where in ordered:
        shown = "all targets" if len(where) == len(targets) else ", ".join(where)
        lines += [clean(f"{part['name']}: {pin}: {status}: {reason}"), f"    {shown}"]
    return lines
