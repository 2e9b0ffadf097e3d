"""Reads one 512-byte header block of a tar: its numbers, its names, its checksum.

Sources: POSIX.1-2017 (pax, "ustar Interchange Format"), GNU tar's manual ("Basic Tar Format"), and
where these leave a choice, what Go's archive/tar does, which Docker, containerd and Podman use.
"""

from __future__ import annotations

import struct

from isal.isal_zlib import adler32

from careen.image.tar.faults import TarFault

BLOCK_BYTES = 512
MOST_NUMBER = (1 << 63) - 1

# name; mode, uid and gid; size; mtime; type; the first byte of the prefix
# the checksum stands between the parts that it adds up
PARTS = struct.Struct("148s8s100s256s")
FIELDS = struct.Struct("100s24s12s12s8xc188xc")
_POSIX_MAGIC = b"ustar\0"
_STAR_TRAILER = b"tar\0"
EMPTY_SUM = 8 * ord(" ")


def octal(field: bytes) -> int:
    r"""Read a number: octal digits, or base-256 where the first bit is set.

    >>> octal(b"0000644\0"), octal(b"\xff\xff\xff\xff\xff\xff\xff\xfe")
    (420, -2)

    Raises:
        TarFault: it is neither, or does not fit 64 bits with a sign.
    """
    text = field.rstrip(b" \0")
    if text.isdigit():
        try:
            return int(text, 8)
        except ValueError:
            raise TarFault(f"{field!r} is no octal number") from None
    if not text:
        return 0
    if field[0] & 0x80:
        return _base_256(field)
    # A NUL ends the number; before its digits stand spaces alone.
    text = field.partition(b"\0")[0].strip(b" ")
    if text.isdigit() and not text.strip(b"01234567"):
        return int(text, 8)
    if not text and not field.strip(b" \0"):
        return 0
    raise TarFault(f"{field!r} is no octal number")


def _base_256(field: bytes) -> int:
    bits = 8 * len(field) - 1
    number = int.from_bytes(field, "big") & ((1 << bits) - 1)
    if field[0] & 0x40:
        number -= 1 << bits
    if not -MOST_NUMBER <= number <= MOST_NUMBER:
        raise TarFault(f"the number {number} does not fit 64 bits")
    return number


def text(field: bytes) -> bytes:
    """Give the bytes of a name field up to its first NUL."""
    return field.partition(b"\0")[0]


def prefix(block: bytes) -> bytes:
    """Give what stands before a name of over 100 bytes: only POSIX headers have that."""
    if not block.startswith(_POSIX_MAGIC, 257):
        return b""
    return text(block[345:476] if block.endswith(_STAR_TRAILER) else block[345:500])


def byte_sum(first: bytes, second: bytes, third: bytes) -> int:
    """Add up the bytes of a header's PARTS, the checksum's as eight spaces.

    The low half of Adler-32 is 1 + the sum modulo 65521, several times quicker than `sum`; the
    bytes of each part add up to 65280 at most, so that it is exact.

    >>> byte_sum(bytes([255] * 148), b"", bytes([255] * 256)) == 255 * (148 + 256) + 8 * 32
    True
    """
    return (
        (adler32(first) & 0xFFFF)
        + (adler32(second) & 0xFFFF)
        + (adler32(third) & 0xFFFF)
        + (EMPTY_SUM - 3)
    )


def checksum_holds(block: memoryview | bytes, total: int) -> bool:
    """Tell whether a header's checksum is right.

    Args:
        block: the header.
        total: the sum of its bytes.
    """
    first, field, second, third = _parts(block)
    try:
        claimed = octal(field)
    except TarFault:
        return False
    if claimed == total:
        return True
    # Some old writers added up signed bytes.
    high = sum(byte >> 7 for byte in first + second + third)
    return high > 0 and claimed == total - 256 * high


def _parts(block: memoryview | bytes) -> tuple[bytes, bytes, bytes, bytes]:
    first, field, second, third = PARTS.unpack(block)
    return first, field, second, third


def is_header(block: bytes) -> bool:
    """Tell whether a block is a tar's header: not zeros, and its checksum holds.

    >>> is_header(bytes(512))
    False
    """
    if len(block) != BLOCK_BYTES:
        return False
    first, _, second, third = _parts(block)
    return checksum_holds(block, byte_sum(first, second, third))
