from __future__ import annotations

from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

import hypothesis.strategies as st
from hypothesis import given, settings

from careen.image.compare.trees import PathChanges, compare_trees
from careen.image.layer import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    FILE,
    FOLDER,
    HARD_LINK,
    SYMLINK,
    Entry,
    Layer,
)
from careen.image.weigh.inodes import files

from ..trees import file, hard_link, layer, merge, symlink, without

if TYPE_CHECKING:
    from careen.image.tree import Merged


def compare(before: Layer, after: Layer) -> PathChanges:
    return compare_trees(merge([before]), merge([after]), [before], [after])


def listed(found: PathChanges) -> dict[str, list[tuple[str, ...]]]:
    return {
        name: [(one.path, *one.what) for one in getattr(found, name)]
        for name in ("added", "removed", "changed", "metadata")
        if getattr(found, name)
    }


def test_each_way_to_differ() -> None:
    before = layer(
        file("same"),
        file("gone", 7),
        file("content", 5, 1),
        file("longer", 5, 1),
        file("mode"),
        file("both", 5, 1),
        symlink("link", "a"),
        symlink("same-link", "a"),
        file("kind", 9),
        Entry("folder", FOLDER, mode=0o755),
        Entry("was/folder", FOLDER),
        file("was/folder/x", 3),
        Entry("device", CHARACTER_DEVICE),
        Entry("empty-before", FOLDER),
        Entry("time", FILE, 1, mtime=1, content=5),
    )
    after = layer(
        file("same"),
        file("content", 5, 2),
        file("longer", 6, 1),
        file("mode", mode=0o755),
        Entry("both", FILE, 5, 0o4755, 1000, 1000, content=2),
        symlink("link", "b"),
        Entry("same-link", SYMLINK, mode=0o755, link="a"),
        symlink("kind", "same"),
        Entry("folder", FOLDER, mode=0o700, uid=1),
        file("was/folder", 4),
        Entry("device", BLOCK_DEVICE),
        file("new", 1000),
        file("newer/deep", 2000),
        Entry("time", FILE, 1, mtime=2, content=5),
    )
    found = compare(before, after)
    assert listed(found) == {
        "added": [("newer/deep",), ("new",)],
        "removed": [("gone",), ("was/folder/x",)],
        "changed": [
            ("kind", "kind"),
            ("longer", "content"),
            ("both", "content", "mode", "owner"),
            ("content", "content"),
            ("was/folder", "kind"),
            ("device", "kind"),
            ("link", "target"),
        ],
        "metadata": [("mode", "mode"), ("folder", "mode", "owner")],
    }
    assert (found.added[0].before_bytes, found.added[0].after_bytes) == (None, 2000)
    assert (found.changed[0].before_bytes, found.changed[0].after_bytes) == (9, 0)
    assert found.metadata[1].before_mode == "0755 0:0"
    assert found.metadata[1].after_mode == "0700 1:0"


def test_extended_attributes() -> None:
    before = layer(file("ping"))
    after = replace(before, xattrs={"ping": {"security.capability": b"\1"}})
    assert listed(compare(before, after)) == {"metadata": [("ping", "extended attributes")]}


def test_a_hard_link_is_the_file_that_it_names() -> None:
    before = layer(file("a", 5, 1), file("b", 5, 1))
    after = layer(file("a", 5, 1), hard_link("b", "a"))
    found = compare(before, after)
    assert listed(found) == {"changed": [("b", "hard links")]}
    assert (found.changed[0].before_bytes, found.changed[0].after_bytes) == (5, 0)
    other = layer(file("a", 5, 2), hard_link("b", "a"))
    assert listed(compare(after, other)) == {"changed": [("a", "content"), ("b", "content")]}


def test_a_hard_link_whose_first_name_is_gone_keeps_its_content() -> None:
    one = layer(file("a", 5, 1), hard_link("b", "a"))
    plain = layer(file("b", 5, 1))
    other = layer(file("b", 5, 2))
    merged = without(merge([one]), "a")
    same = compare_trees(merged, merge([plain]), [one], [plain])
    assert listed(same) == {}
    assert listed(compare_trees(merged, merge([other]), [one], [other])) == {
        "changed": [("b", "content")]
    }
    nowhere = replace(one, paths=["x", "b"], sizes=array("q", [5, 0]))
    assert listed(compare_trees(merged, merge([plain]), [nowhere], [plain])) == {
        "changed": [("b", "content")]
    }


NAMES = ("a", "b", "c/d", "c/e", "f/g/h")
entry = st.one_of(
    st.none(),
    st.tuples(st.just(FILE), st.integers(0, 3)),
    st.tuples(st.just(SYMLINK), st.integers(0, 1)),
    st.tuples(st.just(HARD_LINK), st.integers(0, 4)),
)
tree = st.tuples(*[st.tuples(entry, st.sampled_from([0o644, 0o755]))] * len(NAMES))
Chosen = tuple[tuple[tuple[str, int] | None, int], ...]


def built(chosen: Chosen) -> tuple[Merged, Layer]:
    """Make a tree; a hard link to no file becomes none."""
    rows, links = [], []
    for path, (what, mode) in zip(NAMES, chosen, strict=True):
        if what is None:
            continue
        kind, number = what
        if kind == FILE:
            rows.append(Entry(path, FILE, 10 * number, mode, content=number))
        elif kind == SYMLINK:
            rows.append(Entry(path, SYMLINK, link=str(number)))
        elif (target := chosen[number][0]) and target[0] == FILE:
            links.append(Entry(path, HARD_LINK, 0, mode, link=NAMES[number]))
    made = layer(*rows, *links)
    return merge([made]), made


def seen(merged: Merged, chosen: Chosen) -> dict[str, tuple[object, ...]]:
    """Say what a container sees at each path: kind, content and mode."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, children in merged.folders.items():
        for name, node in children.items():
            path = f"{folder}/{name}".lstrip("/")
            kind = node.entry.kind
            if kind == FOLDER:
                continue
            number = chosen[NAMES.index(node.entry.link or path)][0] if kind != SYMLINK else None
            content = number[1] if number else node.entry.link
            mode = 0 if kind == SYMLINK else node.entry.mode
            found[path] = (SYMLINK if kind == SYMLINK else FILE, content, mode)
    return found


def unpacked(merged: Merged) -> int:
    return sum(node.size for _, _, node in files(merged))


@settings(max_examples=300, deadline=None)
@given(tree, tree)
def test_any_two_trees(first: Chosen, second: Chosen) -> None:
    (old, old_layer), (new, new_layer) = built(first), built(second)
    found = compare_trees(old, new, [old_layer], [new_layer])
    before, after = seen(old, first), seen(new, second)
    both = before.keys() & after.keys()
    assert {one.path for one in found.added} == after.keys() - before.keys()
    assert {one.path for one in found.removed} == before.keys() - after.keys()
    assert {one.path for one in found.changed if one.what[0] != "hard links"} == {
        path for path in both if before[path][:2] != after[path][:2]
    }
    assert {one.path for one in found.metadata} <= {
        path for path in both if before[path][:2] == after[path][:2] and before[path] != after[path]
    }
    changes = (*found.added, *found.removed, *found.changed, *found.metadata)
    grown = sum((one.after_bytes or 0) - (one.before_bytes or 0) for one in changes)
    assert grown == unpacked(new) - unpacked(old)
    assert compare_trees(old, old, [old_layer], [old_layer]) == PathChanges((), (), (), ())
