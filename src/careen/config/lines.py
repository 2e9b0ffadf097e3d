"""Finds the line of a TOML text at which a key stands, also in arrays of tables."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Location = tuple[int | str, ...]


def lines_of(text: str, locations: Iterable[Sequence[int | str]]) -> dict[Location, int]:
    r"""Give the line of each location, or of the nearest table around it that is there.

    A key stands at the first line of its statement. It is the statement that ends with the first
    beginning of the text that has the key and is TOML by itself, so it is tomllib alone that reads
    TOML here. Locations of which no part is there are left out.

    Args:
        text: is TOML.
        locations: keys of tables and places in arrays, such as ("http", 0, "status").

    >>> lines_of('port = 1\n[[http]]\npath = "/"', [("port",), ("http", 0, "path")])
    {('port',): 1, ('http', 0, 'path'): 3}
    """
    wanted = [tuple(location) for location in locations]
    parts = {location[:count] for location in wanted for count in range(1, len(location) + 1)}
    found = _search(text, parts)
    result = {}
    for location in wanted:
        there = [location[:count] for count in range(len(location), 0, -1)]
        line = next((found[part] for part in there if part in found), None)
        if line is not None:
            result[location] = line
    return result


def _search(text: str, missing: set[Location]) -> dict[Location, int]:
    found: dict[Location, int] = {}
    # TOML ends a line with LF or CR LF alone.
    lines = text.replace("\r\n", "\n").split("\n")
    begins = 0
    for count in range(1, len(lines) + 1):
        if missing <= found.keys():
            break
        try:
            document = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue  # within a statement of several lines
        new = [part for part in missing - found.keys() if _is_in(document, part)]
        found |= dict.fromkeys(new, begins + 1)
        begins = count
    return found


def _is_in(document: Any, location: Location) -> bool:
    for part in location:
        there: Any = document if isinstance(document, dict) else ()
        if isinstance(document, list):
            there = range(len(document))
        if part not in there:
            return False
        document = document[part]
    return True
