"""A root file system in the making: hard links, what is removed, and Node's names."""

from __future__ import annotations

import io
import tarfile

import pytest

from careen.engine.stand_in import finish
from careen.engine.stand_in.rootfs import RootFs

EPOCH = 1_700_000_000


def linked(path: str, target: str) -> tarfile.TarFile:
    """Give an open tar of one file and a hard link to it."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as made:
        info = tarfile.TarInfo(target)
        info.size = 4
        made.addfile(info, io.BytesIO(b"data"))
        link = tarfile.TarInfo(path)
        link.type, link.linkname = tarfile.LNKTYPE, target
        made.addfile(link)
    sink.seek(0)
    return tarfile.open(fileobj=sink)


def members(root: RootFs) -> list[tarfile.TarInfo]:
    sink = io.BytesIO()
    root.write_tar(sink)
    sink.seek(0)
    with tarfile.open(fileobj=sink) as archive:
        return archive.getmembers()


def test_a_hard_link_stands_behind_its_file_and_follows_a_merged_usr() -> None:
    root = RootFs(EPOCH)
    root.add_link("bin", "usr/bin")
    root.add_tar(linked("./bin/a", "./bin/b"))
    written = members(root)
    assert [member.name for member in written] == ["bin", "usr/bin/b", "usr/bin/a"]
    assert written[-1].islnk()
    assert written[-1].linkname == "usr/bin/b"


def test_what_is_removed_goes_with_all_below_it_and_nothing_else() -> None:
    root = RootFs(EPOCH)
    for path in ("var/log/apt/x", "var/log2", "bin/sh", "bin2", "usr/bin/sh"):
        root.add_file(path, b"")
    root.remove([r"var/log", r"s?bin"])
    assert [path for path in root if "/" in path or path[-1] == "2"] == [
        "bin2",
        "usr/bin",
        "usr/bin/sh",
        "var/log2",
    ]


def test_a_folder_is_no_file_and_what_is_not_there_cannot_be_read() -> None:
    root = RootFs(EPOCH)
    root.add_file("a/b", b"1")
    assert root.read("a/b") == b"1"
    for path in ("a", "gone"):
        with pytest.raises(KeyError):
            root.read(path)


def test_a_folder_gets_the_mode_and_owner_that_it_is_given() -> None:
    root = RootFs(EPOCH)
    root.add_file("home/nonroot/x", b"")
    root.add_folder("home/nonroot", mode=0o700, owner=65532)
    [home] = [member for member in members(root) if member.name == "home/nonroot"]
    assert (home.mode, home.uid, home.gid, home.isdir()) == (0o700, 65532, 65532, True)


def test_nodes_programs_are_links_into_their_packages() -> None:
    root = RootFs(EPOCH)
    root.add_file("usr/local/bin/npm", b"a copy of the wheel's")
    finish.node(root)
    links = {member.name: member.linkname for member in members(root) if member.issym()}
    assert links == {
        "usr/local/bin/corepack": "../lib/node_modules/corepack/dist/corepack.js",
        "usr/local/bin/nodejs": "node",
        "usr/local/bin/npm": "../lib/node_modules/npm/bin/npm-cli.js",
        "usr/local/bin/npx": "../lib/node_modules/npm/bin/npx-cli.js",
    }
