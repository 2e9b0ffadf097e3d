"""The files of an archive by name: of a folder, of a tar, and of a stream that passes by once."""

from __future__ import annotations

import mmap
import os
import posixpath
import re
import stat
from typing import TYPE_CHECKING, NamedTuple, Protocol

from careen.errors import ArchiveError
from careen.image.layer import FILE, HARD_LINK, SYMLINK
from careen.image.read.blob import HEAD_BYTES, Blob, head_of, read_blob
from careen.image.read.compression import kind_of
from careen.image.read.manifest import MOST_JSON_BYTES
from careen.image.read.stored import Origin
from careen.image.tar import reader as tar_reader
from careen.image.tar.faults import DigestNeeded
from careen.image.tar.headers import is_header
from careen.image.tar.section import Section

if TYPE_CHECKING:
    from pathlib import Path

    from careen.image.tar.limits import Limits
    from careen.image.tar.window import Source

_BLOB_NAME = re.compile(r"blobs/(?:(sha256)/([0-9a-f]{64})|(sha512)/([0-9a-f]{128}))")
_ARCHIVE_NAME = re.compile(
    r"(blobs|oci-layout|index\.json|manifest\.json|repositories|[0-9a-f]{64}(\.json|\.tar)?)(/.*)?"
)
_MOST_LINKS = 8


class Files(Protocol):
    """Files by name; a name is cleaned first, and one that leaves the archive is not there."""

    def has(self, name: str) -> bool:
        """Tell whether there is such a file."""
        ...

    def size(self, name: str) -> int:
        """Give its bytes."""
        ...

    def text(self, name: str) -> bytes:
        """Give a small file as a whole; what is larger than a manifest may be is an error."""
        ...

    def head(self, name: str) -> bytes:
        """Give its first 512 bytes."""
        ...

    def origin(self, name: str) -> Origin | None:
        """Tell where its bytes stand; None where they are in no file."""
        ...

    def blob(
        self,
        name: str,
        *,
        digest: str,
        diff_id: str,
        exact: bool,
        verify: bool,
        limits: Limits | None,
    ) -> Blob:
        """Read a layer, see `read_blob`."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


class Part(NamedTuple):
    """A file, or a part of one."""

    descriptor: int
    offset: int
    size: int


class _Parts:
    """What a folder and a tar file have in common."""

    def part(self, name: str) -> Part | None:
        """Find a file."""
        raise NotImplementedError

    def _need(self, name: str) -> Part:
        part = self.part(name)
        if part is None:
            raise ArchiveError(f"the archive has no {name[:200]}")
        return part

    def has(self, name: str) -> bool:
        return self.part(name) is not None

    def size(self, name: str) -> int:
        return self._need(name).size

    def text(self, name: str) -> bytes:
        part = self._need(name)
        _check_text(name, part.size)
        data = os.pread(part.descriptor, part.size, part.offset)
        if len(data) != part.size:
            raise ArchiveError(f"{name} is cut off")
        return data

    def head(self, name: str) -> bytes:
        part = self._need(name)
        return os.pread(part.descriptor, min(HEAD_BYTES, part.size), part.offset)

    def origin(self, name: str) -> Origin | None:
        part = self._need(name)
        about = os.fstat(part.descriptor)
        return Origin(
            about.st_dev,
            about.st_ino,
            about.st_size,
            about.st_mtime_ns,
            about.st_ctime_ns,
            part.offset,
            part.size,
        )

    def blob(
        self,
        name: str,
        *,
        digest: str,
        diff_id: str,
        exact: bool,
        verify: bool,
        limits: Limits | None,
    ) -> Blob:
        part = self._need(name)

        def read(*, verify: bool) -> Blob:
            # The diff id covers all that is taken from a layer, and is what the cache goes by.
            return read_blob(
                Section(*part),
                digest="" if diff_id else digest,
                diff_id=diff_id,
                size=part.size,
                exact=exact,
                verify=verify,
                limits=limits,
            )

        try:
            return read(verify=verify)
        except DigestNeeded:
            return read(verify=True)


class FolderFiles(_Parts):
    """The files of a folder; links that lead out of it are not there."""

    def __init__(self, folder: Path) -> None:
        self._root = os.path.realpath(folder)
        self._open: dict[str, Part] = {}

    def part(self, name: str) -> Part | None:
        """Find a regular file; it stays open."""
        path = os.path.realpath(f"{self._root}/{clean(name)}")
        if "\0" in name or not path.startswith(self._root.rstrip("/") + "/"):
            return None
        if path not in self._open:
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            except FileNotFoundError:
                return None
            except OSError as error:
                raise ArchiveError(f"{path} cannot be read: {error.strerror}") from None
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                os.close(descriptor)
                return None
            self._open[path] = Part(descriptor, 0, about.st_size)
        return self._open[path]

    def close(self) -> None:
        """Close its files."""
        for part in self._open.values():
            os.close(part.descriptor)
        self._open.clear()


class TarFiles(_Parts):
    """The members of a tar file, of which only the headers are read.

    Args:
        descriptor: of the file, which is closed with this.
        limits: beyond them is an error.
    """

    def __init__(self, descriptor: int, limits: Limits | None = None) -> None:
        self._descriptor = descriptor
        self._members: dict[str, Part] = {}
        self._links: dict[str, str] = {}
        size = os.fstat(descriptor).st_size
        # Closed with its last view: an error keeps one of them for a while.
        mapped = mmap.mmap(descriptor, size, prot=mmap.PROT_READ)
        for member in tar_reader.members(memoryview(mapped), limits):
            self._take(member)

    def _take(self, member: tar_reader.Member) -> None:
        if member.kind == FILE:
            self._members[member.name] = Part(self._descriptor, member.offset, member.size)
            self._links.pop(member.name, None)
        elif (target := link_target(member)) is not None:
            self._links[member.name] = target
            self._members.pop(member.name, None)

    def part(self, name: str) -> Part | None:
        """Find a member."""
        return self._members.get(followed(clean(name), self._links))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class StreamFiles:
    """What passes by in a tar stream: small JSON files as they are, layers as data.

    Layers come before or after the manifest that names them, so each is read as it passes.

    Args:
        source: the tar.
        exact: see `read_blob`.
        limits: of each layer.
    """

    def __init__(
        self, source: Source, *, exact: bool = False, limits: Limits | None = None
    ) -> None:
        self._texts: dict[str, bytes] = {}
        self._blobs: dict[str, Blob] = {}
        self._heads: dict[str, bytes] = {}
        self._faults: dict[str, ArchiveError] = {}
        self._links: dict[str, str] = {}
        for member, contents in tar_reader.stream_members(source):
            if member.kind == FILE:
                self._take(member, contents, exact=exact, limits=limits)
            elif (target := link_target(member)) is not None:
                self._links[member.name] = target

    def _take(
        self, member: tar_reader.Member, contents: Source, *, exact: bool, limits: Limits | None
    ) -> None:
        name = member.name
        head = head_of(contents)
        is_json = head.lstrip()[:1] in {b"{", b"["} and not is_header(head)
        if is_json and member.size <= MOST_JSON_BYTES:
            self._texts[name] = head + _rest(contents)
            return
        try:
            kind_of(head)
        except ArchiveError:
            # No layer: an attestation, `oci-layout`, a signature.
            self._faults[name] = ArchiveError(f"{name} is no layer")
            return
        match = _BLOB_NAME.fullmatch(name)
        digest = ":".join(part for part in match.groups() if part) if match else ""
        self._heads[name] = head
        try:
            self._blobs[name] = read_blob(
                contents, head=head, digest=digest, size=member.size, exact=exact, limits=limits
            )
        except ArchiveError as fault:
            # It matters only where the image that is chosen has this layer. What is wrong with
            # the stream itself comes again with the next member.
            self._faults[name] = fault

    def _followed(self, name: str) -> str:
        return followed(clean(name), self._links)

    def has(self, name: str) -> bool:
        """Tell whether it passed by."""
        name = self._followed(name)
        return name in self._texts or name in self._blobs or name in self._faults

    def size(self, name: str) -> int:
        """Give its bytes."""
        name = self._followed(name)
        if name in self._texts:
            return len(self._texts[name])
        return self._blob(name).compressed_bytes

    def text(self, name: str) -> bytes:
        """Give a JSON file."""
        data = self._texts.get(self._followed(name))
        if data is None:
            raise ArchiveError(f"the archive has no {name[:200]}, or it is no JSON")
        return data

    def head(self, name: str) -> bytes:
        """Give its first bytes."""
        name = self._followed(name)
        self._blob(name)
        return self._heads[name]

    def origin(self, name: str) -> None:
        """Tell nothing: what passes by is hashed."""

    def blob(
        self,
        name: str,
        *,
        digest: str,  # noqa: ARG002 - the four were seen to when the layer passed by
        diff_id: str,
        exact: bool,  # noqa: ARG002
        verify: bool,  # noqa: ARG002
        limits: Limits | None,  # noqa: ARG002
    ) -> Blob:
        """Give a layer that was read."""
        blob = self._blob(self._followed(name))
        found = blob.layer.diff_id
        if diff_id and found != diff_id:
            raise ArchiveError(
                f"the layer {name[:200]} is corrupt: the digest of its tar is {found}, "
                f"not {diff_id}"
            )
        return blob

    def _blob(self, name: str) -> Blob:
        if name in self._faults:
            raise self._faults[name]
        if name not in self._blobs:
            raise ArchiveError(f"the archive has no layer {name[:200]}")
        return self._blobs[name]

    def close(self) -> None:
        """Do nothing: what was read stays."""


def is_archive_name(name: str) -> bool:
    """Tell whether a file of an image archive may have this name.

    >>> is_archive_name("blobs/sha256/ab"), is_archive_name("usr/bin/env")
    (True, False)
    """
    return _ARCHIVE_NAME.fullmatch(name) is not None


def looks_like_an_archive(source: Source, limits: Limits | None = None) -> bool:
    """Tell from the first file of a tar stream whether it holds an image, not a file system."""
    for member, _ in tar_reader.stream_members(source, limits):
        if member.name and not is_archive_name(member.name):
            return False
        if member.kind == FILE:
            return True
    return False


def clean(name: str) -> str:
    """Give a name without `.` and empty parts; one with `..` gives "", which no file has."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    return "" if ".." in parts else "/".join(parts)


def link_target(member: tar_reader.Member) -> str | None:
    """Give the name that a link in an archive leads to; None for what is no link."""
    if member.kind == HARD_LINK:
        return clean(member.link)
    if member.kind != SYMLINK:
        return None
    # Docker before 25 writes a layer that comes twice as a link to the first.
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.link))
    return "" if joined.startswith(("..", "/")) else joined


def followed(name: str, links: dict[str, str]) -> str:
    """Follow links; a loop of them ends nowhere."""
    for _ in range(_MOST_LINKS):
        if name not in links:
            return name
        name = links[name]
    return ""


def _check_text(name: str, size: int) -> None:
    if size > MOST_JSON_BYTES:
        raise ArchiveError(f"{name[:200]} has {size} bytes; at most {MOST_JSON_BYTES} are read")


def _rest(contents: Source) -> bytes:
    parts: list[bytes] = []
    buffer = memoryview(bytearray(1 << 16))
    while count := contents.readinto(buffer):
        parts.append(bytes(buffer[:count]))
    return b"".join(parts)
