"""Mutates tars and compares careen's reader with tarfile: `nox -s fuzz -- --seconds 30`.

Exits 1 on a disagreement, and on any exception that is not careen's; prints what repeats it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import struct
import sys
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import zstandard

from careen.errors import CareenError
from careen.image.read.compression import decompressed, kind_of
from careen.image.tar.limits import Limits
from careen.image.tar.reader import members, read_buffer, read_stream, stream_members
from tarfile_oracle import Row, rows

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")
DATA = Path(__file__).parents[1] / "data" / "tar"
LIMITS = Limits(most_entries=10_000, most_unpacked_bytes=64 << 20)
# A header's fields: offset and length.
FIELDS = [(0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (157, 100), (257, 8)]
FIELDS += [(329, 8), (345, 155), (386, 24), (410, 24), (482, 1), (483, 12), (508, 4)]
TYPES = b"\x0001234567DKLMNSVXgxAZ"
VALUES = [b"", b"\xff" * 12, b"\x80" + b"\x7f" * 11, b"77777777777", b"-1", b" 12 ", b"0", b"../x"]


def main() -> int:
    """Fuzz for a while."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=None, help="default: of the clock")
    arguments = parser.parse_args()
    seed = time.time_ns() % (1 << 32) if arguments.seed is None else arguments.seed
    seeds = [gzip.decompress(path.read_bytes()) for path in sorted(DATA.glob("*.gz"))]
    seeds += [small_tar(form) for form in (0, 1, 2)]
    end, number, opinions = time.monotonic() + arguments.seconds, 0, 0
    print(f"seed {seed}")
    while time.monotonic() < end:
        # Each round has a seed of its own: the last one repeats a finding by itself.
        source = random.Random(seed + number)  # noqa: S311 - no secret
        data = mutated(seeds, source)
        try:
            opinions += compare(data)
            compare_compressed(data, source)
        except Exception as error:  # noqa: BLE001 - any other is a finding
            place = Path(f"fuzz-{seed + number}.tar")
            place.write_bytes(data)
            print(f"seed {seed + number} ({place}): {type(error).__name__}: {error}")
            return 1
        number += 1
    print(f"{number} tars, {opinions} of them readable; no disagreement")
    return 0


def small_tar(form: int) -> bytes:
    """Make a tar with a bit of everything."""
    sink = io.BytesIO()
    of_all = {"comment": "for all", "uid": "5"} if form == tarfile.PAX_FORMAT else None
    with tarfile.open(fileobj=sink, mode="w", format=form, pax_headers=of_all) as archive:
        for number, kind in enumerate(b"0521300"):
            info = tarfile.TarInfo(f"{'folder' * (number * 4)}/{number}")
            info.type, info.linkname, info.mtime = bytes([kind]), "target/x", 1_700_000_000
            info.size = 700 * number if kind == ord("0") else 0
            if form == tarfile.PAX_FORMAT:
                info.pax_headers = {"SCHILY.xattr.user.a": "value", "mtime": "-1.5"}
            archive.addfile(info, io.BytesIO(b"x" * info.size))
    return sink.getvalue()


def mutated(seeds: list[bytes], source: random.Random) -> bytes:
    """Change one of the tars in one to four places."""
    data = bytearray(source.choice(seeds))
    for _ in range(source.randint(1, 4)):
        if data:
            source.choice([flip, cut, move_block, change_field, change_field, change_text])(
                data, source
            )
    return bytes(data)


def flip(data: bytearray, source: random.Random) -> None:
    """Change one byte."""
    data[source.randrange(len(data))] = source.randrange(256)


def cut(data: bytearray, source: random.Random) -> None:
    """Cut it off, mostly between two blocks."""
    end = source.randrange(len(data))
    del data[end - (end % 512 if source.random() < 0.7 else 0) :]


def move_block(data: bytearray, source: random.Random) -> None:
    """Copy a block to another place, over what is there or before it."""
    start, to = (512 * source.randrange(len(data) // 512 + 1) for _ in range(2))
    data[to : to + 512 * source.randrange(2)] = data[start : start + 512]


def change_field(data: bytearray, source: random.Random) -> None:
    """Change a field of a header and make its checksum right."""
    start = header(data, source)
    if start is None:
        return
    if source.random() < 0.3:
        data[start + 156] = source.choice(TYPES)
    else:
        offset, length = source.choice(FIELDS)
        value = source.choice([*VALUES, source.randbytes(length), b"%o" % source.randrange(2000)])
        data[start + offset : start + offset + length] = value[:length].ljust(length, b"\0")
    data[start + 148 : start + 156] = b" " * 8
    total = sum(data[start : start + 512])
    data[start + 148 : start + 156] = struct.pack("8s", b"%06o\0 " % total)


def header(data: bytearray, source: random.Random) -> int | None:
    """Find a header."""
    found = [
        start for start in range(0, len(data) - 511, 512) if data[start + 257 :][:5] == b"ustar"
    ]
    return source.choice(found) if found else None


def change_text(data: bytearray, source: random.Random) -> None:
    """Change a byte of a PAX record or of a sparse map."""
    place = data.find(source.choice([b"path=", b"GNU.sparse", b"size=", b"mtime=", b"uid=", b"\n"]))
    if place >= 0:
        at = min(place + source.randrange(-3, 30), len(data) - 1)
        data[at] = source.choice(b"0123456789=\n \0x.-,")


def compare(data: bytes) -> bool:
    """Read it in all ways and compare.

    Raises:
        AssertionError: they differ.
    """
    buffer = attempt(lambda: read_buffer(memoryview(data), limits=LIMITS))
    stream = attempt(lambda: read_stream(io.BytesIO(data), limits=LIMITS))
    if buffer != stream:
        raise AssertionError("a buffer and a stream are read differently")
    names = attempt(lambda: list(members(memoryview(data), LIMITS)))
    streamed = attempt(lambda: [member for member, _ in stream_members(io.BytesIO(data), LIMITS)])
    if names != streamed:
        raise AssertionError("members of a buffer and of a stream differ")
    if buffer is None:
        return False
    if names is not None and [member.name for member in names] != buffer.paths:
        raise AssertionError("the members are not the layer's entries")
    expected = rows(data)
    if expected is None:
        return False
    found = [Row(*entry, xattrs={}) for entry in buffer.entries()]
    if found != [row._replace(xattrs={}) for row in expected]:
        pairs = zip(found, expected, strict=False)
        first = next((pair for pair in pairs if pair[0] != pair[1]), (len(found), len(expected)))
        raise AssertionError(f"tarfile differs: {first}")
    if buffer.xattrs != last_xattrs(expected):
        raise AssertionError("tarfile has other extended attributes")
    return True


def last_xattrs(expected: list[Row]) -> dict[str, dict[str, bytes]]:
    """Give the extended attributes by path; the last entry of a path holds."""
    last = {row.path: row.xattrs for row in expected}
    return {path: xattrs for path, xattrs in last.items() if xattrs}


def attempt(read: Callable[[], Result]) -> Result | None:
    """Give what it reads, None for an error of careen's."""
    try:
        return read()
    except CareenError as error:
        if "\n" in str(error) or not str(error).isprintable():
            raise AssertionError(f"the message is not one line: {error!r}") from None
        return None


def compare_compressed(data: bytes, source: random.Random) -> None:
    """Compress it, damage that, and read it: an error or the same."""
    if source.random() < 0.5:
        packed = bytearray(gzip.compress(data[:1000], 1) + gzip.compress(data[1000:], 1))
    else:
        write = zstandard.ZstdCompressor(write_checksum=True).compress
        packed = bytearray(write(data[:1000]) + write(data[1000:]))
    source.choice([flip, cut])(packed, source)
    try:
        stream = decompressed(io.BytesIO(packed), kind_of(bytes(packed[:512])), LIMITS)
        plain = stream.read()
    except CareenError:
        return
    if plain not in {data, data[:1000]}:
        raise AssertionError("damaged compressed data gives other data")


if __name__ == "__main__":
    sys.exit(main())
