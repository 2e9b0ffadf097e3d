"""The sizes of an image, computed from its archive: manifest, layers and the merged tree."""

from __future__ import annotations

import gzip
import io
import json
import posixpath
import tarfile
import zlib
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any

from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# Blobs up to this size may be the manifest, the index or the configuration.
_JSON_LIMIT_BYTES = 4 << 20


@dataclass(frozen=True)
class LayerSize:
    """One layer of an image.

    Attributes:
        digest: of the blob, `sha256:...`.
        compressed_bytes: the blob's size; of an uncompressed blob, the size that gzip gives it.
        files: its regular files.
        file_bytes: the bytes in them.
    """

    digest: str
    compressed_bytes: int
    files: int
    file_bytes: int


@dataclass(frozen=True)
class ImageSizes:
    """The sizes of one image of one platform, as docs/measuring.md defines them.

    Attributes:
        pull_bytes: the sum of the compressed blobs: layers and configuration.
        unpacked_bytes: the bytes of the files in the merged tree, a hard link once.
        estimated: whether the archive had uncompressed layers, so that pull_bytes is what gzip
            makes of them here and not what a registry holds.
        layers: from the base upwards.
    """

    pull_bytes: int
    unpacked_bytes: int
    estimated: bool
    layers: tuple[LayerSize, ...]

    def to_json(self) -> dict[str, object]:
        """Give it as JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ImageSizes:
        """Read what `to_json` gave."""
        layers = tuple(LayerSize(**layer) for layer in data["layers"])
        return cls(**(data | {"layers": layers}))


@dataclass(frozen=True)
class _Entry:
    size: int
    inode: tuple[int, str]
    is_folder: bool


@dataclass
class _Blob:
    """What the one pass over the archive keeps of a layer blob."""

    size: int
    compressed: bool
    gzip_size: int
    changes: list[tuple[str, str, int, str]]


def measure(archive: Iterable[bytes]) -> ImageSizes:
    """Measure an image from the chunks of its `docker save` archive, read once.

    Args:
        archive: the tar stream: `manifest.json` and the blobs that it names. An attestation is
            in no `Layers` list, so it is not counted.

    Raises:
        EngineError: the stream is no image archive, or it was cut off.
    """
    import zstandard  # noqa: PLC0415

    documents: dict[str, bytes] = {}
    blobs: dict[str, _Blob] = {}
    links: dict[str, str] = {}
    unreadable = (tarfile.TarError, EOFError, OSError, zlib.error, zstandard.ZstdError)
    malformed = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
    try:
        with tarfile.open(fileobj=_Stream(archive), mode="r|") as outer:
            for member in outer:
                source = outer.extractfile(member) if member.isreg() else None
                if source is not None:
                    _take(member, source, documents, blobs)
                elif member.issym():
                    # Docker before 25 writes a layer that comes twice as a link to the first.
                    path = member.name.removeprefix("./")
                    links[path] = posixpath.join(posixpath.dirname(path), member.linkname)
        return _sizes(documents, blobs, links)
    except (*unreadable, *malformed) as error:
        raise EngineError(
            f"the image's archive cannot be read: {error or type(error).__name__}",
            hint="run the command again; the engine may have ended while it wrote",
        ) from None


def _take(
    member: tarfile.TarInfo,
    source: IO[bytes],
    documents: dict[str, bytes],
    blobs: dict[str, _Blob],
) -> None:
    path = member.name.removeprefix("./")
    head = source.read(512)
    is_tar = head[257:262] == b"ustar"
    if not is_tar and head.lstrip()[:1] in {b"{", b"["} and member.size <= _JSON_LIMIT_BYTES:
        documents[path] = head + source.read()
        return
    if path in blobs or not head:
        return
    kind = _compression(head)
    if kind == "none" and not is_tar and any(head):
        return
    body = _Counting(_Joined(head, source), compress=kind == "none")
    blobs[path] = _Blob(member.size, kind != "none", 0, _changes(body, kind))
    body.drain()
    blobs[path].gzip_size = body.gzip_size()


def _compression(head: bytes) -> str:
    if head.startswith(_GZIP):
        return "gzip"
    return "zstd" if head.startswith(_ZSTD) else "none"


def _changes(source: Any, kind: str) -> list[tuple[str, str, int, str]]:
    """List (path, kind, bytes, link target) of a layer; kind is f, d, h(ard link) or o(ther)."""
    plain = source
    if kind == "gzip":
        plain = gzip.GzipFile(fileobj=source)
    elif kind == "zstd":
        import zstandard  # noqa: PLC0415

        plain = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True)
    found = []
    with tarfile.open(fileobj=plain, mode="r|", bufsize=1 << 18) as layer:
        for member in layer:
            path = _clean(member.name)
            letter = "f" if member.isreg() else "d" if member.isdir() else "o"
            letter = "h" if member.islnk() else letter
            size = member.size if letter == "f" else 0
            found.append((path, letter, size, _clean(member.linkname) if letter == "h" else ""))
    return found


def _clean(path: str) -> str:
    return "/".join(part for part in path.split("/") if part not in {"", "."})


def _sizes(
    documents: dict[str, bytes], blobs: dict[str, _Blob], links: dict[str, str]
) -> ImageSizes:
    manifest = json.loads(documents["manifest.json"])
    if len(manifest) != 1:
        raise ValueError(f"it holds {len(manifest)} images, not one")
    names = [str(name) for name in manifest[0]["Layers"]]
    layers = [blobs[posixpath.normpath(links.get(name, name))] for name in names]
    config_bytes = len(documents[manifest[0]["Config"]])
    listed = tuple(
        LayerSize(
            digest="sha256:" + name.removesuffix("/layer.tar").rpartition("/")[2],
            compressed_bytes=blob.size if blob.compressed else blob.gzip_size,
            files=sum(1 for change in blob.changes if change[1] == "f"),
            file_bytes=sum(change[2] for change in blob.changes),
        )
        for name, blob in zip(names, layers, strict=True)
    )
    return ImageSizes(
        pull_bytes=config_bytes + sum(layer.compressed_bytes for layer in listed),
        unpacked_bytes=merged_bytes([blob.changes for blob in layers]),
        estimated=not all(blob.compressed for blob in layers),
        layers=listed,
    )


def merged_bytes(layers: list[list[tuple[str, str, int, str]]]) -> int:
    """Give the file bytes of the tree that layers merge to.

    Whiteouts and opaque folders are those of the OCI image specification's layer format.

    >>> merged_bytes([[("a/b", "f", 5, "")], [("a/.wh.b", "f", 0, ""), ("c", "f", 2, "")]])
    2
    """
    tree: dict[str, _Entry] = {}
    for number, changes in enumerate(layers):
        # Whiteouts hide lower layers only, wherever in the layer they stand.
        for path, *_ in changes:
            folder, _, name = path.rpartition("/")
            if name == OPAQUE:
                _hide_below(tree, folder)
            elif name.startswith(WHITEOUT):
                _hide(tree, f"{folder}/{name.removeprefix(WHITEOUT)}".strip("/"))
        for path, letter, size, target in changes:
            if not path or path.rpartition("/")[2].startswith(WHITEOUT):
                continue
            old = tree.get(path)
            if old is not None and old.is_folder and letter != "d":
                _hide_below(tree, path)
            _parents(tree, path)
            linked = tree.get(target) if letter == "h" else None
            inode = linked.inode if linked else (number, path)
            tree[path] = _Entry(linked.size if linked else size, inode, letter == "d")
    return sum({entry.inode: entry.size for entry in tree.values()}.values())


def _parents(tree: dict[str, _Entry], path: str) -> None:
    """Put the folders above a path in the tree; not every builder writes entries for them."""
    folder = path.rpartition("/")[0]
    while folder and folder not in tree:
        tree[folder] = _Entry(0, (-1, folder), is_folder=True)
        folder = folder.rpartition("/")[0]


def _hide(tree: dict[str, _Entry], path: str) -> None:
    entry = tree.pop(path, None)
    if entry is None or entry.is_folder:
        _hide_below(tree, path)


def _hide_below(tree: dict[str, _Entry], folder: str) -> None:
    start = f"{folder}/" if folder else ""
    for path in [path for path in tree if path.startswith(start)]:
        del tree[path]


class _Stream(io.RawIOBase):
    """Chunks of bytes as a file that can be read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts = [self._rest]
        have = len(self._rest)
        while have < size or size < 0:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            have += len(chunk)
        data = b"".join(parts)
        cut = len(data) if size < 0 else size
        self._rest = data[cut:]
        return data[:cut]


class _Joined(io.RawIOBase):
    """A head that was read already, and the rest of its file."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(size)
        if size < 0:
            data, self._head = self._head, b""
            return data + self._rest.read()
        data, self._head = self._head[:size], self._head[size:]
        return data


class _Counting(io.RawIOBase):
    """Passes bytes on and, for an uncompressed layer, counts what gzip makes of them."""

    def __init__(self, source: IO[bytes] | _Joined, *, compress: bool) -> None:
        self._source = source
        self._compressor = zlib.compressobj(6, zlib.DEFLATED, 31) if compress else None
        self._size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        if self._compressor is not None:
            self._size += len(self._compressor.compress(data))
        return data

    def drain(self) -> None:
        while self.read(1 << 20):
            pass

    def gzip_size(self) -> int:
        if self._compressor is None:
            return 0
        return self._size + len(self._compressor.flush())
