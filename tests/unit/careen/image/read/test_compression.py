"""Decompression: the same bytes as the libraries give, and an error for everything else."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from careen.errors import ArchiveError
from careen.image.read.compression import Kind, decompressed, kind_of
from careen.image.read.zstd_frames import FrameFollower
from careen.image.tar.limits import Limits

TAR_HEADER = tarfile.TarInfo("BZh").tobuf()
SKIPPABLE = b"\x5a\x2a\x4d\x18\x03\0\0\0abc"
DATA = b"".join(b"line %d\n" % number for number in range(30_000))


class Dribble(io.RawIOBase):
    """A source that gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self.rest = io.BytesIO(data)
        self.step = step

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer
        piece = self.rest.read(min(self.step, len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)


def unpacked(data: bytes, kind: Kind, limits: Limits | None = None) -> bytes:
    return decompressed(io.BytesIO(data), kind, limits).read() or b""


def packed(parts: list[bytes], kind: str) -> bytes:
    if kind == "gzip":
        return b"".join(gzip.compress(part, 1) for part in parts)
    write = zstandard.ZstdCompressor(write_checksum=True).compress
    return b"".join(write(part) for part in parts)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (gzip.compress(b""), "gzip"),
        (zstandard.compress(b""), "zstd"),
        (SKIPPABLE + zstandard.compress(b""), "zstd"),
        (TAR_HEADER, "none"),
        (bytes(512), "none"),
        (TAR_HEADER[:100] + b"9" + TAR_HEADER[101:], "none"),
    ],
    # gzip writes the time into its header: it is no name for a test.
    ids=["gzip", "zstd", "skippable", "tar", "zeros", "odd"],
)
def test_what_a_layer_is_compressed_with(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind
    assert kind_of(head + bytes(600)) == kind


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (lzma.compress(b""), "xz"),
        (bz2.compress(b""), "bzip2"),
        (b"\x04\x22\x4d\x18rest", "lz4"),
        (b"\x5d\0\0\x80rest", "lzma"),
        (b"PK\x03\x04", "zip"),
        (b"", "empty"),
        (b"{}", "7b 7d"),
        (b"\x1f", "1f"),
    ],
)
def test_what_is_not_read_is_named(head: bytes, name: str) -> None:
    with pytest.raises(ArchiveError, match=name):
        kind_of(head)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(max_size=300), min_size=1, max_size=6),
    st.sampled_from(["gzip", "zstd"]),
    st.integers(1, 40),
)
def test_members_and_frames_one_after_the_other(parts: list[bytes], kind: Kind, step: int) -> None:
    data = packed(parts, kind)
    stream = decompressed(Dribble(data, step), kind)
    assert stream.read() == b"".join(parts)
    assert stream.compressed_bytes == len(data)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([b"", b"a" * 9, None]), max_size=8), st.integers(1, 20))
def test_skippable_frames_wherever_they_stand(parts: list[bytes | None], step: int) -> None:
    frames = [SKIPPABLE if part is None else packed([part], "zstd") for part in parts]
    data = b"".join([*frames, packed([b"end"], "zstd")])
    stream = decompressed(Dribble(data, step), "zstd")
    assert stream.read() == b"".join(part or b"" for part in parts) + b"end"


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_cut_off_at_every_byte(kind: Kind) -> None:
    parts = [b"first" * 20, b"second" * 20]
    data = packed(parts, kind)
    whole = len(packed(parts[:1], kind))
    for end in range(len(data)):
        if end == whole:
            assert unpacked(data[:end], kind) == parts[0]
            continue
        with pytest.raises(ArchiveError):
            unpacked(data[:end], kind)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_changed_byte_is_noticed_or_changes_nothing(kind: Kind) -> None:
    data = packed([b"some text " * 30, b"and more"], kind)
    noticed = 0
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x55
        try:
            assert unpacked(bytes(damaged), kind) == b"some text " * 30 + b"and more"
        except ArchiveError:
            noticed += 1
    # A gzip's time and the system that it was made on are in no checksum.
    assert noticed > 0.7 * len(data)


def test_zeros_behind_gzip_are_padding_and_other_bytes_are_not() -> None:
    data = gzip.compress(DATA)
    assert unpacked(data + bytes(700), "gzip") == DATA
    with pytest.raises(ArchiveError):
        unpacked(data + b"junk", "gzip")


def test_bytes_behind_zstd_are_an_error() -> None:
    with pytest.raises(ArchiveError, match="zstd"):
        unpacked(zstandard.compress(DATA) + b"junk and more of it", "zstd")


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_bomb_ends_at_the_limit(kind: Kind) -> None:
    bomb = packed([bytes(8 << 20)] * 8, kind)
    assert len(bomb) < 400_000
    stream = decompressed(io.BytesIO(bomb), kind, Limits(most_unpacked_bytes=5 << 20))
    read = 0
    buffer = memoryview(bytearray(1 << 20))
    with pytest.raises(ArchiveError, match="most_unpacked_bytes"):  # noqa: PT012 - a loop reads
        while count := stream.readinto(buffer):
            read += count
    assert read == 5 << 20


def test_a_window_beyond_the_limit_is_an_error() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=24)
    write = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = write.compress(DATA) + write.flush()
    assert unpacked(data, "zstd") == DATA
    with pytest.raises(ArchiveError, match="zstd"):
        unpacked(data, "zstd", Limits(most_window_bytes=1 << 20))


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_no_data_is_an_error(kind: Kind) -> None:
    with pytest.raises(ArchiveError, match=f"{kind} data is empty"):
        unpacked(b"", kind)


def test_plain_data_passes_through() -> None:
    stream = decompressed(io.BytesIO(DATA), "none")
    assert stream.read(7) == DATA[:7]
    assert stream.read() == DATA[7:]
    assert stream.compressed_bytes == len(DATA)
    with pytest.raises(ArchiveError, match="most_unpacked_bytes"):
        unpacked(DATA, "none", Limits(most_unpacked_bytes=100))


def test_a_gzip_header_with_a_name_a_comment_and_more() -> None:
    body = zlib.compressobj(wbits=-15)
    plain = body.compress(DATA) + body.flush()
    extra = b"\x1f\x8b\x08\x1c" + bytes(6) + b"\x04\0abcdname\0comment\0"
    tail = zlib.crc32(DATA).to_bytes(4, "little") + len(DATA).to_bytes(4, "little")
    assert unpacked(extra + plain + tail, "gzip") == DATA
    with pytest.raises(ArchiveError, match="corrupt"):
        unpacked(extra + plain + bytes(4) + tail[4:], "gzip")


@pytest.mark.parametrize("level", [1, 19])
@pytest.mark.parametrize("sized", [False, True])
@pytest.mark.parametrize("checksum", [False, True])
def test_the_follower_knows_every_kind_of_frame_header(
    level: int,
    sized: bool,
    checksum: bool,
) -> None:
    for size in (0, 1, 255, 256, 300, 65_791, 65_792, 300_000):
        data = (DATA * 2)[:size] if size % 2 else bytes(size)
        write = zstandard.ZstdCompressor(
            level=level, write_content_size=sized, write_checksum=checksum
        ).compressobj(size=size if sized else -1)
        frame = write.compress(data) + write.flush()
        follower = FrameFollower()
        for start in range(0, len(frame), 7):
            follower.feed(memoryview(frame[start : start + 7]))
        follower.finish()
        follower = FrameFollower()
        follower.feed(memoryview(frame[:-1]))
        with pytest.raises(ArchiveError, match="cut off"):
            follower.finish()
