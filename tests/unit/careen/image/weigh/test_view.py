from __future__ import annotations

import pytest

from careen.image.layer import FOLDER, Entry
from careen.image.tree import Merged, Node
from careen.image.weigh.view import View, document

from ..trees import file, hard_link, layer, merge, symlink, text, view, without

STATUS = "var/lib/dpkg/status"


def test_a_link_to_a_folder_is_followed_and_the_last_one_is_not() -> None:
    seen = view(
        layer(
            symlink("lib", "usr/lib"), file("usr/lib/libc.so.6"), symlink("usr/lib/x", "libc.so.6")
        )
    )
    assert seen.folder("/lib") == "usr/lib"
    found = seen.find("/lib/libc.so.6")
    assert found is not None
    assert found[0] == "usr/lib/libc.so.6"
    link = seen.find("/lib/x")
    assert link is not None
    assert link[1].entry.link == "libc.so.6"


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("", ""),
        ("/", ""),
        ("a/b", "a/b"),
        ("a/b/../b/./", "a/b"),
        ("../../a", "a"),
        ("absolute", "a/b"),
        ("a/up", "a"),
        ("absolute/up/absolute", None),
        ("a/nothing/..", None),
        ("a/b/file", None),
        ("loop", None),
        ("loop/b", None),
        ("far/../deep", None),
        ("empty", "empty"),
    ],
)
def test_paths_of_folders(path: str, real: str | None) -> None:
    seen = view(
        layer(
            file("a/b/file"),
            symlink("absolute", "/a/b"),
            symlink("a/up", "../a/b/.."),
            symlink("loop", "pool"),
            symlink("pool", "./loop"),
            symlink("far", "/nowhere"),
            Entry("empty", FOLDER),
        )
    )
    assert seen.folder(path) == real
    assert seen.folder(path) == real


def test_a_folder_that_only_its_parent_knows() -> None:
    merged = merge([layer(Entry("empty", FOLDER))])
    folders = {key: value for key, value in merged.folders.items() if key != "empty"}
    assert View(type(merged)(folders, ()), ()).folder("empty") == "empty"
    assert View(type(merged)(folders, ()), ()).children("empty") is None


def test_a_chain_of_more_links_than_the_kernel_follows_ends() -> None:
    links = [symlink(f"l{number}", f"l{number + 1}") for number in range(5000)]
    seen = view(layer(*links, file("l5000/file")))
    assert seen.folder("l0") is None
    assert seen.folder("l4990") == "l5000"
    assert seen.folder("l4990/" + "./" * 3000) is None


def test_a_link_that_doubles_at_each_step_ends() -> None:
    links = [symlink(f"l{number}", f"l{number - 1}/../l{number - 1}") for number in range(1, 40)]
    assert view(layer(*links, file("l0/file"))).folder("l39") == "l0"


def test_documents_come_from_the_layer_that_shows() -> None:
    layers = [layer(text(STATUS, "old")), layer(text(STATUS, "new"))]
    assert document(merge(layers), layers, STATUS) == b"new"
    assert document(merge(layers), layers, f"/var/../{STATUS}") == b"new"
    gone = without(merge(layers), STATUS)
    assert document(gone, layers, STATUS) is None


def test_a_document_behind_links() -> None:
    layers = [
        layer(
            text("usr/lib/os-release", "ID=x"),
            symlink("etc/os-release", "../usr/lib/os-release"),
            symlink("absolute", "/usr/lib/os-release"),
            hard_link("var/lib/dpkg/status", "usr/lib/os-release"),
            symlink("round", "round"),
        )
    ]
    merged = merge(layers)
    paths = ("etc/os-release", "absolute", "var/lib/dpkg/status")
    assert [document(merged, layers, path) for path in paths] == [b"ID=x"] * 3
    assert document(merged, layers, "round") is None


def test_a_file_whose_contents_nobody_kept() -> None:
    layers = [layer(file(STATUS))]
    assert document(merge(layers), layers, STATUS) is None


def test_a_layer_may_have_a_document_under_a_path_through_a_link() -> None:
    entry, data = text("lib/apk/db/installed", "P:a")
    layers = [layer((entry, data), symlink("lib", "usr/lib"))]
    seen = merge([layer(file("usr/lib/apk/db/installed"), symlink("lib", "usr/lib"))])
    node = Node(entry, 0, 1, entry.size)
    merged = Merged({**seen.folders, "usr/lib/apk/db": {"installed": node}}, ())
    assert document(merged, layers, "usr/lib/apk/db/installed") == data
    assert document(merged, layers, "/lib/apk/db/installed") == data
