"""The parts of an archive as `docker save` writes it.

Source: the image specification of Docker 1.2, "Combined Image JSON + Filesystem Changeset Format".
"""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def add_manifest(archive: tarfile.TarFile, config: str, layers: Sequence[str], name: str) -> None:
    """Add the manifest.json of one image.

    Args:
        archive: open for writing.
        config: the member that is its configuration.
        layers: the members that are its layers, from the base upwards.
        name: of the image, with its tag.
    """
    document = [{"Config": config, "RepoTags": [name], "Layers": list(layers)}]
    add_bytes(archive, "manifest.json", json.dumps(document).encode())


def add_bytes(archive: tarfile.TarFile, path: str, data: bytes) -> None:
    """Add a regular file."""
    member = tarfile.TarInfo(path)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))
