"""The embedded engine's own blobs: an image is read, and becomes an OCI layout, without a copy.

An engine takes about a second for 50 MB of an image that it writes out; these files are ours.
Other engines' stores are not ours to look into.

Source: containerd's content store, docs/content-flow.md: `blobs/ALGORITHM/HEX` of each digest.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

from careen.engine.embedded import EmbeddedEngine
from careen.engine.oci_layout import layout_files, write_index
from careen.errors import ArchiveError
from careen.image.read import manifest
from careen.image.read.archive import blob_name, open_files
from careen.image.read.files import FolderFiles

if TYPE_CHECKING:
    from pathlib import Path

    from careen.engine.find import Endpoint
    from careen.image.read.archive import ArchiveReader

_MOST_MANIFEST_BYTES = 4 << 20


def store_of(endpoint: Endpoint) -> Path | None:
    """Give the folder of an engine's blobs; None where the engine is not the embedded one."""
    own = EmbeddedEngine()
    return own.content_folder if endpoint.host == own.host else None


class StoreFiles(FolderFiles):
    """The files of a store as those of an OCI layout of one of its images.

    Args:
        store: the folder that has `blobs`.
        digest: of the image's manifest.
        data: the manifest.
    """

    def __init__(self, store: Path, digest: str, data: bytes) -> None:
        super().__init__(store)
        self._made = layout_files(digest, data)

    def has(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return name in self._made or super().has(name)

    def text(self, name: str) -> bytes:
        """Give a small file as a whole."""
        return self._made[name] if name in self._made else super().text(name)


def open_store(store: Path, digest: str, platform: str = "") -> ArchiveReader | None:
    """Open an image of a store; the caller closes it.

    What is open stays readable though the engine should remove the image meanwhile.

    Args:
        store: the folder that has `blobs`.
        digest: of the image's manifest or index.
        platform: `os/arch[/variant]`; "" is the machine's own.

    Returns:
        None where the store lacks a blob, or may not be read.

    Raises:
        ArchiveError: it is no image, or has none for this platform.
    """
    try:
        digest, data, blobs = _chosen(store, digest, platform)
        if not all(os.access(store / name, os.R_OK) for name in blobs):
            return None
    except OSError:
        return None
    files = StoreFiles(store, digest, data)
    if all(map(files.has, blobs)):
        return open_files(files, platform=platform)
    files.close()
    return None


def link_layout(store: Path, digest: str, folder: Path, platform: str = "") -> bool:
    """Make an OCI layout of one image of a store, of links where the file systems are the same.

    A link keeps a blob though the engine should remove its image meanwhile.

    Args:
        store: the folder that has `blobs`.
        digest: of the image's manifest or index.
        folder: made for it.
        platform: `os/arch[/variant]`; "" is the machine's own.

    Returns:
        whether it was made; where not, the store lacks a blob, or may not be read.

    Raises:
        ArchiveError: it is no image, or has none for this platform.
    """
    try:
        digest, data, blobs = _chosen(store, digest, platform)
        for name in blobs:
            _link(store / name, folder / name)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        return False
    write_index(folder, digest, data)
    return True


def _chosen(store: Path, digest: str, platform: str) -> tuple[str, bytes, list[str]]:
    """Give a platform's manifest, its digest, and the names of its blobs in a layout.

    Raises:
        ArchiveError: it is no image, or has none for this platform.
        OSError: the store lacks it, or it may not be read.
    """
    data = _small(store, digest)
    document = manifest.parse_object(data, "the manifest")
    if manifest.is_index(document):
        chosen = manifest.choose(
            manifest.index_entries(document),
            lambda descriptor: _small(store, descriptor.digest),
            platform,
        )
        digest, data = chosen.digest, chosen.data
        document = manifest.parse_object(data, "the manifest")
    found = manifest.parse_manifest(document)
    blobs = (found.config, *found.layers)
    return digest, data, list(dict.fromkeys(blob_name(one.digest) for one in blobs))


def _small(store: Path, digest: str) -> bytes:
    with (store / blob_name(digest)).open("rb") as file:
        data = file.read(_MOST_MANIFEST_BYTES + 1)
    if len(data) > _MOST_MANIFEST_BYTES:
        raise ArchiveError(f"the manifest {digest} has over {_MOST_MANIFEST_BYTES} bytes")
    return data


def _link(blob: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        os.link(blob, place)
        return
    shutil.copyfile(blob, place)
