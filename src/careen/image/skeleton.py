"""Writes an image's tree without what is in its files: enough for who asks for names and modes."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

from careen.image.docker_archive import add_bytes, add_manifest
from careen.image.layer import FILE, FOLDER, HARD_LINK, SYMLINK
from careen.image.read.manifest import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from careen.image.layer import Entry
    from careen.image.merged import Merged

_TYPES = {
    FILE: tarfile.REGTYPE,
    # An unpacking engine gives the file the mode and the owner that its last link has, too.
    HARD_LINK: tarfile.REGTYPE,
    FOLDER: tarfile.DIRTYPE,
    SYMLINK: tarfile.SYMTYPE,
}
_CONFIG, _LAYER = "config.json", "layer.tar"


def write_skeleton(merged: Merged, config: Mapping[str, Any], name: str, sink: IO[bytes]) -> None:
    """Write an archive as `docker save` does, of one layer whose files are all empty.

    Folders, files, links, modes and owners are those of the image, and so is its configuration but
    for the list of layers; devices and pipes are left out.

    Args:
        merged: the image's tree.
        config: its configuration.
        name: of the image, with its tag.
        sink: what is written to.
    """
    layer = _layer(merged)
    rootfs = {"type": "layers", "diff_ids": [digest_of(layer)]}
    kept = {key: value for key, value in config.items() if key != "history"}
    with tarfile.open(fileobj=sink, mode="w") as archive:
        add_bytes(archive, _CONFIG, json.dumps(kept | {"rootfs": rootfs}).encode())
        add_bytes(archive, _LAYER, layer)
        add_manifest(archive, _CONFIG, [_LAYER], name)


def _layer(merged: Merged) -> bytes:
    written = io.BytesIO()
    with tarfile.open(
        fileobj=written,
        mode="w",
        format=tarfile.GNU_FORMAT,
        encoding="utf-8",
        errors="surrogateescape",
    ) as layer:
        for path, node in merged.walk():
            if node.entry.kind in _TYPES:
                layer.addfile(_member(path, node.entry))
    return written.getvalue()


def _member(path: str, entry: Entry) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type = _TYPES[entry.kind]
    member.mode, member.uid, member.gid = entry.mode, entry.uid, entry.gid
    member.mtime = entry.mtime
    member.linkname = entry.link if entry.kind == SYMLINK else ""
    return member
