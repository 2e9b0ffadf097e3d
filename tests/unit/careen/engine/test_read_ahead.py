"""A stream that is read ahead has the same bytes, the same end and the same errors."""

from __future__ import annotations

import io
import threading

import pytest

from careen.engine.read_ahead import CHUNK_BYTES, MOST_CHUNKS, read_ahead


class Counted(io.BytesIO):
    """Counts what was read of it; fails where it is told to."""

    def __init__(self, data: bytes, *, fails: bool = False) -> None:
        super().__init__(data)
        self.reads = 0
        self._fails = fails

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        data = super().read(size)
        if not data and self._fails:
            raise OSError("the connection ended")
        return data


def test_the_bytes_and_the_end_are_the_same() -> None:
    data = bytes(range(256)) * 10_000
    with read_ahead(Counted(data)) as source:
        head = source.read(100) or b""
        rest = b"".join(iter(lambda: source.read(70_000) or b"", b""))
        assert head + rest == data
        assert source.read(1) == b""


def test_an_error_comes_where_its_bytes_would_have_come() -> None:
    with read_ahead(Counted(b"x" * 10, fails=True)) as source:
        assert source.read(10) == b"x" * 10
        with pytest.raises(OSError, match="the connection ended"):
            source.read(1)


def test_no_more_is_fetched_than_may_wait_and_no_thread_is_left() -> None:
    before = threading.active_count()
    stream = Counted(bytes(CHUNK_BYTES * (MOST_CHUNKS + 20)))
    with read_ahead(stream) as source:
        assert source.read(1) == b"\0"
        assert stream.reads <= MOST_CHUNKS + 3
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(10)
    assert threading.active_count() <= before
