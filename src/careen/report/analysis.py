"""An analysis for a terminal: what an image costs, what of it is waste, and what is heavy."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from careen.report import analysis_tables as tables
from careen.report.analysis_shared import comparison, shared_layers
from careen.report.terminal import render_table, terminal_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ELLIPSIS = "…"
_MOST = 10
_GAP = 2  # columns between two cells
_NARROWEST = 20  # of a column that is shortened
# Of a file beside its advice and of a duplicate, a few say it all.
_FEW = 5


def render_analysis(
    analysis: Mapping[str, Any], *, width: int | None = None, colour: bool | None = None
) -> str:
    """Give the text of one image's analysis, or of several.

    Args:
        analysis: what analysis.schema.json describes.
        width: in columns; standard output's, 100 at most, where it is None.
        colour: with ANSI codes; as standard output and NO_COLOR have it where it is None.
    """
    columns = terminal_width(sys.stdout) if width is None else width
    screen = _Screen(columns, colour)
    if "images" not in analysis:
        return "\n".join(_one(screen, analysis, tables.footnotes([analysis])))
    parts = [
        screen.table(comparison(analysis), tables.footnotes(analysis["images"])),
        screen.table(shared_layers(analysis)),
    ]
    for image in analysis["images"]:
        parts += _one(screen, image, ())
    return "\n".join(parts)


def _one(screen: _Screen, image: Mapping[str, Any], marks: Sequence[str]) -> list[str]:
    notes = [tables.identity(image), *marks, *filter(None, [tables.dive(image)])]
    rows = [(one.label, one.value, one.detail) for one in tables.figures(image)]
    found = [
        tables.rules(image),
        tables.largest_layers(image).first(_MOST),
        tables.causes(image),
        tables.hidden_files(image).first(_MOST),
        tables.duplicates(image).first(_FEW),
        _without(tables.distributions(image).first(_MOST), "folder"),
        tables.packages(image).first(_MOST),
        tables.kinds(image),
        tables.unowned(image).first(_MOST),
    ]
    head = tables.Table(
        "figures",
        tables.name(image),
        (("figure", tables.TEXT), ("", tables.NUMBER), ("of what", tables.NAME)),
        tuple(rows),
        len(rows),
    )
    return [screen.table(head, notes), *(screen.table(table) for table in found if table.rows)]


def _without(table: tables.Table, header: str) -> tables.Table:
    at = [title for title, _ in table.columns].index(header)
    return replace(
        table,
        columns=table.columns[:at] + table.columns[at + 1 :],
        rows=tuple(row[:at] + row[at + 1 :] for row in table.rows),
    )


class _Screen:
    """Draws tables of one width, long names shortened so that each row is a line."""

    def __init__(self, width: int, colour: bool | None) -> None:  # noqa: FBT001 - render_table's
        self._width = width
        self._colour = colour

    def table(self, table: tables.Table, notes: Sequence[str] = ()) -> str:
        rows = [[*row] for row in table.rows]
        for column, room in self._room(table).items():
            middle = table.columns[column][1] == tables.PATH
            for row in rows:
                row[column] = shorten(row[column], room, middle=middle)
        headers = [header for header, _ in table.columns]
        for row in (headers, *rows):
            for column, (_, kind) in enumerate(table.columns):
                if kind == tables.NUMBER:
                    row[column] = row[column].rjust(_widest(table, column))
        below = [f"and {table.left_out:,} more"] if table.left_out else []
        below += [table.note] if table.note else []
        if not rows:
            return f"{table.title}\n\n{table.note}\n"
        return render_table(
            headers, rows, [*below, *notes], table.title, width=self._width, colour=self._colour
        )

    def _room(self, table: tables.Table) -> dict[int, int]:
        """Give the columns that are shortened, each with its width."""
        kinds = [kind for _, kind in table.columns]
        long = [
            column
            for column, kind in enumerate(kinds)
            if kind in {tables.NAME, tables.PATH, tables.INSTRUCTION}
        ]
        others = sum(_widest(table, column) for column in range(len(kinds)) if column not in long)
        left = self._width - others - _GAP * len(kinds)
        room = {}
        # The one that needs least first: what it leaves is for the others.
        for done, column in enumerate(sorted(long, key=lambda one: _widest(table, one))):
            share = max(_NARROWEST, left // (len(long) - done))
            room[column] = min(_widest(table, column), share)
            left -= room[column]
        return room


def _widest(table: tables.Table, column: int) -> int:
    return max(len(table.columns[column][0]), *(len(row[column]) for row in table.rows))


def shorten(text: str, width: int, *, middle: bool = False) -> str:
    """Cut a text that is longer than *width*, at its end or, as a path is best, in its middle.

    >>> shorten("opt/venv/lib/numpy.so", 14, middle=True)
    'opt/v…numpy.so'
    """
    if len(text) <= width:
        return text
    if not middle:
        return text[: max(0, width - 1)].rstrip() + ELLIPSIS
    tail = (width - 1) * 2 // 3
    return text[: width - 1 - tail] + ELLIPSIS + text[len(text) - tail :]
