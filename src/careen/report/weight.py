"""What distributions weigh with all that they need, for a terminal.

The data is what `careen weight --json` prints. Names are a stranger's text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.quantities import size
from careen.report.terminal import clean, render_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEADERS = ("distribution", "own", "exclusive", "closure", "native", "tests", "needed by")
_ROWS = 25


def render_weight(data: Mapping[str, Any], *, every: bool = False) -> str:
    """Give the heaviest distributions, libraries that come twice, and lighter alternatives."""
    shown = data["distributions"] if every else data["distributions"][:_ROWS]
    rows = [
        [
            f"{one['name']} {one['version']}",
            *(size(one[f"{key}_bytes"]) for key in ("own", "exclusive", "closure")),
            *(
                size(one[f"{key}_bytes"]) if one[f"{key}_bytes"] else "-"
                for key in ("native", "test")
            ),
            ", ".join(one["needed_by"]) or "nothing",
        ]
        for one in shown
    ]
    notes = ["exclusive: what goes when it goes; closure: with all that it needs"]
    if len(shown) < len(data["distributions"]):
        notes.append(f"and {len(data['distributions']) - len(shown)} more; --all shows them")
    title = f"{clean(data['image'])}{' †' * data['stand_in']}: Python distributions"
    return "\n".join([render_table(_HEADERS, rows, notes, title).rstrip(), *_more(data)]) + "\n"


def _more(data: Mapping[str, Any]) -> Iterator[str]:
    for one in data["vendored"]:
        names = ", ".join(copy[0] for copy in one["copies"])
        yield clean(
            f"{one['library']} comes {len(one['copies'])} times, with {names}: "
            f"{size(one['duplicate_bytes'])} twice"
        )
    for one in data["alternatives"]:
        figures = _figures(one)
        yield clean(f"{one['lighter']} in place of {one['name']}{figures}, where {one['when']}")


def _figures(one: Mapping[str, Any]) -> str:
    if one["reason"]:
        return f" (not measured: {one['reason']})"
    if one["bytes"] is None or one["lighter_bytes"] is None:
        return " (--alternatives measures both)"
    return f": {size(one['lighter_bytes'])} in place of {size(one['bytes'])}, installed here"
