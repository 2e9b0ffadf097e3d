"""Paths in a JSON answer, such as `database.reachable`, `items[0].id` or `"a.b".c`."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r'\.?(?:(?P<key>[^.\[\]"]+)|"(?P<quoted>[^"]*)"|\[(?P<number>-?\d+)\])')

Step = str | int


class AbsentError(LookupError):
    """A document has nothing at a path; the message says how far it leads."""


def parse_path(text: str) -> tuple[Step, ...]:
    """Read a path.

    Raises:
        ValueError: it is none.

    >>> parse_path('items[0].id'), parse_path('"a.b".c')
    (('items', 0, 'id'), ('a.b', 'c'))
    """
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or (text[at] == "." and not steps):
            raise ValueError(f"it cannot be read from {text[at:]!r} on")
        if match["number"] is not None:
            steps.append(int(match["number"]))
        else:
            steps.append(match["key"] if match["key"] is not None else match["quoted"])
        at = match.end()
        if at < len(text) and text[at] not in ".[":
            raise ValueError(f"it cannot be read from {text[at:]!r} on")
    if not steps:
        raise ValueError("it is empty")
    return tuple(steps)


def value_at(document: Any, path: str) -> Any:
    """Give what stands at a path.

    Raises:
        AbsentError: nothing does.
        ValueError: it is no path.

    >>> value_at({"items": [{"id": 7}]}, "items[0].id")
    7
    """
    found = document
    steps = parse_path(path)
    for number, step in enumerate(steps):
        there = found if isinstance(step, int) == isinstance(found, list) else {}
        try:
            found = there[step]
        except (KeyError, IndexError, TypeError):
            led = "".join(
                f"[{one}]" if isinstance(one, int) else f".{one}" for one in steps[:number]
            )
            said = f"{led.lstrip('.')} has no {step}" if led else f"there is no {step}"
            raise AbsentError(said) from None
    return found
