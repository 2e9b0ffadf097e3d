"""Draws a table for a terminal: at most 100 columns, no colour where NO_COLOR is set."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH = 100
_GAP = 2  # between two columns
_LINE = re.compile(r"\n")
# Where a header, and where a cell may break first: a dagger never leaves its name.
_SPACE = re.compile(r"\s+(?!†)")
_LIST = re.compile(r"\n|(?<=,) ")


def colour_wanted(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Say whether to colour: on a terminal that can, and where NO_COLOR is unset or empty.

    Source: https://no-color.org
    """
    dumb = environment.get("TERM") == "dumb"
    return stream.isatty() and not environment.get("NO_COLOR") and not dumb


def terminal_width(stream: TextIO) -> int:
    """Give the terminal's width, 100 columns at most, and 100 where there is no terminal."""
    return min(WIDTH, shutil.get_terminal_size().columns) if stream.isatty() else WIDTH


def render_table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    footnotes: Sequence[str],
    title: str,
    *,
    width: int | None = None,
    colour: bool | None = None,
) -> str:
    """Give a table as text that is no wider than the terminal.

    Cells are plain text: a line break in one is kept, square brackets are no markup, and control
    characters (a tool's message may hold some) are taken out.

    Args:
        headers: a header per column.
        rows: the cells; each row as long as the headers.
        footnotes: lines below the table.
        title: a line above it.
        width: in columns; standard output's, 100 at most, where it is None.
        colour: with ANSI codes; as standard output and NO_COLOR have it where it is None.

    Raises:
        ValueError: a row is not as long as the headers.
    """
    from rich import box  # noqa: PLC0415 - a tenth of a second
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if any(len(row) != len(headers) for row in rows):
        raise ValueError("a row is not as long as the headers")
    total = terminal_width(sys.stdout) if width is None else width
    coloured = colour_wanted(sys.stdout, os.environ) if colour is None else colour
    cells = [[clean(cell) for cell in row] for row in (headers, *rows)]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for header, wide in zip(cells[0], _widths(cells, total), strict=True):
        table.add_column(Text(header), width=wide, overflow="fold")
    for row in cells[1:]:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(
        file=io.StringIO(),
        width=total,
        force_terminal=coloured,
        color_system="standard" if coloured else None,
        no_color=not coloured,
        highlight=False,
    )
    console.print(Text(clean(title), style="bold"))
    console.print()
    console.print(table)
    for footnote in footnotes:
        console.print(Text(" ".join(clean(footnote).split()), style="dim"))
    text = console.file.getvalue()  # type: ignore[attr-defined] # the StringIO above
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def clean(text: str) -> str:
    """Take control characters out, line breaks excepted: an escape code becomes harmless text."""
    return "".join(letter for letter in text if letter == "\n" or letter.isprintable())


def _widths(cells: list[list[str]], total: int) -> list[int]:
    """Give each column's width: as wide as its lines, then narrowed until all of them fit.

    The widest column that can still give way loses a character; first down to the parts of a
    header's words and a cell's list, then to single words, then anywhere.
    """
    columns = list(zip(*cells, strict=True))
    widths = [_longest(column, _LINE, _LINE) for column in columns]
    parts = [_longest(column, _SPACE, _LIST) for column in columns]
    words = [_longest(column, _SPACE, _SPACE) for column in columns]
    room = max(total - _GAP * len(columns) + 1, len(columns))
    for floor in (parts, words, [1] * len(columns)):
        while sum(widths) > room:
            index = max(range(len(widths)), key=lambda at: (widths[at] > floor[at], widths[at]))
            if widths[index] <= floor[index]:
                break
            widths[index] -= 1
    return widths


def _longest(column: Sequence[str], header: re.Pattern[str], cell: re.Pattern[str]) -> int:
    first, *others = column
    pieces = [*header.split(first), *(piece for other in others for piece in cell.split(other))]
    return max(1, *map(len, pieces))
