"""Follows the frames of zstd data without decompressing it: does it end where a frame ends?

libzstd's streaming interface, as Python has it, takes data that is cut off for data that ends.
Source: RFC 8878, sections 3.1.1 and 3.1.2.
"""

from __future__ import annotations

from careen.errors import ArchiveError
from careen.image.tar.faults import DigestNeeded

_MAGIC = b"\x28\xb5\x2f\xfd"
_FIRST_SKIPPABLE = 0x184D2A50
_MOST_HEADER_BYTES = 18
_RLE, _RESERVED = 1, 3


class FrameFollower:
    """Is fed the compressed bytes, in pieces of any size.

    Args:
        checksums: whether each frame has to have a checksum, which libzstd compares.
    """

    def __init__(self, *, checksums: bool = False) -> None:
        self._checksums = checksums
        self._rest = b""
        self._skip = 0
        # What comes next: None is a frame, else a block of a frame with or without a checksum.
        self._checksum: bool | None = None

    def feed(self, data: memoryview) -> None:
        """Follow more of the data.

        Raises:
            ArchiveError: what follows a frame is none.
            DigestNeeded: a frame has no checksum, and is to have one.
        """
        position = 0
        while position < len(data):
            if self._skip:
                step = min(self._skip, len(data) - position)
                self._skip -= step
                position += step
                continue
            # Headers are short; only what is left of one at the end of a piece is kept.
            head = self._rest + bytes(data[position : position + _MOST_HEADER_BYTES])
            length = self._header(head) if self._checksum is None else self._block(head)
            if not length:
                self._rest = head
                return
            position += length - len(self._rest)
            self._rest = b""

    def finish(self) -> None:
        """Check that the data ends with a frame.

        Raises:
            ArchiveError: it is cut off.
        """
        if self._rest or self._skip or self._checksum is not None:
            raise ArchiveError("the zstd data is cut off")

    def _header(self, head: bytes) -> int:
        """Read a frame's header and give its length; 0 where more bytes are needed."""
        if len(head) < 5:  # noqa: PLR2004 - a magic number and one byte more
            return 0
        number = int.from_bytes(head[:4], "little")
        if number & ~0xF == _FIRST_SKIPPABLE:
            if len(head) < 8:  # noqa: PLR2004 - a magic number and a length
                return 0
            self._skip = int.from_bytes(head[4:8], "little")
            return 8
        if head[:4] != _MAGIC:
            raise ArchiveError("what follows a zstd frame is none")
        descriptor = head[4]
        single = descriptor >> 5 & 1
        length = 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3]
        length += (single, 2, 4, 8)[descriptor >> 6]
        if len(head) < length:
            return 0
        self._checksum = bool(descriptor & 4)
        if self._checksums and not self._checksum:
            raise DigestNeeded
        return length

    def _block(self, head: bytes) -> int:
        """Read a block's header and give its length; likewise."""
        if len(head) < 3:  # noqa: PLR2004 - a block's header
            return 0
        number = int.from_bytes(head[:3], "little")
        kind, size = number >> 1 & 3, number >> 3
        if kind == _RESERVED:
            raise ArchiveError("the zstd data is corrupt: a block of the reserved type")
        self._skip = 1 if kind == _RLE else size
        if number & 1:
            self._skip += 4 if self._checksum else 0
            self._checksum = None
        return 3
