"""Numbers, checksums and PAX records: against Python's own arithmetic, and at their edges."""

from __future__ import annotations

import math
import tarfile
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.image.tar import pax, sparse
from careen.image.tar.faults import TarFault
from careen.image.tar.headers import PARTS, byte_sum, checksum_holds, is_header, octal, prefix

HEADER = tarfile.TarInfo("a" * 100).tobuf(tarfile.USTAR_FORMAT)


def total(block: bytes) -> int:
    first, _, second, third = PARTS.unpack(block)
    return byte_sum(first, second, third)


@pytest.mark.parametrize(
    ("field", "number"),
    [
        (b"0000644\0", 420),
        (b"   644 \0", 420),
        (b"644\0junk", 420),
        (b"77777777777 ", 0o77777777777),
        (b"\0" * 8, 0),
        (b" " * 8, 0),
        (b"  \0\0  \0\0", 0),
        (b"\x80" + bytes(7), 0),
        (b"\xff" * 12, -1),
        (b"\x80\0\0\0" + b"\x7f" + b"\xff" * 7, (1 << 63) - 1),
    ],
)
def test_a_number_as_octal_digits_or_base_256(field: bytes, number: int) -> None:
    assert octal(field) == number


@pytest.mark.parametrize(
    "field",
    [
        b"0000648\0",
        b"-000644\0",
        b"0o00644\0",
        b"000_644\0",
        b"\x00000644\0",
        b"12 34\0\0\0",
        b"abcdefg\0",
        b"+000644\0",
        b"\x80\0\0\1" + bytes(8),
        b"\xc0" + bytes(11),
    ],
)
def test_anything_else_is_no_number(field: bytes) -> None:
    with pytest.raises(TarFault):
        octal(field)


@given(st.integers(-(1 << 55), (1 << 55)))
def test_numbers_as_tarfile_writes_them(number: int) -> None:
    assert octal(tarfile.itn(number, 8, tarfile.GNU_FORMAT)) == number  # type: ignore[attr-defined]  # not in typeshed


@given(st.binary(min_size=512, max_size=512))
def test_the_sum_of_a_block(block: bytes) -> None:
    assert total(block) == sum(block) - sum(block[148:156]) + 256


def test_the_sum_of_the_largest_bytes() -> None:
    assert total(b"\xff" * 512) == 255 * 504 + 256


def test_the_checksum_of_bytes_with_a_sign_holds_too() -> None:
    block = tarfile.TarInfo("\u00e9" * 10).tobuf(tarfile.USTAR_FORMAT)
    unsigned, signed = tarfile.calc_chksums(block)  # type: ignore[attr-defined]  # not in typeshed
    assert unsigned != signed
    for right in (unsigned, signed):
        written = block[:148] + b"%06o\0 " % right + block[156:]
        assert checksum_holds(written, total(written))
        assert is_header(written)
    for wrong in (unsigned + 1, signed - 1, unsigned - 256):
        written = block[:148] + b"%06o\0 " % wrong + block[156:]
        assert not is_header(written)


@given(st.integers(0, 511), st.integers(1, 255))
def test_no_changed_byte_keeps_the_checksum(place: int, change: int) -> None:
    block = bytearray(HEADER)
    block[place] ^= change
    # How the checksum itself is written may differ: 0 and space and NUL around its digits.
    if is_header(bytes(block)):
        assert 148 <= place < 156
        assert octal(bytes(block[148:156])) == octal(HEADER[148:156])


@pytest.mark.parametrize("block", [b"", bytes(512), HEADER[:511], HEADER + b"\0"])
def test_what_is_no_header(block: bytes) -> None:
    assert not is_header(block)
    assert is_header(HEADER)


@pytest.mark.parametrize(
    ("magic", "trailer", "expected"),
    [
        (b"ustar\x0000", b"\0\0\0\0", b"p" * 155),
        (b"ustar\x0000", b"tar\0", b"p" * 131),
        (b"ustar  \0", b"\0\0\0\0", b""),
        (b"\0" * 8, b"\0\0\0\0", b""),
    ],
)
def test_only_posix_headers_have_a_prefix(magic: bytes, trailer: bytes, expected: bytes) -> None:
    block = bytes(257) + magic + bytes(80) + b"p" * 155 + bytes(8) + trailer
    assert len(block) == 512
    assert prefix(block) == expected


def record(key: str, value: bytes) -> bytes:
    rest = f" {key}=".encode() + value + b"\n"
    size = len(rest) + 1
    while len(str(size)) + len(rest) != size:
        size = len(str(size)) + len(rest)
    return b"%d" % size + rest


@given(st.binary().filter(lambda value: b"\0" not in value), st.integers(0, (1 << 63) - 1))
def test_records(value: bytes, number: int) -> None:
    body = record("path", value) + record("SCHILY.xattr.user.a", value + b"\0")
    body += record("size", b"%d" % number) + record("comment", value)
    found = pax.records(body)
    assert found.path == (value or None)
    assert found.size == number
    assert found.xattrs == {"user.a": value + b"\0"}


@given(st.decimals(-10_000_000_000, 10_000_000_000, places=9))
def test_a_time_is_rounded_down(time: object) -> None:
    assert pax.seconds(f"{time:f}".encode()) == math.floor(Fraction(f"{time:f}"))


@given(st.floats(-1e18, 1e18))
def test_a_time_as_tarfile_writes_it(time: float) -> None:
    assert pax.seconds(str(time).encode()) == math.floor(Fraction(str(time)))


@pytest.mark.parametrize(
    "value",
    [b"", b"1e", b"1e999", b"-1e19", b"nan", b"1.2.3", b"+1", b"9" * 20, b" 1", b"0x1", b"1_0"],
)
def test_what_is_no_time(value: bytes) -> None:
    with pytest.raises(TarFault):
        pax.seconds(value)


@pytest.mark.parametrize(
    "body",
    [
        b"x",
        b"0 path=a\n",
        b"5 path=a\n",
        b"99 path=a\n",
        b"999999999999 path=a\n",
        b"-9 path=a\n",
        b"10 path=a",
        b"10 path=ab",
        b"6 =ab\n",
        b"8 patha\n",
        b"11 size=-1\n",
        b"11 size=1_\n",
        b"30 size=99999999999999999999\n",
        b"11 path=\0a\n",
        record("GNU.sparse.numbytes", b"1"),
        record("GNU.sparse.offset", b"1") * 2,
    ],
)
def test_wrong_records(body: bytes) -> None:
    with pytest.raises(TarFault):
        pax.records(body)


def test_an_empty_value_takes_a_global_one_back() -> None:
    of_all = pax.records(record("uid", b"5") + record("gid", b"6"), for_all=True)
    found = pax.records(record("uid", b""), of_all)
    assert (found.uid, found.gid) == (None, 6)


@pytest.mark.parametrize("key", ["path", "linkpath", "size", "GNU.sparse.major"])
def test_a_global_header_gives_nothing_that_is_of_one_member(key: str) -> None:
    with pytest.raises(TarFault, match=key):
        pax.records(record(key, b"1"), for_all=True)


def test_a_key_that_is_no_text() -> None:
    body = b"17 GNU.sparse.\xff=\n"
    assert pax.records(body).sparse == {b"\xff": b""}
    with pytest.raises(TarFault, match=r"udcff"):
        pax.records(body, for_all=True)


def maps(**said: bytes) -> pax.Records:
    return pax.Records(sparse={key.encode(): value for key, value in said.items()})


@pytest.mark.parametrize(
    "found",
    [
        maps(size=b"10", map=b"0,5,4,2"),
        maps(size=b"10", map=b"0,5,8,3"),
        maps(size=b"10", map=b"0,5,8"),
        maps(size=b"10", map=b"0,x"),
        maps(map=b"0,5"),
        maps(size=b"x", map=b""),
        maps(major=b"2", minor=b"0", realsize=b"5"),
        maps(major=b"1", minor=b"0"),
        maps(size=b"9" * 19 + b"9", map=b""),
        pax.Records(sparse={b"size": b"9"}, segments=[1, 2, 3]),
    ],
)
def test_wrong_sparse_maps(found: pax.Records) -> None:
    with pytest.raises(TarFault):
        sparse.of_records(found, 512, lambda size: b"0\n".ljust(size, b"\0"), 1 << 20)


@pytest.mark.parametrize("text", [b"x" * 512, b"9" * 512, b"99999999\n" + b"1\n" * 260, b"-1\n"])
def test_wrong_sparse_maps_in_the_data(text: bytes) -> None:
    found = maps(major=b"1", minor=b"0", realsize=b"100000")
    with pytest.raises(TarFault):
        sparse.of_records(found, 4096, lambda size: text.ljust(size, b"1")[:size], 1 << 20)


def test_an_endless_sparse_map_ends_at_the_limit() -> None:
    block = bytes(482) + b"\1" + b"00000000010\0" + bytes(17)
    asked = []

    def take(size: int) -> bytes:
        asked.append(size)
        return bytes(504) + b"\1" + bytes(7)

    with pytest.raises(TarFault, match="most_header_bytes"):
        sparse.old_gnu(block, take, 8192)
    assert len(asked) == 16
