"""Whole tars: the same entries as tarfile gives, and one clear error for everything hostile."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import random
import struct
import tarfile
import threading
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh3_64_intdigest

from careen.errors import ArchiveError, CareenError
from careen.image.read.compression import decompressed
from careen.image.tar.limits import Limits
from careen.image.tar.reader import Member, members, read_buffer, read_stream, stream_members
from careen.image.tar.section import Section
from careen.image.tar.window import CHUNK_BYTES
from tarfile_oracle import Row, rows

if TYPE_CHECKING:
    from careen.image.layer import Layer

DATA = Path(__file__).parents[4] / "data" / "tar"
CAPTURED = sorted(DATA.glob("*.tar.gz"))
FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
END = bytes(1024)


def captured(name: str) -> bytes:
    return gzip.decompress((DATA / f"{name}.tar.gz").read_bytes())


def member(name: str, body: bytes = b"", *, kind: bytes = b"0", **fields: Any) -> bytes:
    """Give a header and its data; the fields are a header's own bytes."""
    block = bytearray(tarfile.TarInfo("x").tobuf(tarfile.USTAR_FORMAT))
    places = {"size": (124, 12), "mtime": (136, 12), "uid": (108, 8), "link": (157, 100)}
    places |= {"magic": (257, 8), "prefix": (345, 155), "mode": (100, 8)}
    encoded = name.encode("utf-8", "surrogateescape")
    block[:100] = encoded.ljust(100, b"\0")
    block[156:157] = kind
    for field, value in {"size": b"%011o" % len(body), **fields}.items():
        start, length = places[field]
        block[start : start + length] = value.ljust(length, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + body + bytes(-len(body) % 512)


def record(key: str, value: str) -> bytes:
    rest = f" {key}={value}\n".encode("utf-8", "surrogateescape")
    return next(b"%d" % n + rest for n in range(9999) if len(b"%d" % n + rest) == n)


def pax(*records: bytes, kind: bytes = b"x") -> bytes:
    return member("pax", b"".join(records), kind=kind)


def read_both(data: bytes, **arguments: Any) -> Layer:
    """Read a tar as a buffer and as a stream: the same layer, or the same error."""
    found: list[Layer | str] = []
    for buffered in (True, False):
        try:
            if buffered:
                found.append(read_buffer(memoryview(data), **arguments))
            else:
                found.append(read_stream(io.BytesIO(data), **arguments))
        except ArchiveError as error:
            found.append(str(error))
    buffer, stream = found
    if isinstance(stream, str):
        assert isinstance(buffer, str)
        raise ArchiveError(stream)
    assert buffer == stream
    return stream


def as_rows(layer: Layer) -> list[Row]:
    return [Row(*entry, xattrs={}) for entry in layer.entries()]


def expect_same(data: bytes) -> None:
    expected = rows(data)
    if expected is None:
        with pytest.raises(ArchiveError):
            read_both(data)
        return
    layer = read_both(data)
    assert as_rows(layer) == [row._replace(xattrs={}) for row in expected]
    last = {row.path: row.xattrs for row in expected}
    assert layer.xattrs == {path: xattrs for path, xattrs in last.items() if xattrs}
    assert layer.tar_bytes == len(data)


part = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=30
)
odd_part = st.binary(min_size=1, max_size=20).map(
    lambda name: name.replace(b"/", b"_").replace(b"\0", b"_").decode("utf-8", "surrogateescape")
)
long_part = st.integers(90, 1200).map(lambda length: "n" * length)
name = st.lists(st.one_of(part, odd_part, long_part, st.sampled_from([".", "", ".."])), max_size=5)
path = st.builds("".join, st.tuples(st.sampled_from(["", "./", "/"]), name.map("/".join)))
number = st.one_of(st.integers(0, 0o7777777), st.integers(0, 1 << 40))


@st.composite
def infos(draw: st.DrawFn) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(draw(path) or "name")
    info.type = draw(st.sampled_from([b"0", b"7", b"1", b"2", b"3", b"4", b"5", b"6", b"Z"]))
    info.mode = draw(st.integers(0, 0o7777))
    info.uid, info.gid = draw(number), draw(number)
    info.mtime = draw(st.one_of(st.integers(-(1 << 33), 1 << 40), st.floats(-1e9, 1e9, width=32)))
    info.linkname = draw(path) if info.type in b"12" else ""
    body = draw(st.binary(max_size=1500)) if info.type in {b"0", b"7", b"Z"} else b""
    info.size = len(body)
    attributes = draw(st.dictionaries(part.filter(lambda key: "=" not in key), part, max_size=2))
    info.pax_headers = {f"SCHILY.xattr.{key}": value for key, value in attributes.items()}
    return info, body


def written(entries: list[tuple[tarfile.TarInfo, bytes]], form: int) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=form, errors="surrogateescape") as archive:
        for info, body in entries:
            # What the format has no place for.
            with contextlib.suppress(ValueError):
                archive.addfile(info, io.BytesIO(body))
    return sink.getvalue()


@settings(max_examples=200, deadline=None)
@given(st.lists(infos(), max_size=5), st.sampled_from(FORMATS))
def test_what_tarfile_writes_is_read_as_tarfile_reads_it(
    entries: list[tuple[tarfile.TarInfo, bytes]], form: int
) -> None:
    expect_same(written(entries, form))


@pytest.mark.parametrize("place", CAPTURED, ids=lambda place: place.name)
def test_what_gnu_tar_writes_is_read_as_tarfile_reads_it(place: Path) -> None:
    expect_same(gzip.decompress(place.read_bytes()))


def test_a_sparse_file_is_the_same_in_all_four_formats() -> None:
    layers = [read_both(captured(name)) for name in ("gnu", "posix-0.0", "posix-0.1", "posix-1.0")]
    first = list(layers[0].entries())
    assert {entry.path: entry.size for entry in first if entry.kind == "f"} == {
        f"deep/{'d' * 90}/{'n' * 90}": 100_000,
        "few": 6 << 20,
        "hole": 3 << 20,
        "many": 60 * 65_536 + 4096,
        "plain": 6,
    }
    assert all(list(layer.entries()) == first for layer in layers)


def test_an_incremental_archive_has_times_where_others_have_a_prefix() -> None:
    data = captured("odd-incremental")
    assert data[156:157] == b"D"
    assert data[345:356].isdigit()
    layer = read_both(data)
    names = ["empty", "file", "split", f"split/{'p' * 90}", f"split/{'p' * 90}/{'n' * 90}"]
    assert sorted(zip(layer.paths, layer.kinds, strict=True)) == list(
        zip(names, "dfddf", strict=True)
    )


def test_a_volume_label_is_no_entry() -> None:
    assert read_both(captured("odd-label")).paths == ["file"]


ODD = captured("odd-posix")
MIXED = captured("odd-gnu")


@pytest.mark.parametrize("data", [ODD, MIXED, captured("posix-1.0")])
def test_cut_off_anywhere_it_is_an_error_or_the_beginning(data: bytes) -> None:
    whole = as_rows(read_both(data))
    generator = random.Random(7)  # noqa: S311 - no secret
    ends = {*range(0, len(data), 512), *(generator.randrange(len(data)) for _ in range(100))}
    for end in sorted(ends):
        try:
            found = as_rows(read_both(data[:end]))
        except ArchiveError:
            continue
        # In the zeros at its end nothing is lost.
        assert found == whole if end % 512 else found == whole[: len(found)]


def test_a_changed_byte_is_noticed_or_is_in_the_contents() -> None:
    whole = as_rows(read_both(MIXED))
    generator = random.Random(11)  # noqa: S311 - no secret
    noticed = 0
    for _ in range(400):
        place = generator.randrange(len(MIXED))
        damaged = bytearray(MIXED)
        damaged[place] ^= generator.randrange(1, 256)
        try:
            found = as_rows(read_both(bytes(damaged)))
        except ArchiveError:
            noticed += 1
            continue
        # A long name or a file's contents: nothing but the digest protects them.
        assert len(found) == len(whole)
        expected = rows(bytes(damaged))
        assert expected is None or found == [row._replace(xattrs={}) for row in expected]
    assert noticed > 50


OK = member("first") + member("ok", b"ok")
HOSTILE = {
    "empty": (b"", "empty"),
    "not a tar": (b"x" * 2048, "checksum"),
    "short": (b"x" * 100, "within a header"),
    "a header cut off": (OK + b"x" * 100, "within a header"),
    "zeros within": (OK + bytes(512) + OK + END, "block of zeros"),
    "checksum": (OK + bytes(100) + b"1" + bytes(411), "checksum"),
    "size beyond": (OK + member("a", size=b"77777777777"), "too early"),
    "huge size": (OK + member("a", size=b"\x80\0\0\0\x7f" + b"\xff" * 7), "too early"),
    "size of 88 bits": (OK + member("a", size=b"\x80" + b"\xff" * 11), "64 bits"),
    "negative size": (OK + member("a", size=b"\xff" * 12), "size -1"),
    "negative size before a name": (member("a", size=b"\xff" * 12, kind=b"L"), "size -1"),
    "no number": (OK + member("a", size=b"12a"), "octal"),
    "huge pax size": (pax(record("size", str(1 << 62))) + member("a") + END, "too early"),
    "pax size of 64 bits": (pax(record("size", str(1 << 64))) + member("a") + END, "number"),
    "negative pax size": (pax(record("size", "-512")) + member("a") + END, "number"),
    "pax length": (pax(b"20 path=a\n") + member("a") + END, "length"),
    "pax without member": (OK + pax(record("path", "a")) + END, "due"),
    "pax at the end": (OK + pax(record("path", "a")), "due"),
    "long name at the end": (OK + member("@", b"a\0", kind=b"L"), "due"),
    "two long names": (member("@", b"a\0", kind=b"L") * 2 + member("a") + END, "disorder"),
    "two pax": (pax() * 2 + member("a") + END, "disorder"),
    "global within": (pax() + pax(kind=b"g") + member("a") + END, "disorder"),
    "endless pax": (pax() * 3000, "disorder"),
    "endless global": (pax(kind=b"g") * 20_000, "most_entries"),
    "long name of 1 GB": (member("@", kind=b"L", size=b"10000000000"), "most_header_bytes"),
    "pax of 1 GB": (member("@", kind=b"x", size=b"10000000000"), "most_header_bytes"),
    "empty long name": (member("@", b"\0", kind=b"L") + member("a") + END, "long name is empty"),
    "two different names": (
        member("@", b"a\0", kind=b"L") + pax(record("path", "b")) + member("c") + END,
        "different names",
    ),
    "parent": (member("a/../../b") + END, "component"),
    "parent alone": (member("..", kind=b"5") + END, "component"),
    "parent in a long name": (member("@", b"../b\0", kind=b"L") + member("a") + END, "component"),
    "parent in a hard link": (member("a", kind=b"1", link=b"../b") + END, "component"),
    "hard link to nothing": (member("a", kind=b"1", link=b"/") + END, "no target"),
    "file without a name": (member("") + END, "no name"),
    "file that is the root": (member("./") + END, "no name"),
    "link that is the root": (member("/", kind=b"2", link=b"x") + END, "no name"),
    "NUL in a path": (pax(record("path", "a\0b")) + member("a") + END, "NUL"),
    "long path": (pax(record("path", "a" * 5000)) + member("a") + END, "most_path_bytes"),
    "long link": (
        pax(record("linkpath", "a" * 5000)) + member("a", kind=b"2") + END,
        "most_path_bytes",
    ),
    "volumes": (member("a", kind=b"M") + END, "volumes"),
    "names of old": (member("a", kind=b"N") + END, "names"),
    "global path": (pax(record("path", "a"), kind=b"g") + member("b") + END, "path"),
    "sparse folder": (
        pax(record("GNU.sparse.size", "5")) + member("a", kind=b"5") + END,
        "no file",
    ),
    "sparse twice": (
        pax(record("GNU.sparse.size", "5")) + member("a", kind=b"S") + END,
        "two maps",
    ),
    "sparse size alone": (
        pax(record("GNU.sparse.realsize", "5")) + member("a") + END,
        "incomplete",
    ),
    "sparse bytes lack": (
        pax(record("GNU.sparse.size", "50"), record("GNU.sparse.map", "0,5")) + member("a") + END,
        "stored bytes",
    ),
    "sparse bytes more": (
        pax(record("GNU.sparse.size", "50"), record("GNU.sparse.map", "0,5"))
        + member("a", b"123456")
        + END,
        "stored bytes",
    ),
    "global headers upon an attribute": (
        pax(*(record(f"SCHILY.xattr.{n}", "") for n in range(2000)), kind=b"g")
        + pax(kind=b"g") * 10
        + END,
        "most_entries",
    ),
    "sparse map beyond the data": (
        pax(
            record("GNU.sparse.major", "1"),
            record("GNU.sparse.minor", "0"),
            record("GNU.sparse.realsize", "5"),
        )
        + member("a", b"999999\n" + b"1\n" * 200)
        + END,
        "map of a sparse file",
    ),
    "attributes of all": (
        pax(*(record(f"SCHILY.xattr.{n}", "") for n in range(2000)), kind=b"g")
        + member("a") * 100
        + END,
        "most_entries",
    ),
    "too many": (member("a") * 10_001, "most_entries"),
}


@pytest.mark.parametrize(("data", "words"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_tars_end_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(ArchiveError, match=words) as caught:
        read_both(data, limits=Limits(most_entries=10_000))
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.exit_code == 3


def test_an_error_says_where() -> None:
    with pytest.raises(ArchiveError) as caught:
        read_both(OK + member("\x1b[31m/../\udc80"))
    assert str(caught.value) == (
        "the tar cannot be read at byte 1536, after 'ok': "
        "the path '\\x1b[31m/../\\udc80' has a component '..'"
    )


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(most_unpacked_bytes=1000), "most_unpacked_bytes"),
        (Limits(most_entries=1), "most_entries"),
        (Limits(most_document_bytes=5), "most_document_bytes"),
        (Limits(most_header_bytes=10), "most_header_bytes"),
        (Limits(most_headers_bytes=20), "most_headers_bytes"),
        (Limits(most_path_bytes=3), "most_path_bytes"),
    ],
)
def test_each_limit_is_named(limits: Limits, words: str) -> None:
    named = pax(record("path", "a/bb")) + member("x")
    data = member("etc/os-release", b"ID=debian") + named * 2 + END
    assert len(read_both(data)) == 3
    with pytest.raises(ArchiveError, match=words):
        read_both(data, limits=limits)


def test_what_is_declared_only_is_never_allocated() -> None:
    data = member("etc/os-release", size=b"\x80\0\0\0\0\0\1" + bytes(5))
    tracemalloc.start()
    try:
        for limits in (Limits(), Limits(most_document_bytes=1 << 60)):
            with pytest.raises(ArchiveError):
                read_both(data, limits=limits)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_paths_are_cleaned() -> None:
    names = ["./", "./a/", "a//b/./c", "/etc/x", "./etc/", "a/b/", "a/b", "....", "a/..b"]
    data = b"".join(member(name, kind=b"5") for name in names)
    data += member("h", kind=b"1", link=b"./a//b") + member("s", kind=b"2", link=b"../a//b/")
    layer = read_both(data + END)
    cleaned = ["", "a", "a/b/c", "etc/x", "etc", "a/b", "a/b", "....", "a/..b"]
    assert layer.paths == [*cleaned, "h", "s"]
    assert layer.links[-2:] == ["a/b", "../a//b/"]


def test_kinds_and_old_headers() -> None:
    old = b"\0" * 8
    data = member("old/", kind=b"\0", magic=old) + member("old/file", b"x", kind=b"\0", magic=old)
    data += member("type/", b"y") + member("unknown", b"z", kind=b"Q")
    data += member("hard", kind=b"1", link=b"old/file", size=b"00000001000")
    layer = read_both(data + END)
    assert layer.kinds == "dfffh"
    assert list(layer.sizes) == [0, 1, 1, 1, 0]
    assert layer.paths[2] == "type"


def test_a_prefix_stands_before_a_name() -> None:
    assert read_both(member("b", prefix=b"a") + END).paths == ["a/b"]
    assert read_both(member("b", prefix=b"a", magic=b"ustar  \0") + END).paths == ["b"]
    assert read_both(member("b", prefix=b"a", kind=b"S") + END).paths == ["b"]


def test_a_sum_of_signed_bytes_holds_for_its_own_header_alone() -> None:
    block = bytearray(member("\udce9" * 10))
    signed = 256 + sum(struct.unpack("148b8x356b", block))
    block[148:156] = b"%06o\0 " % signed
    assert len(read_both(bytes(block) * 2 + END)) == 2
    # The sum of unsigned bytes and the field are the same, the bytes with a sign are fewer.
    other = bytearray(block)
    other[9:11] = b"\x75\x74"
    assert sum(other) == sum(block)
    with pytest.raises(ArchiveError, match=r"byte 512.*checksum"):
        read_both(bytes(block) + bytes(other) + END)


def test_a_global_header_is_of_all_that_follow() -> None:
    of_all = pax(record("uid", "77"), record("mtime", "-1.5"), kind=b"g")
    data = member("a") + of_all + member("b") + pax(record("uid", "8")) + member("c") + END
    layer = read_both(data)
    assert list(layer.uids) == [0, 77, 8]
    assert list(layer.mtimes) == [0, -2, -2]
    # That is what an archive of an empty commit is.
    assert len(read_both(of_all + END)) == 0


@pytest.mark.parametrize("tail", [b"", bytes(512), bytes(1024), bytes(10_240), END + b"junk"])
def test_ends_of_archives(tail: bytes) -> None:
    layer = read_both(OK + tail)
    assert layer.paths == ["first", "ok"]
    assert layer.tar_bytes == len(OK + tail)


def test_documents_and_attributes_are_those_of_the_last_entry() -> None:
    label = pax(record("SCHILY.xattr.security.capability", "\udcff\x01"))
    data = label + member("bin/ping") + member("etc/os-release", b"ID=old")
    data += member("etc/os-release", b"ID=new") + label + member("b") + member("b")
    data += member("lib/apk/db/installed", b"") + member("var/lib/dpkg/status", b"P")
    data += member("var/lib/dpkg/status", kind=b"2", link=b"x")
    layer = read_both(data + END)
    assert layer.documents == {"etc/os-release": b"ID=new", "lib/apk/db/installed": b""}
    assert layer.xattrs == {"bin/ping": {"security.capability": b"\xff\x01"}}
    assert layer.contents[2] == xxh3_64_intdigest(b"ID=new")


class Slow(io.RawIOBase):
    """A source that gives fewer bytes than it is asked for."""

    def __init__(self, data: bytes, seed: int) -> None:
        self.rest = io.BytesIO(data)
        self.random = random.Random(seed)  # noqa: S311 - no secret

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer
        piece = self.rest.read(min(len(buffer), self.random.randrange(1, 300_000)))
        buffer[: len(piece)] = piece
        return len(piece)


def large() -> bytes:
    """Give a tar of several chunks: headers, names and contents stand across their edges."""
    generator = random.Random(3)  # noqa: S311 - no secret
    parts = []
    for count in range(40):
        long_name = pax(record("path", f"long/{'n' * generator.randrange(2000)}{count}"))
        body = generator.randbytes(generator.choice([0, 1, 511, 512, 100_000, 300_000]))
        parts += [long_name if count % 3 else b"", member(f"f{count}", body)]
    return b"".join(parts) + bytes(CHUNK_BYTES * 2)


LARGE = large()


@pytest.mark.parametrize("seed", range(3))
def test_the_digest_is_of_all_that_was_read(seed: int) -> None:
    expected = f"sha256:{hashlib.sha256(LARGE).hexdigest()}"
    buffer = read_buffer(memoryview(LARGE), digest=hashlib.sha256())
    stream = read_stream(Slow(LARGE, seed), digest=hashlib.sha256())
    assert buffer == stream
    assert buffer.diff_id == expected
    assert buffer.tar_bytes == len(LARGE)
    assert as_rows(buffer) == rows(LARGE)


def test_no_thread_is_left_by_an_error() -> None:
    before = threading.active_count()
    for end in (1, 700, len(LARGE) // 2 + 1):
        with pytest.raises(ArchiveError):
            read_buffer(memoryview(LARGE)[:end], digest=hashlib.sha256())
        with pytest.raises(ArchiveError):
            read_stream(io.BytesIO(LARGE[:end]), digest=hashlib.sha256())
    assert threading.active_count() == before


def test_an_error_of_the_digest_passes_through() -> None:
    class Broken:
        name = "broken"

        def update(self, data: memoryview) -> None:
            raise RuntimeError("no more")

        def hexdigest(self) -> str:
            return ""

    with pytest.raises(RuntimeError, match="no more"):
        read_stream(io.BytesIO(LARGE), digest=Broken())


def test_an_error_of_the_source_passes_through() -> None:
    class Broken(io.RawIOBase):
        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # likewise
            raise ConnectionResetError("gone")

    before = threading.active_count()
    with pytest.raises(ConnectionResetError):
        read_stream(Broken(), digest=hashlib.sha256())
    assert threading.active_count() == before


OUTER = member("./a/", kind=b"5") + member("a/one", b"1" * 700) + member("none")
OUTER += member("l", kind=b"2", link=b"../a/one") + member("two", b"2" * 5) + END


def test_members_of_an_archive() -> None:
    found = list(members(memoryview(OUTER)))
    assert found == [
        Member("a", "d", 0, 512, ""),
        Member("a/one", "f", 700, 1024, ""),
        Member("none", "f", 0, 2560, ""),
        Member("l", "l", 0, 3072, "../a/one"),
        Member("two", "f", 5, 3584, ""),
    ]
    assert OUTER[3584:3589] == b"22222"
    streamed = list(stream_members(io.BytesIO(OUTER)))
    assert [header for header, _ in streamed] == found


def test_members_of_a_stream_are_read_in_part_or_not_at_all() -> None:
    got = {}
    for header, contents in stream_members(Slow(OUTER, 5)):
        if header.name == "a/one":
            got[header.name] = contents.read(3)
        elif header.name == "two":
            got[header.name] = contents.read()
            assert contents.read(1) == b""
        last = contents
    assert got == {"a/one": b"111", "two": b"22222"}
    with pytest.raises(ValueError, match="gone"):
        last.read(1)


def test_a_layer_within_an_archive_is_read_as_it_comes() -> None:
    outer = member("layer.tar", LARGE) + member("manifest.json", b"[]") + END
    found = [
        read_stream(contents) if header.name == "layer.tar" else contents.read()
        for header, contents in stream_members(io.BytesIO(outer))
    ]
    assert found == [read_buffer(memoryview(LARGE)), b"[]"]


def test_a_compressed_layer_within_an_archive_is_read_as_it_comes() -> None:
    outer = member("blobs/sha256/1", gzip.compress(LARGE, 1)) + END
    [(_, contents)] = _first(outer)
    assert contents == read_buffer(memoryview(LARGE))


def _first(outer: bytes) -> list[tuple[Member, Layer]]:
    return [
        (header, read_stream(decompressed(contents, "gzip")))
        for header, contents in stream_members(io.BytesIO(outer))
    ]


def test_members_that_are_cut_off_or_sparse_are_errors() -> None:
    for end in (1500, 600, 2000):
        with pytest.raises(ArchiveError):
            list(members(memoryview(OUTER)[:end]))
        with pytest.raises(ArchiveError):
            list(stream_members(io.BytesIO(OUTER[:end])))
    with pytest.raises(ArchiveError, match="too early"):
        next(members(memoryview(member("a", size=b"777"))))
    with pytest.raises(ArchiveError, match="sparse"):
        list(members(memoryview(captured("gnu"))))
    with pytest.raises(ArchiveError, match="too early"):
        [contents.read() for _, contents in stream_members(io.BytesIO(OUTER[:1500]))]


def test_sections_of_a_file_are_read_side_by_side(tmp_path: Path) -> None:
    place = tmp_path / "archive.tar"
    place.write_bytes(LARGE + OUTER)
    with place.open("rb") as file:
        first = Section(file.fileno(), 0, len(LARGE))
        second = Section(file.fileno(), len(LARGE), len(OUTER))
        assert second.read(2) == OUTER[:2]
        assert read_stream(first) == read_buffer(memoryview(LARGE))
        assert second.read() == OUTER[2:]
        assert Section(file.fileno(), len(LARGE), 10 << 20).read() == OUTER


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(ODD) // 512 - 1), st.integers(0, 499), st.binary(min_size=1, max_size=12))
def test_a_changed_header_with_a_right_checksum(block: int, place: int, value: bytes) -> None:
    data = bytearray(ODD)
    start = block * 512
    data[start + place : start + place + len(value)] = value
    data[start + 148 : start + 156] = b" " * 8
    total = sum(data[start : start + 512])
    struct.pack_into("8s", data, start + 148, b"%06o\0 " % total)
    try:
        layer = read_both(bytes(data))
    except CareenError:
        return
    expected = rows(bytes(data))
    assert expected is None or as_rows(layer) == [row._replace(xattrs={}) for row in expected]
