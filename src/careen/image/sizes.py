"""The sizes of an image, computed from its archive: manifest, layers and the merged tree."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from careen.errors import ArchiveError, EngineError
from careen.image.accounting import account
from careen.image.layer import FILE
from careen.image.read.archive import open_stream
from careen.image.read.chunks import Chunks
from careen.image.read.files import clean
from careen.image.tree import merge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from careen.image.read.archive import ArchiveReader
    from careen.image.read.blob import Blob
    from careen.image.read.stored import StoredLayer


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


def measure(archive: Iterable[bytes]) -> ImageSizes:
    """Measure an image from the chunks of its `docker save` archive, read once.

    Args:
        archive: the tar stream; an attestation in it is not counted. Of uncompressed layers, what
            gzip makes of them is computed exactly.

    Raises:
        EngineError: the stream is no image archive, or it was cut off.
    """
    try:
        return _sizes(open_stream(Chunks(archive), exact=True))
    except (ArchiveError, OSError) as error:
        raise EngineError(
            f"the image's archive cannot be read: {error.args[0] if error.args else error}",
            hint="run the command again; the engine may have ended while it wrote",
        ) from None


def _sizes(reader: ArchiveReader) -> ImageSizes:
    image = reader.image
    blobs = [reader.read(number) for number in range(len(image.layers))]
    layers = tuple(map(_layer_size, image.layers, blobs))
    return ImageSizes(
        pull_bytes=image.config_bytes + sum(layer.compressed_bytes for layer in layers),
        unpacked_bytes=account(merge([blob.layer for blob in blobs])).unpacked_bytes,
        estimated=any(blob.compression == "none" for blob in blobs),
        layers=layers,
    )


def _layer_size(stored: StoredLayer, blob: Blob) -> LayerSize:
    name = clean(stored.place).removesuffix("/layer.tar").rpartition("/")[2]
    return LayerSize(
        digest=stored.digest or f"sha256:{name}",
        compressed_bytes=blob.gzip_bytes or blob.compressed_bytes,
        files=blob.layer.kinds.count(FILE),
        file_bytes=sum(blob.layer.sizes),
    )
