"""Takes apart the JSON that a scanner wrote: what is needed must be there, of the right type."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Fields = dict[str, Any]
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class UnreadableError(ValueError):
    """A scanner's output is not what its format says."""


def parse(text: str) -> Fields:
    """Read a document, which has to be an object.

    Raises:
        UnreadableError: it is no JSON, or no object.

    >>> parse('{"SchemaVersion": 2}')
    {'SchemaVersion': 2}
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"it wrote no JSON: {error}") from None
    if not isinstance(document, dict):
        raise UnreadableError(f"it wrote JSON, but {type(document).__name__} at its top")
    return document


def text(fields: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    """Give a text on one line, control characters gone; "" where there is none.

    Raises:
        UnreadableError: it is no text; it is needed and not there.
    """
    value = fields.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise UnreadableError(f"{name} is no text, but {type(value).__name__}")
    if needed and not value:
        raise UnreadableError(f"{name} is missing")
    return one_line(value)


def number(fields: Mapping[str, Any], name: str) -> int | None:
    """Give a whole number; None where there is none.

    Raises:
        UnreadableError: it is something else.
    """
    value = fields.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise UnreadableError(f"{name} is no whole number, but {type(value).__name__}")
    return value


def part(fields: Mapping[str, Any], name: str, *, needed: bool = False) -> Fields:
    """Give an object; {} where there is none.

    Raises:
        UnreadableError: it is something else; it is needed and not there.
    """
    value = fields.get(name)
    if value is None and not needed:
        return {}
    if not isinstance(value, dict):
        raise UnreadableError(f"{name} is no object, but {type(value).__name__}")
    return value


def parts(fields: Mapping[str, Any], name: str, *, needed: bool = False) -> Iterator[Fields]:
    """Give the objects of a list; none where there is no list.

    Raises:
        UnreadableError: it is no list of objects; it is needed and not there.
    """
    for value in _items(fields, name, needed=needed):
        if not isinstance(value, dict):
            raise UnreadableError(f"{name} holds {type(value).__name__} where an object has to be")
        yield value


def texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Give the texts of a list; none where there is no list.

    Raises:
        UnreadableError: it is no list of texts.
    """
    values = _items(fields, name, needed=False)
    if not all(isinstance(value, str) for value in values):
        raise UnreadableError(f"{name} holds more than texts")
    return tuple(one_line(value) for value in values)


def one_line(value: str) -> str:
    r"""Make a text one line that no terminal takes for commands.

    >>> one_line("a\n \x1b[31mb\x1b[0m\x07")
    'a b'
    """
    value = _COLOUR.sub("", value)
    clean = "".join(letter if letter.isprintable() else " " for letter in value)
    return " ".join(clean.split())


def _items(fields: Mapping[str, Any], name: str, *, needed: bool) -> list[Any]:
    value = fields.get(name)
    if value is None and not needed:
        return []
    if not isinstance(value, list):
        raise UnreadableError(f"{name} is no list, but {type(value).__name__}")
    return value
