"""What gzip would make of a layer: exact where it is small, near the truth where it is large."""

from __future__ import annotations

import gzip
import io
import random
import zlib

import pytest

from careen.image.read import gzip_estimate
from careen.image.read.gzip_estimate import GzipEstimate

DICE = random.Random(5)  # noqa: S311 - the same bytes each time
WORDS = [DICE.randbytes(DICE.randrange(2, 12)) for _ in range(3000)]


def text(size: int, noise: float) -> bytes:
    parts, length = [], 0
    while length < size:
        part = (
            DICE.randbytes(4000) if DICE.random() < noise else b" ".join(DICE.choices(WORDS, k=600))
        )
        parts.append(part)
        length += len(part)
    return b"".join(parts)[:size]


def estimate(data: bytes, step: int, *, exact: bool = False) -> int:
    stream = GzipEstimate(io.BytesIO(data), exact=exact)
    buffer = memoryview(bytearray(step))
    while stream.readinto(buffer):
        pass
    return stream.bytes()


@pytest.mark.parametrize("size", [0, 1, 1000, 512 << 10])
def test_a_small_one_is_exact(size: int) -> None:
    data = text(size, 0.2)
    assert estimate(data, 10_000) == len(gzip.compress(data, 6))


def test_exact_means_all_of_it() -> None:
    data = text(2 << 20, 0.2)
    assert estimate(data, 100_000, exact=True) == len(gzip.compress(data, 6))


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_a_large_one_is_near_whatever_the_pieces_are_read_in(
    noise: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gzip_estimate, "_FIRST", 3)
    monkeypatch.setattr(gzip_estimate, "_EVERY", 2)
    # Pieces are not the same ones again and again: no multiple of this is one of 8 MiB.
    data = text(1_000_003, noise) * 90
    found = estimate(data, 1 << 20)
    # The repetitions are further apart than gzip looks back.
    right = len(zlib.compress(data[:1_000_003], 6)) * 90
    assert abs(found / right - 1) < 0.06  # of eleven pieces
    assert estimate(data, 777_777) == found
