"""Stand-in bases for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.quantities import size
from careen.report.terminal import render_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LOADED = {True: "yes", False: "no", None: "unknown: no engine runs"}
NOTE = (
    "A stand-in takes a base's place where no registry can be reached. It is made of distribution "
    "packages, it is not the published image, and every table marks it with †."
)


def render_bases(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give a table of the stand-ins."""
    cells = [
        [
            f"{row['reference']} †",
            row["recipe"],
            size(row["archive_bytes"]) if row["made"] else "not made",
            _LOADED[row["loaded"]],
            row["summary"],
        ]
        for row in rows
    ]
    headers = ["stands in for", "recipe", "archive", "in the engine", "made of"]
    return render_table(headers, cells, [NOTE], "Stand-in bases")
