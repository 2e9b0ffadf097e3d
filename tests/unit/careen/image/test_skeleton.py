"""An image's names and modes as an archive, read again by the standard library."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

from careen.image.layer import FIFO, HARD_LINK, Entry, from_entries
from careen.image.skeleton import write_skeleton
from careen.image.tree import merge

from .crafted import file, folder, symlink

CONFIG = {"os": "linux", "config": {"Cmd": ["a"]}, "rootfs": {"diff_ids": ["x", "y"]}}
LAYERS = [
    [
        folder("app", 0o750),
        Entry("app/run", "f", 9, mode=0o4755, uid=5, gid=7, mtime=11, content=3),
        Entry("app/same", HARD_LINK, mode=0o4755, uid=5, gid=7, link="app/run"),
        symlink("lib", "usr/lib"),
        Entry("app/pipe", FIFO),
        file("app/gone", 4, 1),
        file("n\udce9", 4, 1),
    ],
    [file("app/.wh.gone"), folder("usr/lib"), file(f"usr/lib/{'long' * 40}", 1, 1)],
]


def members(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]


def test_names_modes_owners_and_links_are_the_image_s_and_no_file_has_bytes() -> None:
    sink = io.BytesIO()
    write_skeleton(merge(list(map(from_entries, LAYERS))), CONFIG, "a/b:c", sink)

    found = members(sink.getvalue())
    [document] = json.loads(found["manifest.json"])
    layer = found[document["Layers"][0]]
    with tarfile.open(fileobj=io.BytesIO(layer), errors="surrogateescape") as archive:
        told = {
            one.name: (one.type, one.mode, one.uid, one.gid, one.linkname, one.size)
            for one in archive
        }
    assert told == {
        "app": (tarfile.DIRTYPE, 0o750, 0, 0, "", 0),
        "app/run": (tarfile.REGTYPE, 0o4755, 5, 7, "", 0),
        "app/same": (tarfile.REGTYPE, 0o4755, 5, 7, "", 0),
        "lib": (tarfile.SYMTYPE, 0o777, 0, 0, "usr/lib", 0),
        "n\udce9": (tarfile.REGTYPE, 0o644, 0, 0, "", 0),
        "usr": (tarfile.DIRTYPE, 0o755, 0, 0, "", 0),
        "usr/lib": (tarfile.DIRTYPE, 0o755, 0, 0, "", 0),
        f"usr/lib/{'long' * 40}": (tarfile.REGTYPE, 0o644, 0, 0, "", 0),
    }
    assert document["RepoTags"] == ["a/b:c"]
    digest = f"sha256:{hashlib.sha256(layer).hexdigest()}"
    assert json.loads(found[document["Config"]]) == {
        **CONFIG,
        "rootfs": {"type": "layers", "diff_ids": [digest]},
    }
