"""Fills buffers from a stream in a thread of its own: what is decompressed there is read here.

isal and zstandard let other threads run while they decompress.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from careen.image.tar.window import Source

BUFFERS = 4


class BackgroundFill:
    """Gives a stream's bytes in whole buffers, filled ahead while it is open.

    Args:
        source: gives the bytes; its errors are raised where these would have come.
        buffer_bytes: of each buffer: all but the last are full.
    """

    def __init__(self, source: Source, buffer_bytes: int) -> None:
        self._source = source
        self._free: SimpleQueue[memoryview | None] = SimpleQueue()
        self._filled: SimpleQueue[memoryview | Exception] = SimpleQueue()
        for _ in range(BUFFERS):
            self._free.put(memoryview(bytearray(buffer_bytes)))
        self._given: memoryview | None = None
        self._thread = threading.Thread(target=self._run, name="fill", daemon=True)

    def __enter__(self) -> BackgroundFill:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._free.put(None)
        # What stands before it in the queue is filled for nobody: at most that many buffers.
        self._thread.join()

    def next(self) -> memoryview:
        """Give the next bytes, empty at the end; the buffer given before is filled anew.

        Raises:
            Exception: that of the source.
        """
        if self._given is not None:
            self._free.put(memoryview(self._given.obj))
            self._given = None
        found = self._filled.get()
        if isinstance(found, Exception):
            self._filled.put(found)
            raise found
        if found:
            self._given = found
        else:
            self._filled.put(found)
        return found

    def _run(self) -> None:
        while (buffer := self._free.get()) is not None:
            try:
                filled = 0
                while filled < len(buffer):
                    count = self._source.readinto(buffer[filled:])
                    if not count:
                        break
                    filled += count
            except Exception as error:  # noqa: BLE001 - raised again where its bytes are asked for
                self._filled.put(error)
                return
            self._filled.put(buffer[:filled])
            if filled < len(buffer):
                if filled:
                    self._filled.put(buffer[:0])
                return
