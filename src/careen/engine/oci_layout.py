"""OCI layouts: the files that stand beside the blobs, and the archive that holds the same image."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

from careen.image.docker_archive import add_manifest
from careen.image.read import manifest
from careen.image.read.archive import blob_name

if TYPE_CHECKING:
    from pathlib import Path


def write_index(folder: Path, digest: str, data: bytes) -> None:
    """Make a folder with blobs the layout of one image.

    Args:
        folder: has `blobs`.
        digest: of the image's manifest.
        data: the manifest.
    """
    place = folder / blob_name(digest)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    for name, text in layout_files(digest, data).items():
        (folder / name).write_bytes(text)


def layout_files(digest: str, data: bytes) -> dict[str, bytes]:
    """Give the files that stand beside the blobs of one image, by their names.

    Args:
        digest: of the image's manifest.
        data: the manifest.

    Source: the OCI image specification, image-layout.md.
    """
    document = manifest.parse_object(data, "the manifest")
    media_type = str(document.get("mediaType") or "application/vnd.oci.image.manifest.v1+json")
    entry = {"mediaType": media_type, "digest": digest, "size": len(data)}
    return {
        "index.json": json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode(),
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
    }


def write_docker_archive(layout: Path, path: Path, name: str) -> None:
    """Write the only image of a layout as `docker save` would, its blobs as they are.

    Args:
        layout: as `write_index` made it.
        path: of the archive.
        name: of the image, with its tag.

    Source: what Docker 25 and later write: the same folder of blobs, with manifest.json beside it.
    """
    (entry,) = json.loads((layout / "index.json").read_bytes())["manifests"]
    found = manifest.parse_manifest(
        manifest.parse_object((layout / blob_name(entry["digest"])).read_bytes(), "the manifest")
    )
    config, *layers = (blob_name(blob.digest) for blob in (found.config, *found.layers))
    with tarfile.open(path, "w") as archive:
        for each in dict.fromkeys([config, *layers]):
            archive.add(layout / each, each)
        add_manifest(archive, config, layers, name)
