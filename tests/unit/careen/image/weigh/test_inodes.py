from __future__ import annotations

from careen.image.layer import FOLDER, Entry
from careen.image.tree import Merged, Node
from careen.image.weigh.inodes import files

from ..trees import file, hard_link, layer, merge, symlink, without


def names(merged: Merged) -> list[str]:
    return sorted(f"{folder}/{name}".lstrip("/") for folder, name, _ in files(merged))


def test_each_file_once_where_its_layer_has_it() -> None:
    merged = merge(
        [
            layer(
                file("b/x"),
                hard_link("a/y", "b/x"),
                hard_link("c/z", "b/x"),
                symlink("link", "b/x"),
                Entry("empty", FOLDER),
            )
        ]
    )
    assert names(merged) == ["b/x"]
    assert names(without(merged, "b/x")) == ["a/y"]
    assert names(without(merged, "b/x", "a/y")) == ["c/z"]


def test_one_inode_under_two_names_is_one_file() -> None:
    nodes = {name: Node(file(name), 0, 7, 10) for name in ("a", "b")}
    assert names(Merged({"": nodes}, ())) == ["a"]
