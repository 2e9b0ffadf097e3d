"""A part of a file as a file: a layer in an archive, read without mapping or moving the whole."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Section(io.RawIOBase):
    """Some bytes of an open file; several sections of one file can be read at the same time.

    It ends where the file ends, should that be earlier.

    Args:
        descriptor: of the file, which stays the caller's to close.
        offset: of the first byte.
        size: the number of bytes.
    """

    def __init__(self, descriptor: int, offset: int, size: int) -> None:
        self._descriptor = descriptor
        self._offset = offset
        self._end = offset + size

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer or a part of it, and give the number of bytes; 0 at the end."""
        view = memoryview(buffer)[: self._end - self._offset]
        count = os.preadv(self._descriptor, [view], self._offset) if view else 0
        self._offset += count
        return count
