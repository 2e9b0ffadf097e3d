"""Decompresses layers: gzip, also of many members as estargz has them, and zstd.

An estargz layer is a gzip like any other here. Its own entries (`stargz.index.json`,
`.prefetch.landmark`, `.no.prefetch.landmark`) are files of the image, since every engine unpacks
them but one that has the stargz snapshotter.
"""

from __future__ import annotations

import io
import zlib
from gzip import BadGzipFile
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol, cast

from isal import isal_zlib

from careen.errors import ArchiveError
from careen.image.read.zstd_frames import FrameFollower
from careen.image.tar.headers import BLOCK_BYTES, is_header
from careen.image.tar.limits import Limits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from careen.image.tar.window import Source

Kind = Literal["none", "gzip", "zstd"]

_KNOWN: dict[bytes, Kind] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
# A skippable frame, which may be the first of zstd data: 0x184D2A50 to 0x184D2A5F.
_SKIPPABLE = b"\x2a\x4d\x18"
_UNREAD = {
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x5d\0\0": "lzma",
    b"PK\x03\x04": "a zip archive",
}
_READ_BYTES = 256 << 10


def kind_of(head: bytes) -> Kind:
    """Tell how a layer is compressed.

    Args:
        head: its first 512 bytes; all of it where it is shorter.

    >>> kind_of(bytes(512))
    'none'

    Raises:
        ArchiveError: it is neither a tar nor gzip nor zstd.
    """
    block = head[:BLOCK_BYTES]
    # A tar's first name may begin like anything.
    if is_header(block):
        return "none"
    for magic, kind in _KNOWN.items():
        if head.startswith(magic):
            return kind
    if head[1:4] == _SKIPPABLE and head[0] >> 4 == 5:  # noqa: PLR2004 - see above
        return "zstd"
    # A header whose checksum is wrong is the tar reader's to describe.
    if block[257:262] == b"ustar" or (len(block) == BLOCK_BYTES and not any(block)):
        return "none"
    for magic, name in _UNREAD.items():
        if head.startswith(magic):
            raise ArchiveError(f"a layer is compressed with {name}; careen reads gzip and zstd")
    if not head:
        raise ArchiveError("a layer is empty")
    raise ArchiveError(
        f"a layer is neither a tar nor gzip nor zstd: it begins with the bytes {head[:8].hex(' ')}"
    )


class Decompressed(Protocol):
    """An uncompressed stream."""

    @property
    def compressed_bytes(self) -> int:
        """The bytes read from the source so far; at the end, all of them."""
        ...

    def read(self, size: int = -1, /) -> bytes | None:
        """Read up to some bytes; b"" at the end."""
        ...

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill a buffer or a part of it; 0 at the end."""
        ...


def decompressed(
    source: Source, kind: Kind, limits: Limits | None = None, *, checksums: bool = False
) -> Decompressed:
    """Give a source's uncompressed bytes as a stream, whose memory is bounded.

    Reading raises ArchiveError where the data is cut off, corrupt (its checksums are checked) or
    has more bytes than `Limits.most_unpacked_bytes`; where *checksums* are to be there, and a zstd
    frame has none, `DigestNeeded`. Each member of a gzip has one.
    """
    limits = limits or Limits()
    if kind == "gzip":
        return _Gzip(source, limits)
    if kind == "zstd":
        return _Zstd(source, limits, FrameFollower(checksums=checksums))
    return _Plain(source, limits)


class _Counted(io.RawIOBase):
    """Counts what is read, and lets somebody follow it."""

    def __init__(self, source: Source, follower: FrameFollower | None = None) -> None:
        self._source = source
        self._follower = follower
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        count = self._source.readinto(view) or 0
        self.count += count
        if self._follower is not None:
            if count:
                self._follower.feed(view[:count])
            elif len(view):
                self._follower.finish()
        return count


class _Stream(io.RawIOBase):
    """What the three have in common: the limit."""

    def __init__(self, source: _Counted, limits: Limits) -> None:
        self._source = source
        self._most_bytes = limits.most_unpacked_bytes
        self._bytes = 0

    @property
    def compressed_bytes(self) -> int:
        return self._source.count

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        count = self._fill(memoryview(buffer).cast("B"))
        self._bytes += count
        if self._bytes > self._most_bytes:
            raise ArchiveError(
                f"a layer has more than {self._most_bytes} bytes (limit most_unpacked_bytes)"
            )
        return count

    def _fill(self, view: memoryview) -> int:
        raise NotImplementedError


class _Plain(_Stream):
    def __init__(self, source: Source, limits: Limits) -> None:
        super().__init__(_Counted(source), limits)

    def _fill(self, view: memoryview) -> int:
        return self._source.readinto(view)


class _Gzip(_Stream):
    def __init__(self, source: Source, limits: Limits) -> None:
        from isal.igzip import IGzipFile  # noqa: PLC0415 - slow to import, not always needed

        super().__init__(_Counted(source), limits)
        corrupt = cast("type[Exception]", isal_zlib.IsalError)
        self._errors = (BadGzipFile, zlib.error, corrupt)
        self._plain: io.BufferedIOBase = cast("Any", IGzipFile)(fileobj=self._source, mode="rb")

    def _fill(self, view: memoryview) -> int:
        try:
            count = self._plain.readinto(view)
        except EOFError:
            raise ArchiveError("the gzip data is cut off") from None
        except self._errors as error:
            raise ArchiveError(f"the gzip data is corrupt: {error}") from None
        if not count and view and not self._bytes and not self._source.count:
            raise ArchiveError("the gzip data is empty")
        return count


class _Zstd(_Stream):
    def __init__(self, source: Source, limits: Limits, follower: FrameFollower) -> None:
        import zstandard  # noqa: PLC0415 - likewise

        super().__init__(_Counted(source, follower), limits)
        self._error = zstandard.ZstdError
        self._plain = zstandard.ZstdDecompressor(
            max_window_size=limits.most_window_bytes
        ).stream_reader(
            cast("IO[bytes]", self._source), read_size=_READ_BYTES, read_across_frames=True
        )

    def _fill(self, view: memoryview) -> int:
        try:
            count = self._plain.readinto(view)
        except self._error as error:
            raise ArchiveError(f"the zstd data is corrupt: {error}") from None
        if not count and view and not self._source.count:
            raise ArchiveError("the zstd data is empty")
        return count
