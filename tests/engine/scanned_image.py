"""A small image to be scanned, made by hand: packages of three managers, secrets that are removed.

Run as a program it writes the archive that tests/data/scan was captured from, see its README.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Put together here, so that no scanner of this repository takes them for real ones.
AWS_KEY = "AKIA" + "Z7Q2M4X6N8P3R5T7"
GITHUB_TOKEN = "ghp_" + "012345678901234567890123456789abcdef"
PRIVATE_KEY = "\n".join(
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        *["MIIEowIBAAKCAQEAx5s3v1Zb0m8dQ2k7Jp4Lw9Tf6Yh3Rn1Uc8Ve5Xg2Ba7Md4K"] * 6,
        "-----END RSA " + "PRIVATE KEY-----",
        "",
    ]
)
_STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.41-1
Maintainer: nobody <nobody@example.org>
Description: a library

Package: bash
Status: install ok installed
Architecture: amd64
Version: 1:5.2.37-2+b5
Maintainer: nobody <nobody@example.org>
Description: a shell
"""
_OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n'
_SITE = "usr/lib/python3/dist-packages"


def write_image(path: Path) -> Path:
    """Write the image as an archive of `docker save`."""
    layers, config = _contents()
    names = [f"{number}.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": ["scanned:1"], "Layers": names}]
    parts = {
        "config.json": config,
        **dict(zip(names, layers, strict=True)),
        "manifest.json": json.dumps(manifest).encode(),
    }
    path.write_bytes(_layer(parts))
    return path


def write_oci_archive(path: Path) -> Path:
    """Write it as an OCI layout in a tar whose names begin with `./`, as tar itself writes them."""
    layers, config = _contents()
    kind = "application/vnd.oci.image."
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"{kind}manifest.v1+json",
            "config": _descriptor(f"{kind}config.v1+json", config),
            "layers": [_descriptor(f"{kind}layer.v1.tar", layer) for layer in layers],
        }
    ).encode()
    index = {
        "schemaVersion": 2,
        "manifests": [_descriptor(f"{kind}manifest.v1+json", manifest)],
    }
    blobs = {f"./blobs/sha256/{_digest(data)[7:]}": data for data in (*layers, config, manifest)}
    parts = {
        "./oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "./index.json": json.dumps(index).encode(),
        **blobs,
    }
    path.write_bytes(_layer(parts))
    return path


def _contents() -> tuple[list[bytes], bytes]:
    """Give the layers and the configuration."""
    files: dict[str, str | bytes] = {
        "etc/os-release": _OS_RELEASE,
        "etc/debian_version": "13.1\n",
        "var/lib/dpkg/status": _STATUS,
        f"{_SITE}/holey-1.0.dist-info/METADATA": (
            "Metadata-Version: 2.1\nName: holey\nVersion: 1.0\nLicense: MIT\n"
        ),
        f"{_SITE}/holey-1.0.dist-info/RECORD": "",
        "app/node_modules/left/package.json": json.dumps({"name": "left", "version": "1.2.3"}),
        "app/Dockerfile": "FROM debian:13-slim\nRUN true\n",
        "app/some.jar": _jar(),
        "app/.env": f"AWS_ACCESS_KEY_ID={AWS_KEY}\nGH={GITHUB_TOKEN}\n",
        "app/id_rsa": PRIVATE_KEY,
        "app/kept.env": f"AWS_ACCESS_KEY_ID={AWS_KEY}\n",
    }
    layers = [_layer(files), _layer({"app/.wh..env": "", "app/.wh.id_rsa": ""})]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin", f"AWS_ACCESS_KEY_ID={AWS_KEY}"], "Labels": {}},
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer) for layer in layers]},
        "history": [{"created_by": "COPY . /app"}, {"created_by": "RUN rm /app/.env /app/id_rsa"}],
    }
    return layers, json.dumps(config).encode()


def _descriptor(kind: str, data: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": _digest(data), "size": len(data)}


def _layer(files: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


def _jar() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF"), "Manifest-Version: 1.0\n")
    return target.getvalue()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


if __name__ == "__main__":
    write_image(Path(sys.argv[1]))
