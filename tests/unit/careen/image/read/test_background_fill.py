"""A stream that a thread reads ahead gives the same bytes, the same errors, and ends."""

from __future__ import annotations

import io
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.errors import ArchiveError
from careen.image.read.background_fill import BUFFERS, BackgroundFill


class Source(io.RawIOBase):
    """Gives bytes in pieces of some sizes, then fails where it is to."""

    def __init__(self, data: bytes, sizes: list[int], error: Exception | None = None) -> None:
        self._data = memoryview(data)
        self._sizes = sizes or [1]
        self._number = 0
        self._error = error

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._data and self._error is not None:
            raise self._error
        most = self._sizes[self._number % len(self._sizes)]
        self._number += 1
        count = min(most, len(buffer), len(self._data))
        buffer[:count] = self._data[:count]
        self._data = self._data[count:]
        return count


def whole(fill: BackgroundFill) -> bytes:
    parts = []
    while view := fill.next():
        parts.append(bytes(view))
    return b"".join(parts)


@given(st.binary(max_size=400), st.lists(st.integers(1, 70), max_size=4), st.integers(1, 64))
def test_the_same_bytes(data: bytes, sizes: list[int], buffer_bytes: int) -> None:
    with BackgroundFill(Source(data, sizes), buffer_bytes) as fill:
        assert whole(fill) == data
        assert not fill.next()
    assert threading.active_count() == 1


@given(st.binary(max_size=400), st.integers(1, 64))
def test_all_but_the_last_buffer_are_full(data: bytes, buffer_bytes: int) -> None:
    with BackgroundFill(Source(data, [7]), buffer_bytes) as fill:
        lengths = []
        while view := fill.next():
            lengths.append(len(view))
    assert all(length == buffer_bytes for length in lengths[:-1])


def test_an_error_comes_where_its_bytes_would_have() -> None:
    source = Source(b"x" * 10, [4], ArchiveError("the gzip data is cut off"))
    with BackgroundFill(source, 4) as fill:
        assert bytes(fill.next()) == b"xxxx"
        assert bytes(fill.next()) == b"xxxx"
        with pytest.raises(ArchiveError, match="cut off"):
            fill.next()
    assert threading.active_count() == 1


def test_who_stops_early_waits_for_nothing() -> None:
    with BackgroundFill(Source(b"x" * 10_000, [10]), 10) as fill:
        fill.next()
    assert threading.active_count() == 1


def test_no_more_is_read_ahead_than_the_buffers_hold() -> None:
    source = Source(b"x" * 10_000, [10])
    with BackgroundFill(source, 10) as fill:
        fill.next()
        deadline = threading.Event()
        deadline.wait(0.2)
        assert len(source._data) >= 10_000 - 10 * BUFFERS
