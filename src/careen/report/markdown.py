"""Writes tables and names as Markdown in which no stranger's text is more than text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPECIAL = frozenset("\\|<>*_`[]#~&$")
# GitHub tells a person whose name stands behind an @, and makes links of addresses; a space
# without width prevents it.
_ALIVE = re.compile(r"@|:(?=//)|\bwww(?=\\?\.)", re.IGNORECASE)


def escaped(text: str) -> str:
    r"""Take from a text what Markdown, HTML or a table would read as its own.

    >>> print(escaped("a|b <c>"))
    a\|b \<c\>
    """
    line = "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in one_line(text))
    return _ALIVE.sub("\\g<0>\u200b", line)


def code(text: str) -> str:
    """Write a path, a name or an instruction in the fixed-width face; nothing as a dash.

    What a code span in a table cannot hold (a backtick, a backslash before a pipe) is escaped.
    """
    line = one_line(text)
    if not line:
        return "—"
    if "`" in line or "\\|" in line or line.endswith("\\"):
        return escaped(line)
    return "`" + line.replace("|", "\\|") + "`"


def one_line(text: str) -> str:
    """Put a text on one line, without control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give a table of cells that are Markdown already."""
    wide = [max(3, *map(len, column)) for column in zip(headers, *rows, strict=True)]
    lines = [_row(headers, wide), _row(["-" * width for width in wide], wide)]
    return "\n".join([*lines, *(_row(row, wide) for row in rows)]) + "\n"


def details(summary: str, body: str) -> str:
    """Give a part that a reader opens; GitHub wants the empty lines."""
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n</details>\n"


def _row(cells: Sequence[str], wide: Sequence[int]) -> str:
    padded = (f"{cell:{width}}" for cell, width in zip(cells, wide, strict=True))
    return f"| {' | '.join(padded)} |"
