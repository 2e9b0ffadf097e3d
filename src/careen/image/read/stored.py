"""An image that has been found, before its layers are read, and how it becomes an `Image`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from careen.image.model import Image, LayerFacts
from careen.image.read import manifest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from careen.image.read.blob import Blob
    from careen.image.tar.limits import Limits


@dataclass(frozen=True)
class StoredLayer:
    """What is known of a layer before it is read.

    Attributes:
        place: where its blob is, in the words of the store, such as a member's name.
        digest: of the blob; "" where nobody says it.
        diff_id: of the tar in it; "" where nobody says it.
        size: the blob's bytes; None where nobody says it.
        instruction: of the history.
    """

    place: str
    digest: str
    diff_id: str
    size: int | None
    instruction: str


class Origin(NamedTuple):
    """The bytes of a file that a layer was read from, as far as its metadata tells them apart.

    Attributes:
        device: of the file, and so on as `os.stat_result` has them.
        inode: likewise.
        file_bytes: likewise.
        mtime_ns: likewise.
        ctime_ns: likewise; nobody can set it back.
        offset: of the layer's first byte.
        size: of its blob.
    """

    device: int
    inode: int
    file_bytes: int
    mtime_ns: int
    ctime_ns: int
    offset: int
    size: int


@dataclass(frozen=True)
class StoredImage:
    """What is known of an image before its layers are read: see `careen.image.model.Image`.

    Attributes:
        config_data: the configuration as it stands there; b"" where there is none.
    """

    source: str
    platform: str
    digest: str
    config: Mapping[str, Any]
    config_bytes: int
    layers: tuple[StoredLayer, ...]
    config_data: bytes = b""


class Reader(Protocol):
    """An image that is open: the same for archives, folders, streams and registries.

    Attributes:
        image: what is known of it.
        is_file: whether several layers can be read at the same time, in forked processes too.
    """

    image: StoredImage
    is_file: bool

    def compression(self, number: int) -> str:
        """Tell how a layer's blob is compressed, from its first bytes."""
        ...

    def origin(self, number: int) -> Origin | None:
        """Tell where a layer's bytes stand; None where they are in no file, or are hashed anyway.

        What a file is may change while it is open: ask before and after its layer is read.
        """
        ...

    def read(
        self, number: int, *, exact: bool = False, verify: bool = True, limits: Limits | None = None
    ) -> Blob:
        """Read a layer and see that its bytes are the right ones, see `read_blob`."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


def stored_image(
    source: str,
    config_data: bytes,
    layers: Sequence[tuple[str, str, int | None]],
    *,
    digest: str = "",
    platform: str = "",
) -> StoredImage:
    """Put together what the documents say.

    Args:
        source: as `Image.source`.
        config_data: the configuration.
        layers: (place, digest, size) of each, see `StoredLayer`.
        digest: of the manifest.
        platform: as the index says; the configuration's counts where it names one.

    Raises:
        ArchiveError: they do not fit each other.
    """
    config = manifest.parse_config(config_data)
    count = len(layers)
    facts = zip(
        layers,
        manifest.diff_ids(config, count),
        manifest.instructions(config, count),
        strict=True,
    )
    return StoredImage(
        source=source,
        platform=manifest.config_platform(config) or platform,
        digest=digest,
        config=config,
        config_bytes=len(config_data),
        config_data=config_data,
        layers=tuple(
            StoredLayer(place, said, diff_id, size, instruction)
            for (place, said, size), diff_id, instruction in facts
        ),
    )


def finished(name: str, stored: StoredImage, blobs: Sequence[Blob]) -> Image:
    """Make the image, once its layers are read."""
    return Image(
        name=name,
        source=stored.source,
        platform=stored.platform,
        digest=stored.digest,
        config=stored.config,
        config_bytes=stored.config_bytes,
        facts=tuple(
            LayerFacts(
                digest=layer.digest,
                diff_id=layer.diff_id or blob.layer.diff_id,
                compressed_bytes=blob.gzip_bytes or blob.compressed_bytes,
                compression=blob.compression,
                estimated=blob.compression == "none",
                instruction=layer.instruction,
                verified=blob.layer.diff_id != "",
            )
            for layer, blob in zip(stored.layers, blobs, strict=True)
        ),
        layers=tuple(blob.layer for blob in blobs),
    )
