"""The embedded engine's own blobs: an image becomes an OCI layout without being written out.

An engine takes about a second for 50 MB of an image that it writes out; these files are ours, and
are linked to. Other engines' stores are not ours to look into.

Source: containerd's content store, docs/content-flow.md: `blobs/ALGORITHM/HEX` of each digest.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

from careen.engine.embedded import EmbeddedEngine
from careen.engine.oci_layout import write_index
from careen.errors import ArchiveError
from careen.image.read import manifest
from careen.image.read.archive import blob_name

if TYPE_CHECKING:
    from pathlib import Path

    from careen.engine.find import Endpoint

_MOST_MANIFEST_BYTES = 4 << 20


def store_of(endpoint: Endpoint) -> Path | None:
    """Give the folder of an engine's blobs; None where the engine is not the embedded one."""
    own = EmbeddedEngine()
    return own.content_folder if endpoint.host == own.host else None


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
        for blob in {one.digest for one in (found.config, *found.layers)}:
            _link(store / blob_name(blob), folder / blob_name(blob))
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        return False
    write_index(folder, digest, data)
    return True


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
