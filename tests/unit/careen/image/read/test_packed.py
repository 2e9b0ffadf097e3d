"""A packed layer is the same again; a damaged or hostile one is noticed."""

from __future__ import annotations

import json
import random

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh3_64_digest

from careen.image.layer import Entry, Layer, from_entries
from careen.image.read.packed import MAGIC, DamagedError, pack, unpack

NUMBER = st.integers(-(1 << 63), (1 << 63) - 1)
PATH = st.binary(max_size=20).map(
    lambda data: data.replace(b"\0", b"").decode("utf-8", "surrogateescape")
)
ENTRY = st.builds(
    Entry, PATH, st.sampled_from("fdlhcbp"), st.integers(0, (1 << 63) - 1),
    st.integers(0, 0o7777), NUMBER, NUMBER, NUMBER, PATH, st.integers(0, (1 << 64) - 1),
)  # fmt: skip
DOCUMENTS = st.dictionaries(PATH, st.binary(max_size=30), max_size=4)
LAYER = st.builds(
    from_entries,
    st.lists(ENTRY, max_size=5),
    documents=DOCUMENTS,
    xattrs=st.dictionaries(PATH, DOCUMENTS.filter(bool), max_size=3),
    tar_bytes=st.integers(0, 1 << 40),
    diff_id=st.just("sha256:" + "a" * 64),
)


@given(LAYER, st.integers(0, 1 << 40))
@settings(deadline=None)
def test_it_is_the_same_again(layer: Layer, gzip_bytes: int) -> None:
    assert unpack(pack(layer, gzip_bytes)) == (layer, gzip_bytes)


SMALL = from_entries(
    [Entry("a", "f", 3), Entry("b/c", "l", link="x")],
    documents={"a": b"abc"},
    xattrs={"a": {"user.x": b"1"}},
)


def test_each_flipped_bit_and_each_cut_is_noticed() -> None:
    data = pack(SMALL)
    for place in range(len(data)):
        with pytest.raises(DamagedError):
            unpack(data[:place])
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(DamagedError):
            unpack(bytes(damaged))


def forged(body: bytes) -> bytes:
    frame = zstandard.ZstdCompressor().compress(body)
    return MAGIC + xxh3_64_digest(frame) + frame


def test_a_forged_one_never_does_more_than_not_count() -> None:
    frame = pack(SMALL)[len(MAGIC) + 8 :]
    body = zstandard.ZstdDecompressor().decompress(frame)
    dice = random.Random(5)  # noqa: S311 - a seed that a failure can be repeated with
    refused = 0
    for _ in range(1500):
        damaged = bytearray(body)
        for _ in range(dice.randrange(1, 4)):
            damaged[dice.randrange(len(body))] = dice.randrange(256)
        try:
            found = unpack(forged(bytes(damaged)))
        except DamagedError:
            refused += 1
        else:
            assert len(list(found.layer.entries())) == 2
    assert refused > 500


@pytest.mark.parametrize(
    "change",
    [
        {"entries": -1},
        {"entries": 3},
        {"entries": "x"},
        {"columns": []},
        {"columns": [1 << 62] * 11},
        {"columns": None},
        {"documents": [["a", 99]]},
        {"documents": [[1, 3]]},
        {"documents": []},
        {"xattrs": [["a", [["x", -1]]]]},
        {"xattrs": [[["a"], [["x", 1]]]]},
        {"tar_bytes": -5},
        {"diff_id": None},
        {"gzip_bytes": 1.5},
    ],
)
def test_a_forged_head(change: dict[str, object]) -> None:
    body = zstandard.ZstdDecompressor().decompress(pack(SMALL)[len(MAGIC) + 8 :])
    length = int.from_bytes(body[:8], "little")
    head = json.dumps(json.loads(body[8 : 8 + length]) | change).encode()
    with pytest.raises(DamagedError):
        unpack(forged(len(head).to_bytes(8, "little") + head + body[8 + length :]))


def test_a_frame_of_an_absurd_size() -> None:
    frame = zstandard.ZstdCompressor().compress(b"x")
    # The frame's header says 2^62 bytes: a content size of 8 bytes, see RFC 8878.
    frame = frame[:4] + b"\xc0\x40" + (1 << 62).to_bytes(8, "little") + frame[6:]
    with pytest.raises(DamagedError):
        unpack(MAGIC + xxh3_64_digest(frame) + frame)


def test_a_path_with_a_nul_is_not_packed() -> None:
    with pytest.raises(ValueError, match="NUL"):
        pack(from_entries([Entry("a\0b", "f")]))
