"""Reads PAX records: what stands before a member and overrides its header.

Source: POSIX.1-2017, pax, "pax Extended Header".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from careen.image.tar.faults import TarFault
from careen.image.tar.headers import MOST_NUMBER
from careen.image.tar.paths import decoded, shown

if TYPE_CHECKING:
    from collections.abc import Callable

_XATTR = b"SCHILY.xattr."
_SPARSE = b"GNU.sparse."
_LENGTH = re.compile(rb"([0-9]{1,9}) ")
_SECONDS = re.compile(rb"-?[0-9]{1,20}(?:\.[0-9]{0,40})?(?:e[-+]?[0-9]{1,3})?")
_MOST_DIGITS = 20
# Readers disagree on what these say of all members that follow: Go's takes none of them, tarfile
# takes the size without moving on by it.
_OF_ONE_MEMBER = frozenset({b"path", b"linkpath", b"size"})


@dataclass
class Records:
    """What PAX records say; None where they say nothing.

    Attributes:
        path: of the member.
        linkpath: its link's target.
        size: stored bytes.
        mtime: seconds since the epoch, rounded down.
        uid: the owner.
        gid: the owner's group.
        xattrs: extended attributes by name.
        sparse: what follows `GNU.sparse.`, by the rest of the key, but for the two below.
        segments: offset and length of each part of sparse format 0.0, one after the other.
    """

    path: bytes | None = None
    linkpath: bytes | None = None
    size: int | None = None
    mtime: int | None = None
    uid: int | None = None
    gid: int | None = None
    xattrs: dict[str, bytes] = field(default_factory=dict)
    sparse: dict[bytes, bytes] = field(default_factory=dict)
    segments: list[int] = field(default_factory=list)


def records(body: bytes, defaults: Records | None = None, *, for_all: bool = False) -> Records:
    r"""Read the records of one extended header.

    Args:
        body: `<length> <key>=<value>\n` one after the other; length counts all of it.
        defaults: what a global header said.
        for_all: whether this is a global header.

    >>> records(b"12 path=abc\n12 uid=1234\n").uid
    1234

    Raises:
        TarFault: a record's length or value is wrong.
    """
    found = Records()
    if defaults is not None:
        found.mtime, found.uid, found.gid = defaults.mtime, defaults.uid, defaults.gid
        found.xattrs = dict(defaults.xattrs)
    position = 0
    while position < len(body):
        length = _LENGTH.match(body, position)
        end = position + int(length[1]) if length else 0
        if length is None or not length.end() < end <= len(body) or body[end - 1 : end] != b"\n":
            raise TarFault("a PAX record has a wrong length")
        key, equals, value = body[length.end() : end - 1].partition(b"=")
        if not key or not equals:
            raise TarFault("a PAX record has no key")
        if for_all and (key in _OF_ONE_MEMBER or key.startswith(_SPARSE)):
            raise TarFault(f"a PAX header for all members that follow gives {shown(decoded(key))}")
        _take(found, key, value)
        position = end
    return found


def _take(found: Records, key: bytes, value: bytes) -> None:
    if key in {b"path", b"linkpath", b"GNU.sparse.name"} and b"\0" in value:
        raise TarFault("a path in a PAX record has a NUL")
    if key.startswith(_XATTR):
        found.xattrs[decoded(key.removeprefix(_XATTR))] = value
    elif key in {b"GNU.sparse.offset", b"GNU.sparse.numbytes"}:
        if (key == b"GNU.sparse.offset") != (len(found.segments) % 2 == 0):
            raise TarFault("the map of a sparse file is out of order")
        found.segments.append(decimal(value))
    elif key.startswith(_SPARSE):
        found.sparse[key.removeprefix(_SPARSE)] = value
    elif key in _NAMES or key in _NUMBERS:
        # An empty value takes back what was said before, and the header's own holds.
        said = _NUMBERS[key](value) if value and key in _NUMBERS else value or None
        setattr(found, key.decode(), said)


def decimal(value: bytes) -> int:
    """Read a number of a PAX record, zero or above.

    Raises:
        TarFault: it is none, or does not fit 64 bits with a sign.
    """
    if not value.isdigit() or len(value) > _MOST_DIGITS or int(value) > MOST_NUMBER:
        raise TarFault(f"{value[:40]!r} is no number for a PAX record")
    return int(value)


def seconds(value: bytes) -> int:
    """Read a time, rounded down.

    tarfile writes some with an exponent, such as 5.9e-08.

    >>> seconds(b"-1.5"), seconds(b"12.999"), seconds(b"-1e-05")
    (-2, 12, -1)

    Raises:
        TarFault: it is none, or does not fit 64 bits with a sign.
    """
    time = Decimal(value.decode()) if _SECONDS.fullmatch(value) else None
    if time is None or not -MOST_NUMBER <= time <= MOST_NUMBER:
        raise TarFault(f"{value[:40]!r} is no time for a PAX record")
    return int(time.to_integral_value(ROUND_FLOOR))


_NAMES = frozenset({b"path", b"linkpath"})
_NUMBERS: dict[bytes, Callable[[bytes], int]] = {
    b"size": decimal,
    b"mtime": seconds,
    b"uid": decimal,
    b"gid": decimal,
}
