"""Folders that are taken as a whole make the same tree as their entries one by one."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from careen.errors import EngineError
from careen.image.accounting import account, duplicates
from careen.image.layer import FOLDER, Entry, from_entries
from careen.image.tree import Merged, _merge, merge
from careen.image.weigh.inodes import files, is_file
from careen.image.weigh.kinds import KINDS, kind
from careen.image.weigh.weight import weigh

from .folder_images import folder_image
from .random_images import random_image
from .test_tree import compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from careen.image.layer import Layer

Tree = dict[str, tuple[Entry, int, str, int, int]]


def images() -> Iterator[tuple[str, list[Layer]]]:
    for seed in range(500):
        yield f"folders, seed {seed}", folder_image(Random(seed))  # noqa: S311 - a seed
    for seed in range(800):
        yield f"seed {seed}", random_image(Random(seed))  # noqa: S311 - a seed


def applied() -> Iterator[tuple[str, list[Layer], Merged]]:
    for name, layers in images():
        try:
            yield name, layers, merge(layers)
        except EngineError:
            continue


def nodes(merged: Merged) -> Tree:
    """Give all nodes; in the place of the inode, the first path that has it."""
    first: dict[int, str] = {}
    return {
        path: (node.entry, node.layer, first.setdefault(node.inode, path), node.size, node.content)
        for path, node in merged.walk()
    }


def result(layers: list[Layer], *, whole_folders: bool = True) -> Merged | str:
    try:
        return _merge(layers, whole_folders=whole_folders)
    except EngineError as error:
        return str(error)


def test_both_ways_give_the_same_tree() -> None:
    taken = refused = 0
    for name, layers in images():
        one_by_one, whole = result(layers, whole_folders=False), result(layers)
        if isinstance(one_by_one, str) or isinstance(whole, str):
            refused += 1
            assert whole == one_by_one, name
            continue
        taken += any(isinstance(one, int) for one in whole.places.folders.values())
        assert nodes(whole) == nodes(one_by_one), name
        assert sorted(whole.hidden) == sorted(one_by_one.hidden), name
        assert whole.changes == one_by_one.changes, name
        assert account(whole) == account(one_by_one), name
        assert duplicates(whole) == duplicates(one_by_one), name
        assert weigh(whole, layers) == weigh(one_by_one, layers), name
    # The comparison means something only where there were both.
    assert taken > 350
    assert refused > 200


def test_the_simulator_has_the_same() -> None:
    assert sum(compare(layers, name) for name, layers in images() if "folders" in name) > 400


def test_sums_are_those_of_the_tree_node_by_node() -> None:
    for name, layers, merged in applied():
        by_hand = Merged({key: dict(value) for key, value in merged.folders.items()}, ())
        # A tree that is made by hand has no layers' sums: each of its nodes is looked at.
        assert weigh(merged, layers) == weigh(by_hand, layers), name
        assert duplicates(merged) == duplicates(by_hand), name
        found, same = account(merged), account(by_hand)
        assert (found.unpacked_bytes, found.files, found.folders) == (
            same.unpacked_bytes,
            same.files,
            same.folders,
        ), name


def test_sums_are_those_of_a_plain_count() -> None:
    for name, layers, merged in applied():
        everything = [node for _, node in merged.walk()]
        single = list(files(merged))
        found, weight = account(merged), weigh(merged, layers)
        assert found.unpacked_bytes == sum(node.size for _, _, node in single), name
        assert found.folders == sum(node.entry.kind == FOLDER for node in everything), name
        assert found.files == len(everything) - found.folders, name
        assert weight.files == len(single), name
        counted = dict.fromkeys(KINDS, 0)
        for folder, file, node in single:
            counted[kind(f"{folder}/{file}" if folder else file, node.entry.mode)] += node.size
        assert {one.kind: one.bytes for one in weight.kinds if one.bytes} == {
            one: size for one, size in counted.items() if size
        }, name
        assert {(one.size, one.paths) for one in duplicates(merged)} == copies(merged), name


def copies(merged: Merged) -> set[tuple[int, tuple[str, ...]]]:
    found: dict[tuple[int, int], dict[int, str]] = {}
    for path, node in sorted(merged.walk()):
        if is_file(node) and node.size:
            found.setdefault((node.size, node.content), {}).setdefault(node.inode, path)
    return {
        (size, tuple(sorted(group.values())))
        for (size, _), group in found.items()
        if len(group) > 1
    }


def layer_of(paths: Sequence[str]) -> Layer:
    return from_entries(Entry(path, "f", 5, content=1) for path in paths)


def test_a_folder_that_only_one_layer_has_stays_as_it_is_until_it_is_asked_for() -> None:
    merged = merge([layer_of(["a/b/x", "a/b/y"]), layer_of(["c/z"])])
    places = merged.places

    assert (places.folders["a/b"], places.folders["c"]) == (0, 1)
    assert list(places.inside("a/b")) == ["x", "y"]
    assert "a/b" in merged.folders
    assert len(merged.folders) == 4
    assert merged.folders["a/b"] is merged.folders["a/b"]
    with pytest.raises(KeyError):
        merged.folders["a/c"]
    assert places.folders["c"] == 1


def test_a_file_in_the_way_of_a_folder_is_replaced() -> None:
    merged = merge([layer_of(["a", "d/x"]), layer_of(["a/b/x"])])

    assert [one.cause for one in merged.hidden] == ["replaced"]
    assert account(merged).unpacked_bytes == 10
