"""Reads a stream ahead of who uses it, so that the other side never waits for us."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING, Protocol

from careen.image.read.chunks import Chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_BYTES = 1 << 20
MOST_CHUNKS = 48


class Readable(Protocol):
    """What is read ahead: `http.client.HTTPResponse` is one."""

    def read(self, size: int, /) -> bytes: ...  # noqa: D102


@contextlib.contextmanager
def read_ahead(source: Readable) -> Iterator[Chunks]:
    """Give a stream whose bytes a thread fetches: at most 48 MB before they are asked for.

    An error of *source* is raised where its bytes would have come.
    """
    fetched: queue.Queue[bytes | Exception] = queue.Queue(MOST_CHUNKS)
    ended = threading.Event()
    thread = threading.Thread(target=_fetch, args=(source, fetched, ended), daemon=True)
    thread.start()
    try:
        yield Chunks(_given(fetched))
    finally:
        ended.set()
        with contextlib.suppress(queue.Empty):  # a thread that waits for room goes on and ends
            while True:
                fetched.get_nowait()


def _fetch(
    source: Readable, fetched: queue.Queue[bytes | Exception], ended: threading.Event
) -> None:
    try:
        while not ended.is_set():
            data = source.read(CHUNK_BYTES)
            fetched.put(data)
            if not data:
                return
    except Exception as error:  # noqa: BLE001 - it is the reader's to handle
        fetched.put(error)


def _given(fetched: queue.Queue[bytes | Exception]) -> Iterator[bytes]:
    while True:
        found = fetched.get()
        if isinstance(found, Exception):
            raise found
        if not found:
            return
        yield found
