"""Walks over a tar's members: what all the headers before a member's data say together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from careen.image.layer import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    FIFO,
    FILE,
    FOLDER,
    HARD_LINK,
    SYMLINK,
)
from careen.image.tar import sparse
from careen.image.tar.faults import DigestNeeded, TarFault
from careen.image.tar.headers import (
    BLOCK_BYTES,
    EMPTY_SUM,
    FIELDS,
    PARTS,
    byte_sum,
    checksum_holds,
    octal,
    prefix,
    text,
)
from careen.image.tar.paths import PathCleaner, decoded
from careen.image.tar.pax import Records, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.image.tar.limits import Limits
    from careen.image.tar.window import Window

_KINDS = {
    b"1": HARD_LINK,
    b"2": SYMLINK,
    b"3": CHARACTER_DEVICE,
    b"4": BLOCK_DEVICE,
    b"5": FOLDER,
    b"6": FIFO,
    b"D": FOLDER,
}
_PLAIN = frozenset({b"0", b"5"})
_OF_NEXT = frozenset({b"L", b"K", b"x", b"X", b"g"})
_UNREADABLE = {
    b"M": "it is a part of an archive of several volumes",
    b"N": "it has a list of names of a GNU tar before 1.11",
}
_MOST_CACHED = 1 << 14
# Quicker than the class's own construction by a third of a microsecond.
_header = tuple.__new__


class Header(NamedTuple):
    """What the headers of one member say; the fields are those of `Entry`.

    Attributes:
        xattrs: extended attributes; mostly none.
        sparse: of a sparse file, its map.
    """

    path: str
    kind: str
    size: int
    mode: int
    uid: int
    gid: int
    mtime: int
    link: str
    xattrs: dict[str, bytes] | None = None
    sparse: sparse.Sparse | None = None


class Walk:
    """The members of a tar in order; the window stands at a member's data after its header.

    Attributes:
        window: the tar.
        left: bytes of the member's data that nobody has read yet; who reads some takes them off.
        padding: bytes behind them.
        last: the path of the member before, for a message.
        start: the offset of the header that is being read.

    Args:
        window: the tar.
        limits: beyond them is a fault.
        checksums: whether something else tells of damage; if not, a size that no header's
            checksum covers raises `DigestNeeded`.
    """

    __slots__ = (
        "_checksums",
        "_cleaner",
        "_count",
        "_for_all",
        "_headers_bytes",
        "_limits",
        "_most_entries",
        "_owners",
        "_sums",
        "_times",
        "last",
        "left",
        "padding",
        "start",
        "window",
    )

    def __init__(self, window: Window, limits: Limits, *, checksums: bool = True) -> None:
        self._checksums = checksums
        self.window = window
        self.left = 0
        self.last = ""
        self.start = 0
        self.padding = 0
        self._limits = limits
        self._cleaner = PathCleaner()
        # Few different values of these fields stand in a tar; a look-up is quicker than reading.
        self._owners: dict[bytes, tuple[int, int, int]] = {}
        self._times: dict[bytes, int] = {}
        self._sums: dict[bytes, int] = {}
        self._count = 0
        self._most_entries = limits.most_entries
        self._headers_bytes = 0
        self._for_all: Records | None = None

    def __iter__(self) -> Iterator[Header]:
        """Give each member.

        Raises:
            TarFault: the tar is cut off, corrupt or beyond a limit.
        """
        window, clean = self.window, self._cleaner.clean
        if not len(window.view) and not window.more():
            raise TarFault("it is empty")
        while (position := self._block()) >= 0:
            name, owner, size, mtime, kind, lead = FIELDS.unpack_from(window.view, position)
            if lead == b"\0" and kind in _PLAIN and self._for_all is None:
                # Nine of ten headers: nothing stands in another block or in the prefix.
                path = clean(name.partition(b"\0")[0].decode("utf-8", "surrogateescape"))
                mode, uid, gid = self._owners.get(owner) or self._owner(owner)
                time = self._times.get(mtime)
                if time is None:
                    time = self._time(mtime)
                if kind == b"0":
                    if not path:
                        raise TarFault("a file has no name")
                    self.left = length = _size(size)
                    self.padding = -length % BLOCK_BYTES
                    header = _header(
                        Header, (path, FILE, length, mode, uid, gid, time, "", None, None)
                    )
                else:
                    header = _header(
                        Header, (path, FOLDER, 0, mode, uid, gid, time, "", None, None)
                    )
            else:
                full = self._full(bytes(window.view[position : window.position]))
                if full is None:
                    continue
                header = full
            yield header
            self.last = header.path

    def _block(self) -> int:
        """Find a header's block behind the member before: its position; -1 at the end."""
        window = self.window
        if self.left or self.padding:
            window.skip(self.left + self.padding)
            self.left = self.padding = 0
        if len(window.view) - window.position < BLOCK_BYTES and not self._more():
            return -1
        position = window.position
        self.start = window.base + position
        window.position = position + BLOCK_BYTES
        first, field, second, third = PARTS.unpack_from(window.view, position)
        total = byte_sum(first, second, third)
        if self._sums.get(field) != total and not self._new_sum(field, total, position):
            self._check_end()
            return -1
        self._count += 1
        if self._count > self._most_entries:
            raise TarFault(f"it has more than {self._most_entries} entries (limit most_entries)")
        return position

    def _new_sum(self, field: bytes, total: int, position: int) -> bool:
        """Check a header's checksum that was not met before; False for a block of zeros."""
        if total == EMPTY_SUM and not field.strip(b"\0"):
            return False
        if not checksum_holds(self.window.view[position : position + BLOCK_BYTES], total):
            raise TarFault("a header's checksum is wrong")
        if len(self._sums) >= _MOST_CACHED:
            self._sums.clear()
        # A sum of signed bytes holds for this header alone.
        if octal(field) == total:
            self._sums[field] = total
        return True

    def some(self, most: int) -> memoryview:
        """Read up to some bytes of the member's data; none at its end.

        Raises:
            TarFault: the tar ends before.
        """
        window = self.window
        size = min(most, self.left)
        if size and window.position == len(window.view) and not window.more():
            raise TarFault(f"the data ends {self.left} bytes too early")
        piece = window.view[window.position : window.position + size]
        window.position += len(piece)
        self.left -= len(piece)
        return piece

    def check_data(self) -> None:
        """Check that the member's data is there, in a tar that is in memory as a whole.

        Raises:
            TarFault: it is not.
        """
        lacking = self.window.position + self.left - len(self.window.view)
        if lacking > 0:
            raise TarFault(f"the data ends {lacking} bytes too early")

    def _more(self) -> bool:
        """Go on to the next chunk, at a header's place; False where the tar ends there."""
        window = self.window
        if window.position < len(window.view) or (window.more() and len(window.view) < BLOCK_BYTES):
            raise TarFault("the data ends within a header")
        return window.position < len(window.view)

    def _check_end(self) -> None:
        """Check what follows the first block of zeros: another one, or nothing."""
        window = self.window
        if window.position == len(window.view):
            window.more()
        block = bytes(window.view[window.position : window.position + BLOCK_BYTES])
        if block.strip(b"\0"):
            raise TarFault("a block of zeros stands where a header is due")

    def _owner(self, fields: bytes) -> tuple[int, int, int]:
        """Read mode, uid and gid: few different ones stand in a tar, so they are kept."""
        if len(self._owners) >= _MOST_CACHED:
            self._owners.clear()
        owner = octal(fields[:8]) & 0o7777, octal(fields[8:16]), octal(fields[16:])
        self._owners[fields] = owner
        return owner

    def _time(self, field: bytes) -> int:
        if len(self._times) >= _MOST_CACHED:
            self._times.clear()
        self._times[field] = time = octal(field)
        return time

    def _full(self, block: bytes) -> Header | None:
        """Read a member of any type; None for what is no member."""
        if block[156:157] == b"g":
            body = self._body(block)
            self._for_all = records(body, self._for_all, for_all=True)
            self._count += len(self._for_all.xattrs)
            return None
        said: dict[bytes, bytes] = {}
        while (kind := block[156:157]) in _OF_NEXT:
            key = b"x" if kind == b"X" else kind
            if key == b"g" or key in said:
                raise TarFault("the headers before a member are in disorder")
            said[key] = self._body(block)
            block = self._next()
        if kind in _UNREADABLE:
            raise TarFault(_UNREADABLE[kind])
        pax = records(said.get(b"x", b""), self._for_all)
        if not self._checksums and (
            pax.size is not None or pax.sparse or pax.segments or kind == b"S"
        ):
            raise DigestNeeded
        # An attribute takes as much memory as an entry, and one of all members does in each.
        self._count += len(pax.xattrs)
        if kind == b"V":
            self._data(pax, block)
            return None
        return self._member(kind, block, said, pax)

    def _next(self) -> bytes:
        """Read the header that another one is about."""
        position = self._block()
        if position < 0:
            raise TarFault("the tar ends where a member's header is due")
        return bytes(self.window.view[position : self.window.position])

    def _body(self, block: bytes) -> bytes:
        """Read what a long name's or a PAX header holds."""
        size = _size(block[124:136])
        most = self._limits.most_header_bytes
        if size > most:
            raise TarFault(f"a header is longer than {most} bytes (limit most_header_bytes)")
        self._headers_bytes += size
        most = self._limits.most_headers_bytes
        if self._headers_bytes > most:
            raise TarFault(f"its headers have over {most} bytes (limit most_headers_bytes)")
        body = self.window.take(size)
        self.window.skip(-size % BLOCK_BYTES)
        return body

    def _data(self, pax: Records, block: bytes) -> int:
        """Note how much data a member has."""
        stored = _size(block[124:136]) if pax.size is None else pax.size
        self.left, self.padding = stored, -stored % BLOCK_BYTES
        return stored

    def _member(self, kind: bytes, block: bytes, said: dict[bytes, bytes], pax: Records) -> Header:
        name = _one(_long(said, b"L"), pax.path) or text(block[:100])
        if pax.path is None and b"L" not in said and kind != b"S" and (start := prefix(block)):
            name = start + b"/" + name
        # Before POSIX, a folder was a file whose name ends in a slash.
        letter = FOLDER if kind == b"\0" and name.endswith(b"/") else _KINDS.get(kind, FILE)
        size, parts = 0, None
        if letter == FILE:
            size = self._data(pax, block)
            parts = self._sparse(kind, block, pax)
            if parts is not None:
                size = parts.size
                name = pax.sparse.get(b"name", name)
        elif pax.sparse or pax.segments:
            raise TarFault("what is no file has the map of a sparse one")
        elif kind == b"D":
            self._data(pax, block)
        path = self._cleaner.clean(self._name(name))
        if not path and letter != FOLDER:
            raise TarFault("a member has no name")
        mode, uid, gid = self._owners.get(block[100:124]) or self._owner(block[100:124])
        return Header(
            path,
            letter,
            size,
            mode,
            uid if pax.uid is None else pax.uid,
            gid if pax.gid is None else pax.gid,
            octal(block[136:148]) if pax.mtime is None else pax.mtime,
            self._link(letter, _one(_long(said, b"K"), pax.linkpath) or text(block[157:257])),
            pax.xattrs or None,
            parts,
        )

    def _sparse(self, kind: bytes, block: bytes, pax: Records) -> sparse.Sparse | None:
        most, take = self._limits.most_header_bytes, self.window.take
        parts = None
        said = bool(pax.sparse or pax.segments)
        if kind == b"S" and said:
            raise TarFault("a sparse file has two maps")
        if kind == b"S":
            parts = sparse.old_gnu(block, take, most)
        elif said:
            parts = sparse.of_records(pax, self.left, take, most)
        if parts is not None:
            self.left -= parts.map_bytes
            if self.left != parts.stored_bytes:
                raise TarFault("the map of a sparse file does not fit its stored bytes")
        return parts

    def _link(self, letter: str, target: bytes) -> str:
        if letter == SYMLINK:
            return self._name(target)
        if letter != HARD_LINK:
            return ""
        link = self._cleaner.clean(self._name(target))
        if not link:
            raise TarFault("a hard link has no target")
        return link

    def _name(self, name: bytes) -> str:
        most = self._limits.most_path_bytes
        if len(name) > most:
            raise TarFault(f"a path is longer than {most} bytes (limit most_path_bytes)")
        return decoded(name)


def _size(field: bytes) -> int:
    size = octal(field)
    if size < 0:
        raise TarFault(f"a member has the size {size}")
    return size


def _long(said: dict[bytes, bytes], key: bytes) -> bytes | None:
    if key not in said:
        return None
    if not (name := text(said[key])):
        raise TarFault("a long name is empty")
    return name


def _one(long: bytes | None, of_record: bytes | None) -> bytes | None:
    """Give the name that GNU's or POSIX's way says; readers disagree on which of two holds."""
    if long is not None and of_record is not None and long != of_record:
        raise TarFault("two headers give one member different names")
    return of_record if long is None else long
