"""Estimates what gzip would make of a layer that is not compressed."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from careen.image.tar.window import Source

# gzip's own default level, in gzip's format: what Docker pushes.
_LEVEL, _GZIP_FORMAT = 6, 31
_EXACT_BYTES = 512 << 10
_SAMPLE_BYTES, _EVERY_BYTES = 32 << 10, 8 << 20


class GzipEstimate(io.RawIOBase):
    """Passes a stream on, and compresses all of it, or pieces of it that are evenly spread.

    A processor compresses some 40 MB a second, which would be most of the time that an analysis
    takes. So a sample is one piece of 32 KiB in 8 MiB, after the first 512 KiB, which are
    compressed as a whole: a layer of up to 512 KiB is exact.

    Args:
        source: the stream.
        exact: compress all of it.
    """

    def __init__(self, source: Source, *, exact: bool) -> None:
        self._source = source
        self._exact = exact
        self._position = 0
        self._samples = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
        self._sampled = [0, 0]
        self._size = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer or a part of it; 0 at the end."""
        view = memoryview(buffer).cast("B")
        count = self._source.readinto(view) or 0
        start, end = self._position, self._position + count
        self._position = end
        if self._exact:
            self._compress(view[:count])
            return count
        while start < end:
            start += self._step(view[count - (end - start) : count], start)
        return count

    def _step(self, view: memoryview, start: int) -> int:
        """Compress or leave out what comes next, and give its length."""
        if start < _EXACT_BYTES:
            piece = view[: _EXACT_BYTES - start]
            self._compress(piece)
            return len(piece)
        within = (start - _EXACT_BYTES) % _EVERY_BYTES
        if within < _SAMPLE_BYTES:
            piece = view[: _SAMPLE_BYTES - within]
            before = self._size
            self._compress(piece)
            self._sampled[0] += len(piece)
            self._sampled[1] += self._size - before
            return len(piece)
        return min(len(view), _EVERY_BYTES - within)

    def _compress(self, piece: memoryview) -> None:
        self._size += len(self._samples.compress(piece))

    def bytes(self) -> int:
        """Give the size, once the stream has been read to its end."""
        before = self._size
        size = before + len(self._samples.flush())
        read, made = self._sampled
        if not read:
            return size
        made += size - before
        rest = self._position - _EXACT_BYTES
        return size - made + made * rest // read
