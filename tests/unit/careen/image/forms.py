"""One small image in every form that an image comes in, made by hand with tarfile and json."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

OCI = "application/vnd.oci.image"


def tar(files: Mapping[str, bytes | str | None]) -> bytes:
    """Give a tar: text is a symbolic link's target, None is a folder."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            if isinstance(data, bytes):
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
            else:
                info.type = tarfile.DIRTYPE if data is None else tarfile.SYMTYPE
                info.linkname = data or ""
                archive.addfile(info)
    return sink.getvalue()


STATUS = b"Package: libc6\nStatus: install ok installed\n"
BASE = tar(
    {
        "etc": None,
        "etc/os-release": b"ID=debian\n",
        "var/lib/dpkg/status": STATUS,
        "a/one": b"1" * 5000,
        "a/two": bytes(range(256)) * 20,
        "a/link": "one",
        "n\udcff\u00e9": b"odd name",
    }
)
TOP = tar({"a/.wh.one": b"", "three": b"3" * 700})
LAYERS = (BASE, TOP, BASE)
CREATED_BY = ("ADD rootfs.tar /", "RUN rm /a/one # buildkit", "COPY . . # buildkit")


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def hexed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def blob(data: bytes) -> str:
    return f"blobs/sha256/{hexed(data)}"


def config(layers: Sequence[bytes] = LAYERS, architecture: str = "amd64", **more: Any) -> bytes:
    history: list[dict[str, Any]] = [{"created_by": text} for text in CREATED_BY[: len(layers)]]
    history.insert(1, {"created_by": "ENV A=1", "empty_layer": True})
    document = {
        "os": "linux",
        "architecture": architecture,
        "config": {"Labels": {"a": "b"}},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
        "history": history,
    }
    return json.dumps(document | more).encode()


COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "none": lambda data: data,
    "gzip": lambda data: gzip.compress(data, 6, mtime=0),
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
SUFFIX = {"none": "", "gzip": "+gzip", "zstd": "+zstd"}


def descriptor(kind: str, data: bytes, **more: Any) -> dict[str, Any]:
    return {
        "mediaType": f"{OCI}.{kind}",
        "digest": digest(data),
        "size": len(data),
    } | more


def manifest(config_data: bytes, blobs: Sequence[bytes], kind: str) -> bytes:
    layer = f"layer.v1.tar{SUFFIX[kind]}"
    document = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": descriptor("config.v1+json", config_data),
        "layers": [descriptor(layer, data) for data in blobs],
    }
    return json.dumps(document).encode()


def platform(architecture: str, **more: str) -> dict[str, Any]:
    return {"platform": {"os": "linux", "architecture": architecture, **more}}


def index(*entries: Mapping[str, Any]) -> bytes:
    return json.dumps({"schemaVersion": 2, "manifests": list(entries)}).encode()


def named(name: str) -> dict[str, Any]:
    notes = {
        "io.containerd.image.name": f"docker.io/library/{name}",
        "org.opencontainers.image.ref.name": name.rpartition(":")[2],
    }
    return {"annotations": notes}


def oci_files(
    kind: str, layers: Sequence[bytes] = LAYERS, architecture: str = "amd64", name: str = "x:1"
) -> dict[str, bytes]:
    """Give the files of an OCI layout, an attestation among them."""
    blobs = [COMPRESS[kind](layer) for layer in layers]
    settings = config(layers, architecture)
    main = manifest(settings, blobs, kind)
    statement = b'{"_type": "https://in-toto.io/Statement/v0.1"}'
    attest = manifest(b"{}", [statement], "none")
    reference = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    inner = index(
        descriptor("manifest.v1+json", main, **platform(architecture)),
        descriptor("manifest.v1+json", attest, **platform("unknown"), **reference),
    )
    files = {
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "index.json": index(descriptor("index.v1+json", inner, **named(name))),
    }
    for data in (settings, main, statement, attest, b"{}", inner, *blobs):
        files[blob(data)] = data
    return files


def docker_manifest(
    layers: Sequence[str], config_name: str, tags: Sequence[str] = ("x:1",)
) -> bytes:
    return json.dumps(
        [{"Config": config_name, "RepoTags": list(tags), "Layers": list(layers)}]
    ).encode()


def new_docker_files(kind: str) -> dict[str, bytes]:
    """Give what `docker save` of Docker 25 and later writes."""
    names = [blob(COMPRESS[kind](layer)) for layer in LAYERS]
    return {**oci_files(kind), "manifest.json": docker_manifest(names, blob(config()))}


def old_docker_files() -> dict[str, bytes | str]:
    """Give what `docker save` wrote before: a layer that comes twice is a link."""
    names = [f"{number:064x}/layer.tar" for number in range(3)]
    return {
        names[0]: BASE,
        names[1]: TOP,
        names[2]: f"../{names[0]}",
        f"{hexed(config())}.json": config(),
        "manifest.json": docker_manifest(names, f"{hexed(config())}.json"),
        "repositories": b'{"x": {"1": "2"}}',
    }


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def write_tar(path: Path, files: Mapping[str, bytes | str], kind: str = "none") -> Path:
    path.write_bytes(COMPRESS[kind](tar(files)))
    return path
