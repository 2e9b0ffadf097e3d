"""Finds the line of a TOML text that a value's key path means: tomllib does not tell it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TABLE = re.compile(r"\s*\[(?P<list>\[)?\s*(?P<name>[^\]]+?)\s*\](?(list)\])\s*(?:#.*)?")
_KEY = re.compile(r"\s*(?P<name>[A-Za-z0-9_.\-\"' ]+?)\s*=")

Path = tuple[str | int, ...]


def line_of(text: str, path: Sequence[str | int]) -> int:
    r"""Give the line, from 1, of a key, or of the nearest table or key above it that is there.

    Args:
        text: the document.
        path: keys, and numbers of tables in arrays, such as ("http", 1, "status").

    >>> line_of("a = 1\n[[http]]\nstatus = 200\n[[http]]\nstatus = 2\n", ("http", 1, "status"))
    5
    """
    places = _places(text)
    wanted = tuple(path)
    while wanted and wanted not in places:
        wanted = wanted[:-1]
    return places.get(wanted, 1)


def _places(text: str) -> dict[Path, int]:
    """Give the line of each table and key; a key in an inline table has its table's."""
    places: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if match := _TABLE.fullmatch(line):
            table = _resolved(_parts(match["name"]), counts, is_list=bool(match["list"]))
            places.setdefault(table, number)
            for end in range(1, len(table)):
                places.setdefault(table[:end], number)
        elif match := _KEY.match(line):
            key = (*table, *_parts(match["name"]))
            places.setdefault(key, number)
            for end in range(len(table) + 1, len(key)):
                places.setdefault(key[:end], number)
    return places


def _resolved(parts: Sequence[str], counts: dict[Path, int], *, is_list: bool) -> Path:
    """Put the number of the last table into the path of each array of tables."""
    path: Path = ()
    for at, part in enumerate(parts):
        path = (*path, part)
        last = at == len(parts) - 1
        if last and is_list:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
    return path


def _parts(name: str) -> list[str]:
    return [
        part.strip().strip("\"'") for part in re.split(r"\.(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", name)
    ]
