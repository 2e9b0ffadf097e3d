"""Debian's order of versions. Source: deb-version(7), "Sorting algorithm"."""

from __future__ import annotations

import re
from functools import cmp_to_key
from itertools import zip_longest

_PARTS = re.compile(r"(\D*)(\d*)")


def compare(one: str, other: str) -> int:
    """Give a number below, equal to or above 0 as *one* is older than, as old as or newer.

    >>> compare("1.0~rc1-1", "1.0-1") < 0, compare("1:1", "2") > 0, compare("1.0-1", "1.0-1")
    (True, True, 0)
    """
    left, right = _split(one), _split(other)
    if left[0] != right[0]:
        return -1 if left[0] < right[0] else 1
    return _order(left[1], right[1]) or _order(left[2], right[2])


key = cmp_to_key(compare)


def _split(version: str) -> tuple[int, str, str]:
    """Give epoch, upstream version and revision; no revision is the revision 0."""
    epoch, colon, rest = version.strip().partition(":")
    if not colon or not epoch.isdigit():
        epoch, rest = "0", version.strip()
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "0")
    return int(epoch), upstream, revision


def _order(one: str, other: str) -> int:
    """Compare by turns what is no digit, letter by letter, and numbers."""
    for (left, left_number), (right, right_number) in zip_longest(
        _PARTS.findall(one), _PARTS.findall(other), fillvalue=("", "")
    ):
        for a, b in zip_longest(map(_weight, left), map(_weight, right), fillvalue=0):
            if a != b:
                return -1 if a < b else 1
        difference = int(left_number or 0) - int(right_number or 0)
        if difference:
            return -1 if difference < 0 else 1
    return 0


def _weight(letter: str) -> int:
    """A tilde sorts before the end (0), letters before all else."""
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 256
