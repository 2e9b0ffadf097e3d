"""Finds the forms of secrets in bytes and in texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.image.secrets.checks import Match, secret_of
from careen.image.secrets.formats import FORMATS, Format

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Found:
    """A form that stands somewhere.

    Attributes:
        format: which.
        start: of the secret, in the bytes that were searched.
        length: of it.
        published: see `Format`.
        shown: the first letters that may be shown.
    """

    format: Format
    start: int
    length: int
    published: str
    shown: str


def found_in(
    data: bytes | bytearray, start: int = 0, end: int | None = None, until: int | None = None
) -> Iterator[Found]:
    """Find all forms that begin in a part of some bytes, in no order.

    Args:
        data: is searched.
        start: where the part begins; what stands before may be looked at.
        end: where the data ends; None is its length.
        until: where the part ends, if that is earlier: a form's literal begins before.
    """
    stop = len(data) if end is None else end
    last = stop if until is None else until
    for gate in _GATES:
        for hit in gate.finditer(data, start, stop):
            if hit.start() >= last:
                break
            if (found := _found_at(data, hit, stop)) is not None:
                yield found


def _found_at(data: bytes | bytearray, hit: Match, stop: int) -> Found | None:
    for form in _BY_LITERAL[hit[0]]:
        at = hit.start() - form.lead
        match = form.pattern.match(data, at, stop) if at >= 0 else None
        if match is None or not form.holds(match):
            continue
        secret = secret_of(match)
        begin = match.start("secret") if "secret" in match.re.groupindex else match.start()
        shown = secret[: form.letters].decode("ascii", "replace")
        return Found(form, begin, len(secret), form.published(match), shown)
    return None


def shapes_in(data: bytes) -> Iterator[tuple[Format, int, int]]:
    """Give what has the shape of a secret, whatever its checksum says: the form, start and end.

    Of a key that is where it ends, not where its matched beginning does.
    """
    for gate in _GATES:
        for hit in gate.finditer(data):
            for form in _BY_LITERAL[hit[0]]:
                at = hit.start() - form.lead
                match = form.pattern.match(data, at) if at >= 0 else None
                if match is None:
                    continue
                group = "secret" if "secret" in match.re.groupindex else 0
                end = match.end(group)
                if form.ends is not None and (ending := form.ends.search(data, end)) is not None:
                    end = ending.end()
                yield form, match.start(group), end


def spans(text: str) -> list[tuple[int, int]]:
    """Give where a text has what has the shape of a secret, in order.

    >>> spans("x " + "AKIA" + "IOSFODNN7EXAMPLE"), spans("plain text")
    ([(2, 22)], [])
    """
    # One byte a character: places in the bytes are places in the text. No form has others.
    data = text.encode("latin-1", "replace")
    return sorted((start, end) for _, start, end in shapes_in(data))


def _by_literal() -> dict[bytes, tuple[Format, ...]]:
    found: dict[bytes, tuple[Format, ...]] = {}
    for form in FORMATS:
        for literal in form.literals:
            found[literal] = (*found.get(literal, ()), form)
    return found


def _gates() -> tuple[re.Pattern[bytes], ...]:
    """Make one pattern for all literals with the same first byte.

    The regular expressions' engine looks for a pattern's fixed beginning with memchr; for a choice
    between beginnings it looks at each byte, which takes ten times as long.
    """
    groups: dict[bytes, list[bytes]] = {}
    for literal in _BY_LITERAL:
        groups.setdefault(literal[:1], []).append(literal)
    return tuple(re.compile(b"|".join(map(re.escape, group))) for group in groups.values())


_BY_LITERAL = _by_literal()
_GATES = _gates()
