"""Reads tars: a layer as columns, and the members of an archive that holds layers.

All of it streams: memory is bounded by the number of entries and by `Limits`, whatever the sizes.
"""

from __future__ import annotations

import io
from array import array
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

from xxhash import xxh3_64, xxh3_64_intdigest

from careen.errors import ArchiveError
from careen.image.layer import FILE, Layer, wanted
from careen.image.read.background_digest import BackgroundDigest, Digest
from careen.image.read.background_fill import BackgroundFill
from careen.image.tar.faults import TarFault
from careen.image.tar.limits import Limits
from careen.image.tar.paths import shown
from careen.image.tar.walk import Header, Walk
from careen.image.tar.window import CHUNK_BYTES, Source, StreamWindow, buffer_window

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Limits", "Member", "members", "read_buffer", "read_stream", "stream_members"]


class Member(NamedTuple):
    """A member of an archive that holds layers.

    Attributes:
        name: cleaned, as `Entry.path`.
        kind: a letter of `careen.image.layer`.
        size: bytes of a regular file, 0 for all else.
        offset: of its first byte in the tar.
        link: as `Entry.link`.
    """

    name: str
    kind: str
    size: int
    offset: int
    link: str


def read_buffer(
    data: memoryview, *, limits: Limits | None = None, digest: Digest | None = None
) -> Layer:
    """Read a layer's uncompressed tar that is in memory, or is mapped there.

    A mapped file's pages count as this process's memory once they are read: for a large file,
    `read_stream` of a `Section` is as quick and stays small.

    Args:
        data: the tar with all that follows its end.
        limits: beyond them is an error.
        digest: such as hashlib.sha256(); is fed all of *data*, in a thread, and gives diff_id.

    Raises:
        ArchiveError: it is cut off, corrupt or beyond a limit.
    """
    limits = limits or Limits()
    with _background(digest) as background, _named() as at:
        at.walk = Walk(buffer_window(data, limits.most_unpacked_bytes, background), limits)
        layer = _Columns(limits).read(at.walk)
    return layer.finish(digest)


def read_stream(
    source: Source,
    *,
    limits: Limits | None = None,
    digest: Digest | None = None,
    checksums: bool = True,
    ahead: bool = False,
) -> Layer:
    """Read a layer's uncompressed tar from a stream, to its end; else like `read_buffer`.

    With *ahead* a thread reads the stream while its members are looked at, which pays where that
    is work; without a digest, which has a thread of its own.

    Without *checksums* nothing but the tar's own tells of damage. A size that stands outside of
    what they cover, in a PAX record or the map of a sparse file, raises `DigestNeeded` then.

    >>> import io
    >>> len(read_stream(io.BytesIO(bytes(1024))))
    0
    """
    limits = limits or Limits()
    fill = BackgroundFill(source, CHUNK_BYTES) if ahead and digest is None else None
    with _background(digest) as background, fill or nullcontext(), _named() as at:
        window = StreamWindow(source, limits.most_unpacked_bytes, background, fill)
        at.walk = Walk(window, limits, checksums=checksums)
        layer = _Columns(limits).read(at.walk)
    return layer.finish(digest)


def members(data: memoryview, limits: Limits | None = None) -> Iterator[Member]:
    """Give the members of an archive in memory; their contents are not looked at.

    The contents of a regular file are `data[member.offset : member.offset + member.size]`; a
    sparse one is an error, since its contents do not stand there as they are.

    Raises:
        ArchiveError: likewise.
    """
    limits = limits or Limits()
    with _named() as at:
        at.walk = Walk(buffer_window(data, limits.most_unpacked_bytes), limits)
        for header in at.walk:
            member = _member(header, at.walk)
            # A member that is cut off is noticed before anybody reads it.
            at.walk.check_data()
            yield member


def stream_members(
    source: Source, limits: Limits | None = None
) -> Iterator[tuple[Member, Contents]]:
    """Give the members of an archive that is a stream, each with its contents.

    Contents can be read until the next member is asked for; what nobody reads is left out. Else
    like `members`.
    """
    limits = limits or Limits()
    with _named() as at:
        at.walk = Walk(StreamWindow(source, limits.most_unpacked_bytes), limits)
        for header in at.walk:
            contents = Contents(at.walk)
            yield _member(header, at.walk), contents
            contents.end()


class Contents(io.RawIOBase):
    """The contents of one member of a stream."""

    def __init__(self, walk: Walk) -> None:
        self._walk: Walk | None = walk

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer
        """Fill a buffer or a part of it; 0 at the end.

        Raises:
            ArchiveError: the archive is cut off.
            ValueError: the next member has been asked for.
        """
        walk = self._walk
        if walk is None:
            raise ValueError("the contents of a member are gone once the next one is asked for")
        view = memoryview(buffer).cast("B")
        try:
            piece = walk.some(len(view))
        except TarFault as fault:
            raise _error(fault, walk) from None
        view[: len(piece)] = piece
        return len(piece)

    def end(self) -> None:
        """Make it unreadable."""
        self._walk = None


def _member(header: Header, walk: Walk) -> Member:
    if header.sparse is not None:
        raise TarFault(f"the member {shown(header.path)} is a sparse file")
    return Member(header.path, header.kind, header.size, walk.window.offset, header.link)


class _Columns:
    """A layer in the making."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._document_bytes = 0
        self._documents: dict[str, bytes] = {}
        self._xattrs: dict[str, dict[str, bytes]] = {}
        self._kinds: list[str] = []
        self._tar_bytes = 0
        self.paths: list[str] = []
        self.links: list[str] = []
        self.sizes = array("q")
        self.modes = array("H")
        self.uids = array("q")
        self.gids = array("q")
        self.mtimes = array("q")
        self.contents = array("Q")

    def read(self, walk: Walk) -> _Columns:
        """Take all members."""
        window = walk.window
        # Bound methods: this loop runs once an entry.
        path_, kind_, link_ = self.paths.append, self._kinds.append, self.links.append
        size_, mode_, mtime_ = self.sizes.append, self.modes.append, self.mtimes.append
        uid_, gid_, content_ = self.uids.append, self.gids.append, self.contents.append
        for header in walk:
            path, kind, size, mode, uid, gid, mtime, link, xattrs, sparse = header
            path_(path)
            kind_(kind)
            size_(size)
            mode_(mode)
            uid_(uid)
            gid_(gid)
            mtime_(mtime)
            link_(link)
            if kind != FILE:
                content_(0)
                self._documents.pop(path, None)
            elif wanted(path):
                content_(self._document(header, walk))
            elif not size:
                content_(0)
            elif sparse is None and size + walk.padding <= len(window.view) - window.position:
                start = window.position
                content_(xxh3_64_intdigest(window.view[start : start + size]))
                window.position = start + size + walk.padding
                walk.left = walk.padding = 0
            else:
                content_(_hash(walk, header))
            if xattrs or self._xattrs:
                self._note_xattrs(path, xattrs)
        self._tar_bytes = window.drain()
        return self

    def _note_xattrs(self, path: str, xattrs: dict[str, bytes] | None) -> None:
        self._xattrs.pop(path, None)
        if xattrs:
            self._xattrs[path] = xattrs

    def _document(self, header: Header, walk: Walk) -> int:
        """Keep a file's contents."""
        if header.sparse is not None:
            raise TarFault(f"the file {shown(header.path)} is sparse, and has to be read")
        self._document_bytes += header.size
        most = self._limits.most_document_bytes
        if self._document_bytes > most:
            raise TarFault(
                f"the files that say who owns what have over {most} bytes "
                "(limit most_document_bytes)"
            )
        document = walk.window.take(header.size)
        walk.left = 0
        self._documents[header.path] = document
        return xxh3_64_intdigest(document) if document else 0

    def finish(self, digest: Digest | None) -> Layer:
        """Give the layer, once the digest is complete.

        Its outline is made here, because layers are read at the same time and merged one by one.
        """
        layer = Layer(
            paths=self.paths,
            kinds="".join(self._kinds),
            sizes=self.sizes,
            modes=self.modes,
            uids=self.uids,
            gids=self.gids,
            mtimes=self.mtimes,
            links=self.links,
            contents=self.contents,
            documents=self._documents,
            xattrs=self._xattrs,
            tar_bytes=self._tar_bytes,
            diff_id=f"{digest.name}:{digest.hexdigest()}" if digest is not None else "",
        )
        return layer.with_outline()


def _hash(walk: Walk, header: Header) -> int:
    """Hash contents that stand in several chunks, or those of a sparse file."""
    content = xxh3_64(b"" if header.sparse is None else header.sparse.key())
    for piece in walk.window.pieces(walk.left):
        content.update(piece)
    walk.left = 0
    return content.intdigest()


class _At:
    """Where an error is."""

    walk: Walk | None = None


@contextmanager
def _named() -> Iterator[_At]:
    """Make an ArchiveError of a fault: the byte, and the entry before it."""
    at = _At()
    try:
        yield at
    except TarFault as fault:
        raise _error(fault, at.walk) from None


def _error(fault: TarFault, walk: Walk | None) -> ArchiveError:
    if walk is None:
        return ArchiveError(f"the tar cannot be read: {fault}")
    place = f"at byte {walk.start}"
    place += f", after {shown(walk.last)}" if walk.last else ""
    return ArchiveError(f"the tar cannot be read {place}: {fault}")


def _background(digest: Digest | None) -> BackgroundDigest | nullcontext[None]:
    return nullcontext() if digest is None else BackgroundDigest(digest)
