"""Reads the files of an archive's layers with their contents, one layer after the other."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from typing import TYPE_CHECKING

from careen.errors import ArchiveError
from careen.image.layer import FILE
from careen.image.read.archive import open_path
from careen.image.read.blob import HEAD_BYTES, head_of
from careen.image.read.compression import decompressed, kind_of
from careen.image.read.files import FolderFiles, TarFiles, clean, followed, link_target
from careen.image.read.manifest import algorithm
from careen.image.tar.reader import stream_members
from careen.image.tar.section import Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeVar

    from _typeshed import WriteableBuffer

    from careen.image.read.stored import StoredLayer
    from careen.image.tar.limits import Limits
    from careen.image.tar.window import Source
    from careen.scan.model import Target

    T = TypeVar("T")

_REST_BYTES = 1 << 20


def read_layers(
    target: Target,
    wanted: set[int],
    read: Callable[[int, Iterator[tuple[str, Source]]], T],
    *,
    limits: Limits | None = None,
) -> Iterator[tuple[int, T]]:
    """Read some layers of an image, each of them by itself: what an upper one hides is there.

    Args:
        target: says where they are.
        wanted: numbers of the layers, from 0.
        read: is given the number and the files of one layer, (path, contents) of each, and reads
            to their end; contents can be read until the next file is asked for.
        limits: of each layer; beyond them is an error.

    Returns:
        (number, what *read* gave) of each, in the order in which they stand in the archive. It is
        given once the layer's bytes have been found to be the right ones.

    Raises:
        ArchiveError: the archive cannot be read, is damaged, or holds another image.
    """
    path = target.archive
    if not path.is_dir() and not path.is_file():
        raise ArchiveError(
            f"{target.name}: {path} is no file and no folder",
            hint="an archive is read several times: write it to a file first",
        )
    try:
        reader = open_path(path, platform=target.image.platform, limits=limits)
        with contextlib.closing(reader):
            layers = reader.image.layers
            _check_same(target, layers)
            files = getattr(reader, "files", None)
            if isinstance(files, FolderFiles | TarFiles):
                blobs = _of_parts(files, {number: layers[number].place for number in wanted})
            else:
                blobs = _of_stream(path, {number: layers[number].place for number in wanted})
            for number, blob in blobs:
                diff_id = target.image.facts[number].diff_id
                yield number, _read_one(number, diff_id, blob, read, limits)
    except ArchiveError as error:
        raise ArchiveError(f"{target.name}: {error.args[0]}", hint=error.hint) from None


def _check_same(target: Target, layers: tuple[StoredLayer, ...]) -> None:
    known = [facts.diff_id for facts in target.image.facts]
    found = [layer.diff_id for layer in layers]
    if len(known) != len(found) or any(
        one and one != other for one, other in zip(found, known, strict=True)
    ):
        raise ArchiveError(
            f"{target.archive} holds another image than the one that was read",
            hint="was it written again meanwhile? run it again",
        )


def _of_parts(
    files: FolderFiles | TarFiles, places: Mapping[int, str]
) -> Iterator[tuple[int, Source]]:
    for number, place in sorted(places.items()):
        part = files.part(place)
        if part is None:
            raise ArchiveError(f"layer {number}: the archive has no {place[:200]}")
        yield number, Section(*part)


def _of_stream(path: os.PathLike[str], places: Mapping[int, str]) -> Iterator[tuple[int, Source]]:
    """Find layers in an archive that is compressed as a whole; one layer twice is a link there."""
    numbers = {clean(place): number for number, place in sorted(places.items(), reverse=True)}
    links: dict[str, str] = {}
    seen = set()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a path of any kind
        kind = kind_of(os.pread(file.fileno(), HEAD_BYTES, 0))
        for member, contents in stream_members(decompressed(file, kind)):
            if member.kind != FILE:
                if (link := link_target(member)) is not None:
                    links[member.name] = link
            elif member.name in numbers:
                seen.add(member.name)
                yield numbers[member.name], contents
    for name, number in numbers.items():
        if followed(name, links) not in seen:
            raise ArchiveError(f"layer {number}: the archive has no {name[:200]}")


def _read_one(
    number: int,
    diff_id: str,
    blob: Source,
    read: Callable[[int, Iterator[tuple[str, Source]]], T],
    limits: Limits | None,
) -> T:
    try:
        head = head_of(blob)
        plain = _Hashed(
            decompressed(_Joined(head, blob), kind_of(head), limits),
            algorithm(diff_id) if diff_id else "sha256",
        )
        files = (
            (member.name, contents)
            for member, contents in stream_members(plain, limits)
            if member.kind == FILE
        )
        found = read(number, files)
        plain.drain()
    except ArchiveError as error:
        raise ArchiveError(f"layer {number}: {error.args[0]}", hint=error.hint) from None
    if diff_id and plain.digest() != diff_id:
        raise ArchiveError(
            f"layer {number} is corrupt: the digest of its tar is {plain.digest()}, not {diff_id}"
        )
    return found


class _Joined(io.RawIOBase):
    """A head that was read already, and what comes behind it."""

    def __init__(self, head: bytes, rest: Source) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        if not self._head:
            return self._rest.readinto(view) or 0
        count = min(len(view), len(self._head))
        view[:count] = self._head[:count]
        self._head = self._head[count:]
        return count


class _Hashed(io.RawIOBase):
    """A stream that is hashed as it is read."""

    def __init__(self, source: Source, name: str) -> None:
        self._source = source
        self._hash = hashlib.new(name)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        count = self._source.readinto(view) or 0
        self._hash.update(view[:count])
        return count

    def drain(self) -> None:
        """Read what stands behind the tar's end."""
        rest = bytearray(_REST_BYTES)
        while self.readinto(rest):
            pass

    def digest(self) -> str:
        return f"{self._hash.name}:{self._hash.hexdigest()}"
