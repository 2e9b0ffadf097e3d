"""Reads the blob of one layer, whatever its compression, and checks its digest."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, NamedTuple

from careen.errors import ArchiveError
from careen.image.read.compression import decompressed, kind_of
from careen.image.read.gzip_estimate import GzipEstimate
from careen.image.read.manifest import algorithm
from careen.image.tar.reader import read_stream

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from careen.image.layer import Layer
    from careen.image.tar.limits import Limits
    from careen.image.tar.window import Source

HEAD_BYTES = 512
# Up to here the digest costs little, and is compared in any case.
LARGE_BYTES = 64 << 20


class Blob(NamedTuple):
    """A layer's blob that was read.

    Attributes:
        layer: what is in it; its diff_id is that of the bytes that were read, "" where they were
            not hashed.
        compression: none, gzip or zstd.
        compressed_bytes: the blob's length.
        gzip_bytes: of an uncompressed blob, what gzip makes of it, see `GzipEstimate`; else 0.
    """

    layer: Layer
    compression: str
    compressed_bytes: int
    gzip_bytes: int


def head_of(source: Source) -> bytes:
    """Read the first 512 bytes of a stream, or all where there are fewer."""
    head = memoryview(bytearray(HEAD_BYTES))
    filled = 0
    while filled < HEAD_BYTES and (count := source.readinto(head[filled:])):
        filled += count
    return bytes(head[:filled])


def read_blob(
    source: Source,
    *,
    head: bytes = b"",
    digest: str = "",
    diff_id: str = "",
    size: int | None = None,
    exact: bool = False,
    verify: bool = True,
    limits: Limits | None = None,
) -> Blob:
    """Read a layer's blob to its end.

    Without *verify*, one of over `LARGE_BYTES` bytes whose diff id is known is not hashed: the
    checksums of gzip and zstd tell that contents are damaged, those of a tar's headers that names
    of up to 100 bytes and sizes are.

    Args:
        source: gives its bytes, after *head*.
        head: its first `HEAD_BYTES` bytes, where they have been read already.
        digest: what the blob's must be; "" is not known, or not to be checked because the diff id
            is.
        diff_id: what that of the tar inside must be; "" is not known.
        size: what the blob's length must be; None is not known.
        exact: compress all of an uncompressed blob, see `GzipEstimate`.
        verify: hash it whatever its size.
        limits: beyond them is an error.

    Raises:
        ArchiveError: its bytes are others than they should be, are cut off, corrupt or no layer.
        DigestNeeded: without *verify*, what would be taken from it has no checksum.
    """
    head = head or head_of(source)
    kind = kind_of(head)
    hashed = verify or not diff_id or size is None or size <= LARGE_BYTES
    blob = _Joined(head, source, digest)
    plain: Source = decompressed(blob, kind, limits, checksums=not hashed)
    estimate = GzipEstimate(plain, exact=exact) if kind == "none" else None
    made = hashlib.new(algorithm(diff_id) if diff_id else "sha256") if hashed else None
    checksums = hashed or kind != "none"
    layer = read_stream(
        estimate or plain,
        limits=limits,
        digest=made,
        checksums=checksums,
        ahead=kind != "none",
    )
    blob.drain()
    if size is not None and blob.count != size:
        raise ArchiveError(f"the layer has {blob.count} bytes, not {size} as its manifest says")
    if digest and blob.digest() != digest:
        raise ArchiveError(f"the layer is corrupt: its digest is {blob.digest()}, not {digest}")
    if hashed and diff_id and layer.diff_id != diff_id:
        raise ArchiveError(
            f"the layer is corrupt: the digest of its tar is {layer.diff_id}, not {diff_id}"
        )
    return Blob(layer, kind, blob.count, estimate.bytes() if estimate else 0)


class _Joined(io.RawIOBase):
    """A head that was read already and the rest of its stream, counted and hashed."""

    def __init__(self, head: bytes, rest: Source, digest: str) -> None:
        self._head = head
        self._rest = rest
        self._hash = hashlib.new(algorithm(digest)) if digest else None
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        if self._head:
            count = min(len(view), len(self._head))
            view[:count] = self._head[:count]
            self._head = self._head[count:]
        else:
            count = self._rest.readinto(view) or 0
        self.count += count
        if self._hash is not None:
            self._hash.update(view[:count])
        return count

    def drain(self) -> None:
        """Read what a decompressor has left behind."""
        rest = bytearray(1 << 16)
        while self.readinto(rest):
            pass

    def digest(self) -> str:
        return f"{self._hash.name}:{self._hash.hexdigest()}" if self._hash else ""
