"""Searches one file's contents for secrets, a piece at a time; none of their text leaves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.image.secrets.files import rules_of
from careen.image.secrets.formats import BEFORE_BYTES, LONGEST_BYTES
from careen.image.secrets.search import found_in
from careen.scan.secrets.exclusions import why_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.image.secrets.files import FileRule
    from careen.image.tar.window import Source

# Of a piece of a file that is searched at a time. Most files are smaller; of a larger one the
# pieces overlap, so that nothing is missed where two of them meet.
PIECE_BYTES = 8 << 20
# Of one rule in one file; a list of a thousand tokens is one finding to deal with.
MOST_HITS = 100
_HEAD_BYTES = 8192


@dataclass(frozen=True)
class Hit:
    """A secret in a file of a layer, or what only looks like one.

    Attributes:
        rule: as `Secret.rule`, and so on.
        aside: why it is no secret; "" for one.
    """

    rule: str
    title: str
    path: str
    line: int | None
    masked: str
    aside: str = ""


def masked(letters: str, length: int) -> str:
    """Say what may be said of a secret.

    >>> masked("AKIA", 20), masked("", 12)
    ('AKIA... (20 characters)', '(12 characters)')
    """
    return f"{letters}... ({length} characters)" if letters else f"({length} characters)"


class Searcher:
    """Searches files one after the other, in one piece of memory.

    Args:
        piece_bytes: of it.
    """

    def __init__(self, piece_bytes: int = PIECE_BYTES) -> None:
        if piece_bytes <= LONGEST_BYTES + BEFORE_BYTES:
            raise ValueError("a piece has to be longer than the longest secret")
        self._data = bytearray(piece_bytes)

    def search(self, path: str, contents: Source) -> list[Hit]:
        """Find the secrets in a file, in their order.

        Args:
            path: of the file, as `Entry.path`.
            contents: is read to its end.

        Raises:
            ArchiveError: it cannot be read.
        """
        found: dict[tuple[str, int | None], tuple[int, Hit]] = {}
        rules = rules_of(path)
        for piece in self._pieces(contents):
            for at, hit in _hits(path, rules, piece):
                key = (hit.rule, hit.line)
                if key not in found or (found[key][1].aside and not hit.aside):
                    found[key] = (at, hit)
        return _at_most(hit for _, hit in sorted(found.values(), key=lambda each: each[0]))

    def _pieces(self, contents: Source) -> Iterator[_Piece]:
        view, filled, start, offset, lines = memoryview(self._data), 0, 0, 0, 0
        binary: bool | None = None
        while True:
            ended = False
            while filled < len(view) and not ended:
                count = contents.readinto(view[filled:]) or 0
                filled += count
                ended = not count
            if binary is None:
                binary = b"\0" in self._data[: min(filled, _HEAD_BYTES)]
            until = filled if ended else filled - LONGEST_BYTES
            if until > start or (ended and filled):
                yield _Piece(self._data, start, until, filled, offset, None if binary else lines)
            if ended:
                return
            # The next piece begins with what this one only looked at, and a little before it.
            kept = until - BEFORE_BYTES
            lines += self._data.count(b"\n", 0, kept)
            offset += kept
            self._data[: filled - kept] = self._data[kept:filled]
            filled -= kept
            start = BEFORE_BYTES


@dataclass(frozen=True)
class _Piece:
    """A part of a file in memory.

    Attributes:
        data: holds it, and rests of others behind it.
        start: where secrets of this piece begin.
        until: where those of the next one begin.
        filled: where it ends.
        offset: of data's first byte in the file.
        lines: before it in the file; None where the file has none.
    """

    data: bytearray
    start: int
    until: int
    filled: int
    offset: int
    lines: int | None

    def line(self, at: int) -> int | None:
        """Give the line that a place is in."""
        if self.lines is None:
            return None
        return self.lines + self.data.count(b"\n", 0, at) + 1


def _hits(path: str, rules: tuple[FileRule, ...], piece: _Piece) -> Iterator[tuple[int, Hit]]:
    for found in found_in(piece.data, piece.start, piece.filled, piece.until):
        rule, title = named_by_path(found.format.id, found.format.title, path)
        aside = found.published or why_none(rule, path)
        text = "" if found.format.is_key else masked(found.shown, found.length)
        line = piece.line(found.start)
        yield piece.offset + found.start, Hit(rule, title, path, line, text, aside)
    for rule_ in rules:
        for match in rule_.pattern.finditer(piece.data, piece.start, piece.filled):
            if match.start() >= piece.until:
                break
            if not rule_.holds(match):
                continue
            at = match.start("secret")
            line = None if rule_.whole else piece.line(at)
            text = "" if rule_.whole else masked("", match.end("secret") - at)
            aside = why_none(rule_.id, path)
            yield piece.offset + at, Hit(rule_.id, rule_.title, path, line, text, aside)


def _at_most(hits: Iterator[Hit]) -> list[Hit]:
    counts: dict[str, int] = {}
    found = []
    for hit in hits:
        counts[hit.rule] = counts.get(hit.rule, 0) + 1
        if counts[hit.rule] <= MOST_HITS:
            found.append(hit)
    return found


_KEYS_BY_PATH = (
    (re.compile(r"(?:^|/)ssh_host_[a-z0-9]+_key\Z"), "ssh-host-key", "an SSH host's private key"),
    (re.compile(r"(?:^|/)\.ssh/[^/]+\Z"), "ssh-user-key", "an SSH user's private key"),
)
_KEYS = frozenset({"private-key", "encrypted-private-key"})


def named_by_path(rule: str, title: str, path: str) -> tuple[str, str]:
    """Give the rule and the title of a key, which a path may say more about.

    >>> named_by_path("private-key", "a private key", "etc/ssh/ssh_host_rsa_key")
    ('ssh-host-key', "an SSH host's private key")
    """
    if rule in _KEYS:
        for pattern, own, own_title in _KEYS_BY_PATH:
            if pattern.search(path):
                locked = ", encrypted with a passphrase" if rule == "encrypted-private-key" else ""
                return own, own_title + locked
    return rule, title
