"""The files of an OCI layout that stand beside its blobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from careen.image.read import manifest

if TYPE_CHECKING:
    from pathlib import Path


def write_index(folder: Path, digest: str, data: bytes) -> None:
    """Make a folder with blobs the layout of one image.

    Args:
        folder: has `blobs`.
        digest: of the image's manifest.
        data: the manifest.

    Source: the OCI image specification, image-layout.md.
    """
    algorithm, _, hexadecimal = digest.partition(":")
    (folder / "blobs" / algorithm).mkdir(parents=True, exist_ok=True)
    (folder / "blobs" / algorithm / hexadecimal).write_bytes(data)
    document = manifest.parse_object(data, "the manifest")
    media_type = str(document.get("mediaType") or "application/vnd.oci.image.manifest.v1+json")
    entry = {"mediaType": media_type, "digest": digest, "size": len(data)}
    index = {"schemaVersion": 2, "manifests": [entry]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
