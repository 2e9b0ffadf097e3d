"""The part of a tar that is in memory: all of a buffer, or a stream's chunks one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from careen.image.tar.faults import TarFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.image.read.background_digest import BackgroundDigest
    from careen.image.read.background_fill import BackgroundFill

# A multiple of a tar's blocks: no header stands in two chunks.
CHUNK_BYTES = 1 << 20
_SLICE_BYTES = 16 << 20


class Source(Protocol):
    """What a stream is read from."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill a buffer or a part of it, and give the number of bytes; 0 at the end."""
        ...


class Window:
    """A tar that is in memory as a whole.

    Attributes:
        view: the bytes that are in memory.
        position: of the next byte to be read, in them.
        base: the offset of their first byte in the tar.
    """

    __slots__ = ("base", "position", "view")

    def __init__(self, view: memoryview) -> None:
        self.view = view
        self.position = 0
        self.base = 0

    @property
    def offset(self) -> int:
        """Of the next byte to be read, in the tar."""
        return self.base + self.position

    def more(self) -> bool:
        """Go on to the next chunk once this one is read; False at the tar's end."""
        return False

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Read bytes without copying them.

        Raises:
            TarFault: the tar has fewer.
        """
        while size:
            have = len(self.view) - self.position
            if not have:
                if not self.more():
                    raise TarFault(f"the data ends {size} bytes too early")
                continue
            piece = self.view[self.position : self.position + size]
            self.position += len(piece)
            size -= len(piece)
            yield piece

    def take(self, size: int) -> bytes:
        """Read a few bytes; likewise. What is declared only is never allocated."""
        return b"".join(self.pieces(size))

    def skip(self, size: int) -> None:
        """Leave bytes out; likewise."""
        if self.position + size <= len(self.view):
            self.position += size
            return
        for _ in self.pieces(size):
            pass

    def drain(self) -> int:
        """Read the rest, and give the tar's length."""
        self.position = len(self.view)
        while self.more():
            self.position = len(self.view)
        return self.offset


class StreamWindow(Window):
    """A tar that comes in chunks.

    Args:
        source: of the uncompressed tar.
        most_bytes: more is a fault.
        digest: is fed all that is read.
        fill: reads *source* ahead; without a digest only.
    """

    __slots__ = ("_buffers", "_digest", "_ended", "_fill", "_most_bytes", "_number", "_source")

    def __init__(
        self,
        source: Source,
        most_bytes: int,
        digest: BackgroundDigest | None = None,
        fill: BackgroundFill | None = None,
    ) -> None:
        super().__init__(memoryview(b""))
        self._source = source
        self._fill = fill
        self._most_bytes = most_bytes
        self._digest = digest
        # With a digest one buffer is filled while others wait for it.
        count = 3 if digest else 0 if fill else 1
        self._buffers = [memoryview(bytearray(CHUNK_BYTES)) for _ in range(count)]
        self._number = 0
        self._ended = False

    def more(self) -> bool:
        """Read the next chunk: a whole one, but for the last."""
        if self._ended:
            return False
        before = len(self.view)
        view = self._inline() if self._fill is None else self._fill.next()
        self._ended = len(view) < CHUNK_BYTES
        self.base += before
        self.position = 0
        self.view = view
        if self.base + len(view) > self._most_bytes:
            raise TarFault(f"it has more than {self._most_bytes} bytes (limit most_unpacked_bytes)")
        if self._digest is not None:
            self._digest.feed(view)
        return len(view) > 0

    def _inline(self) -> memoryview:
        if self._digest is not None and self._number >= len(self._buffers):
            self._digest.wait_for_one()
        buffer = self._buffers[self._number % len(self._buffers)]
        self._number += 1
        filled = 0
        while filled < CHUNK_BYTES:
            count = self._source.readinto(buffer[filled:])
            if not count:
                break
            filled += count
        return buffer[:filled]


def buffer_window(
    data: memoryview, most_bytes: int, digest: BackgroundDigest | None = None
) -> Window:
    """Make the window of a whole tar; likewise."""
    if len(data) > most_bytes:
        raise TarFault(f"it has more than {most_bytes} bytes (limit most_unpacked_bytes)")
    if digest is not None:
        for start in range(0, len(data), _SLICE_BYTES):
            digest.feed(data[start : start + _SLICE_BYTES])
    return Window(data)
