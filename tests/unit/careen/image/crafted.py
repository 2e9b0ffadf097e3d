"""The nine images that facts are known of, each two or three layers, and the tar that a tool reads.

Run as a program it writes them as `docker save` archives, see tests/data/dive/README.md.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from careen.image.layer import FILE, FOLDER, HARD_LINK, SYMLINK, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MB = 1_000_000
_KINDS = {
    FILE: tarfile.REGTYPE,
    FOLDER: tarfile.DIRTYPE,
    SYMLINK: tarfile.SYMTYPE,
    HARD_LINK: tarfile.LNKTYPE,
    "c": tarfile.CHRTYPE,
    "p": tarfile.FIFOTYPE,
}


def file(path: str, size: int = 0, content: int = 0, mode: int = 0o644) -> Entry:
    """A file; equal *content* stands for equal bytes."""
    return Entry(path, FILE, size, mode=mode, content=content if size else 0)


def folder(path: str, mode: int = 0o755) -> Entry:
    return Entry(path, FOLDER, mode=mode)


def symlink(path: str, target: str) -> Entry:
    return Entry(path, SYMLINK, mode=0o777, link=target)


def hard_link(path: str, target: str) -> Entry:
    return Entry(path, HARD_LINK, link=target)


_TWO_MB = [folder("d"), file("d/x", MB, 1), file("d/y", MB, 2)]
CASES: dict[str, list[list[Entry]]] = {
    "overwrite": [[file("a", MB, 1)], [file("a", MB, 2)]],
    "remove-directory": [[*_TWO_MB], [file(".wh.d")]],
    "opaque-directory": [[*_TWO_MB], [folder("d"), file("d/.wh..wh..opq"), file("d/z", 10, 3)]],
    "directory-becomes-link": [[*_TWO_MB], [symlink("d", "e")]],
    "absent-whiteout": [
        [file("a", MB, 1), file("b", MB, 2)],
        list(map(file, (".wh.0", ".wh.a", ".wh.b"))),
    ],
    "file-becomes-hard-link": [
        [file("a", MB, 1), file("b", MB, 2)],
        [file("a", MB, 1), hard_link("b", "a")],
    ],
    "remove-then-add": [[file("a", MB, 1)], [file(".wh.a")], [file("a", MB, 2)]],
    "same-content": [[folder("d"), file("d/x", MB, 1)], [folder("e"), file("e/y", MB, 1)]],
    "chmod": [[file("a", MB, 1)], [file("a", MB, 1, mode=0o755)]],
}


def tar(entries: Iterable[Entry]) -> bytes:
    """Give the uncompressed tar of a layer."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as layer:
        for entry in entries:
            member = tarfile.TarInfo(entry.path)
            member.type, member.mode, member.linkname = _KINDS[entry.kind], entry.mode, entry.link
            member.size = entry.size
            data = bytes([entry.content % 256]) * entry.size
            layer.addfile(member, io.BytesIO(data) if entry.kind == FILE else None)
    return target.getvalue()


def docker_archive(layers: Sequence[Iterable[Entry]]) -> bytes:
    """Give an image as `docker save` wrote it before Docker 25."""
    tars = [tar(layer) for layer in layers]
    diff_ids = ["sha256:" + hashlib.sha256(data).hexdigest() for data in tars]
    history = [{"created_by": f"layer {number}"} for number in range(len(tars))]
    config = {"history": history, "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    names = [f"{number:064x}/layer.tar" for number in range(len(tars))]
    manifest = [{"Config": "config.json", "RepoTags": ["crafted:latest"], "Layers": names}]
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        documents = {"config.json": config, "manifest.json": manifest}
        files = {name: json.dumps(document).encode() for name, document in documents.items()}
        for name, data in {**dict(zip(names, tars, strict=True)), **files}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


if __name__ == "__main__":
    for name, layers in CASES.items():
        Path(sys.argv[1], f"{name}.tar").write_bytes(docker_archive(layers))
