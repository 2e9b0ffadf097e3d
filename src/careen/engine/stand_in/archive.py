"""An image archive that `docker load` takes, made from layers: the OCI layout in a tar file."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Protocol

from careen.engine.stand_in import recipe as recipes
from careen.image.read.archive import blob_name
from careen.image.read.manifest import digest_of

if TYPE_CHECKING:
    from pathlib import Path

    from careen.engine.stand_in.recipe import Recipe
    from careen.engine.stand_in.rootfs import RootFs

_OCI = "application/vnd.oci.image"


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


@dataclass(frozen=True)
class Layer:
    """A compressed layer on disk.

    Attributes:
        path: the gzip file.
        digest: of the compressed bytes, `sha256:...`.
        diff_id: of the tar inside, `sha256:...`.
        size_bytes: of the compressed file.
    """

    path: Path
    digest: str
    diff_id: str
    size_bytes: int


def write_layer(root: RootFs, path: Path) -> Layer:
    """Write a root file system as a gzip-compressed layer, the same bytes for the same files."""
    with path.open("wb") as file:
        outer = _Digest(file)
        # No name and no time in the gzip header: the digest depends on the content alone.
        with gzip.GzipFile(
            fileobj=outer, mode="wb", compresslevel=6, mtime=0, filename=""
        ) as zipped:
            inner = _Digest(zipped)
            root.write_tar(inner)
    return Layer(path, outer.digest, inner.digest, path.stat().st_size)


def write_image(recipe: Recipe, layers: list[Layer], architecture: str, sink: IO[bytes]) -> None:
    """Write the archive: an OCI layout with Docker's manifest.json beside its index."""
    config = json.dumps(_config(recipe, layers, architecture), sort_keys=True).encode()
    manifest = json.dumps(_manifest(config, layers), sort_keys=True).encode()
    name = recipe.tag
    index = {
        "schemaVersion": 2,
        "manifests": [
            {
                "mediaType": f"{_OCI}.manifest.v1+json",
                **_descriptor(manifest),
                "platform": {"os": "linux", "architecture": architecture},
                "annotations": {
                    "io.containerd.image.name": name,
                    "org.opencontainers.image.ref.name": name.rpartition(":")[2],
                },
            }
        ],
    }
    docker = [
        {
            "Config": blob_name(digest_of(config)),
            "RepoTags": [name],
            "Layers": [blob_name(layer.digest) for layer in layers],
        }
    ]
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, data in (
            ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'),
            ("index.json", json.dumps(index, sort_keys=True).encode()),
            ("manifest.json", json.dumps(docker, sort_keys=True).encode()),
            (blob_name(digest_of(config)), config),
            (blob_name(digest_of(manifest)), manifest),
        ):
            _add(archive, path, io.BytesIO(data), len(data))
        for layer in layers:
            with layer.path.open("rb") as source:
                _add(archive, blob_name(layer.digest), source, layer.size_bytes)


def read_layers(image: Path, into: Path) -> list[Layer]:
    """Unpack the layers of an archive that `write_image` wrote into a folder."""
    with tarfile.open(image) as archive:
        [entry] = json.load(_member(archive, "manifest.json"))
        diff_ids = json.load(_member(archive, entry["Config"]))["rootfs"]["diff_ids"]
        layers = []
        for blob, diff_id in zip(entry["Layers"], diff_ids, strict=True):
            digest = blob.removeprefix("blobs/").replace("/", ":")
            path = into / digest.rpartition(":")[2]
            with _member(archive, blob) as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink)
            layers.append(Layer(path, digest, diff_id, path.stat().st_size))
    return layers


def _member(archive: tarfile.TarFile, path: str) -> IO[bytes]:
    source = archive.extractfile(path)
    if source is None:
        raise KeyError(path)
    return source


def _config(recipe: Recipe, layers: list[Layer], architecture: str) -> dict[str, object]:
    created = datetime.fromtimestamp(recipe.source_date_epoch, UTC).isoformat()
    labels = {
        recipes.LABEL: "true",
        recipes.LABEL_RECIPE: recipe.hash,
        recipes.LABEL_FOR: recipe.reference,
        recipes.LABEL_SUMMARY: recipe.summary,
    }
    config: dict[str, object] = {
        "Env": list(recipe.env),
        "WorkingDir": recipe.working_dir,
        "Labels": labels,
    }
    config |= {"Cmd": list(recipe.cmd)} if recipe.cmd else {}
    config |= {"Entrypoint": list(recipe.entrypoint)} if recipe.entrypoint else {}
    config |= {"User": recipe.user} if recipe.user else {}
    config |= {"StopSignal": recipe.stop_signal} if recipe.stop_signal else {}
    note = f"careen stand-in for {recipe.reference}, recipe {recipe.hash}"
    return {
        "architecture": architecture,
        "os": "linux",
        "created": created,
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [{"created": created, "created_by": note} for _ in layers],
    }


def _manifest(config: bytes, layers: list[Layer]) -> dict[str, object]:
    return {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": {"mediaType": f"{_OCI}.config.v1+json", **_descriptor(config)},
        "layers": [
            {
                "mediaType": f"{_OCI}.layer.v1.tar+gzip",
                "digest": layer.digest,
                "size": layer.size_bytes,
            }
            for layer in layers
        ],
    }


def _descriptor(data: bytes) -> dict[str, object]:
    return {"digest": digest_of(data), "size": len(data)}


def _add(archive: tarfile.TarFile, path: str, source: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(path)
    info.size = size
    archive.addfile(info, source)


class _Digest(io.RawIOBase):
    """A sink that hashes what passes through it."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._hash.update(data)
        return self._sink.write(data)
