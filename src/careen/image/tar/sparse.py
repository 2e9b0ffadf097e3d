"""Reads the maps of sparse files: which parts of a file are stored, the rest being zeros.

Source: GNU tar's manual, "Storing Sparse Files": the old GNU format, and PAX 0.0, 0.1 and 1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from careen.image.tar.faults import TarFault
from careen.image.tar.headers import BLOCK_BYTES, MOST_NUMBER, octal
from careen.image.tar.pax import decimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from careen.image.tar.pax import Records

_PAIR_BYTES = 24
_IN_HEADER, _IN_EXTENSION = 4, 21


class Sparse(NamedTuple):
    """A sparse file.

    Attributes:
        size: logical bytes.
        segments: (offset, length) of each stored part that is not empty, in order.
        map_bytes: what the map took of the member's own data.
    """

    size: int
    segments: tuple[tuple[int, int], ...]
    map_bytes: int = 0

    @property
    def stored_bytes(self) -> int:
        """The length of the stored parts."""
        return sum(length for _, length in self.segments)

    def key(self) -> bytes:
        """Give the map as bytes, the same ones whatever format it came in."""
        pairs = (f"{offset} {length}\n" for offset, length in self.segments)
        return f"{self.size}\n{''.join(pairs)}\n".encode()


def old_gnu(block: bytes, take: Callable[[int], bytes], most_bytes: int) -> Sparse:
    """Read the map of a header of type S and of the blocks that follow it.

    Args:
        block: the header.
        take: reads the next bytes.
        most_bytes: of those blocks.

    Raises:
        TarFault: the map is wrong or too long.
    """
    numbers = _pairs(block, 386, _IN_HEADER)
    extended, size, read = block[482], octal(block[483:495]), 0
    while extended:
        read += BLOCK_BYTES
        _check_length(read, most_bytes)
        block = take(BLOCK_BYTES)
        numbers += _pairs(block, 0, _IN_EXTENSION)
        extended = block[504]
    return _checked(size, numbers)


def _pairs(block: bytes, start: int, most: int) -> list[int]:
    numbers = []
    for position in range(start, start + most * _PAIR_BYTES, _PAIR_BYTES):
        if not block[position]:
            break
        numbers.append(octal(block[position : position + 12]))
        numbers.append(octal(block[position + 12 : position + 24]))
    return numbers


def of_records(
    found: Records, stored: int, take: Callable[[int], bytes], most_bytes: int
) -> Sparse:
    """Read the map that PAX records give, or say to be at the beginning of the data.

    Args:
        found: the records.
        stored: bytes of the member's data.
        take: reads the next bytes.
        most_bytes: of a map at the beginning of the data.

    Raises:
        TarFault: likewise.
    """
    said = found.sparse
    version = (said.get(b"major"), said.get(b"minor"))
    if version == (b"1", b"0"):
        numbers, map_bytes = _in_data(stored, take, most_bytes)
        return _checked(decimal(said.get(b"realsize", b"")), numbers, map_bytes)
    if said.get(b"major", b"0") != b"0":
        raise TarFault(f"a sparse file is of the unknown format {said[b'major'][:40]!r}")
    if b"map" in said:
        numbers = [decimal(number) for number in said[b"map"].split(b",")] if said[b"map"] else []
        return _checked(decimal(said.get(b"size", b"")), numbers)
    if b"size" in said:
        return _checked(decimal(said[b"size"]), found.segments)
    raise TarFault("the map of a sparse file is incomplete")


def _in_data(stored: int, take: Callable[[int], bytes], most_bytes: int) -> tuple[list[int], int]:
    """Read lines with a decimal number each, the first of them the number of pairs."""
    rest, numbers, read, wanted = b"", list[int](), 0, 1
    while len(numbers) < wanted:
        line, newline, after = rest.partition(b"\n")
        if not newline:
            read += BLOCK_BYTES
            _check_length(read, min(most_bytes, stored))
            # A number has at most 20 digits: the rest stays short.
            rest += take(BLOCK_BYTES)
            if len(line) > _PAIR_BYTES:
                raise TarFault("the map of a sparse file is no list of numbers")
            continue
        rest = after
        numbers.append(decimal(line))
        wanted = 1 + 2 * numbers[0]
    return numbers[1:], read


def _check_length(read: int, most_bytes: int) -> None:
    if read > most_bytes:
        raise TarFault(
            f"the map of a sparse file has more than {most_bytes} bytes (limit most_header_bytes)"
        )


def _checked(size: int, numbers: list[int], map_bytes: int = 0) -> Sparse:
    if len(numbers) % 2:
        raise TarFault("the map of a sparse file has half a pair")
    end, segments = 0, []
    for offset, length in zip(numbers[::2], numbers[1::2], strict=True):
        if length < 0 or offset < end or offset + length > size:
            raise TarFault("the map of a sparse file overlaps, or goes beyond its end")
        end = offset + length
        if length:
            segments.append((offset, length))
    if not 0 <= size <= MOST_NUMBER:
        raise TarFault(f"a sparse file has the size {size}")
    return Sparse(size, tuple(segments), map_bytes)
