from __future__ import annotations

import re
from itertools import count
from random import Random

import pytest

from careen.errors import EngineError
from careen.image.accounting import account
from careen.image.layer import FIFO, FILE, FOLDER, HARD_LINK, Entry, Layer, from_entries
from careen.image.tree import Changes, Hidden, Merged, is_marker, merge

from .crafted import CASES, file, folder, hard_link, symlink
from .random_images import random_image
from .simulator import CannotApplyError, Simulated, simulate


def merged(*layers: list[Entry]) -> Merged:
    return merge([from_entries(layer) for layer in layers])


def paths(*layers: list[Entry]) -> list[str]:
    return [path for path, _ in merged(*layers).walk()]


def hidden(*layers: list[Entry]) -> list[Hidden]:
    return list(merged(*layers).hidden)


def whiteout(path: str) -> Entry:
    above, _, name = path.rpartition("/")
    return file(f"{above}/.wh.{name}".lstrip("/"))


def test_walk_gives_folders_before_their_children_and_names_in_order() -> None:
    layer = [file("b"), file("a/z"), file("a-b"), folder("a/c"), file("a/c/x"), file("a/c-d")]

    assert paths(layer) == ["a", "a/c", "a/c/x", "a/c-d", "a/z", "a-b", "b"]


def test_get_follows_no_links() -> None:
    tree = merged([folder("d"), file("d/x", 5, 1), symlink("l", "d")])

    assert tree.get("d/x") == (file("d/x", 5, 1), 0, 2, 5, 1)
    assert [tree.get(path) for path in ("l/x", "d/y", "", "x/y")] == [None] * 4


def test_the_roots_own_entry_is_left_out() -> None:
    assert paths([folder(""), file("a")]) == ["a"]


def test_parents_without_an_entry_are_made() -> None:
    tree = merged([file("a/b/c", 1, 1)], [folder("a", 0o700)])

    made, given = tree.get("a/b"), tree.get("a")
    assert made is not None
    assert (made.entry, made.layer) == (Entry("a/b", FOLDER, mode=0o755), 0)
    assert given is not None
    assert (given.entry.mode, given.layer) == (0o700, 1)
    assert paths([file("a/b/c")], [folder("a")]) == ["a", "a/b", "a/b/c"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_whiteout_hides_lower_layers_only_wherever_it_stands(order: int) -> None:
    upper = [whiteout("d/a"), file("d/a", 3, 2), file("d/.wh..wh..opq"), file("d/c", 2, 2)][::order]
    tree = merged([folder("d"), file("d/a", 5, 1), file("d/b", 7, 1)], upper)

    assert [path for path, _ in tree.walk()] == ["d", "d/a", "d/c"]
    assert {(one.path, one.by) for one in tree.hidden} == {("d/a", 1), ("d/b", 1)}


def test_a_whiteout_of_what_is_not_there_does_nothing() -> None:
    upper = [
        whiteout("x"),
        whiteout("y/z"),
        file(".wh..wh.plnk/.wh.a"),
        whiteout("a/b"),
        file("y/.wh..wh..opq"),
    ]

    assert paths([file("a", 5, 1)], upper) == ["a"]
    assert hidden([file("a", 5, 1)], upper) == []


def test_a_folders_whiteout_hides_all_below_it() -> None:
    base = [folder("d"), folder("d/e"), file("d/e/x", 5, 1), symlink("d/l", "e"), file("dd", 1, 1)]

    assert paths(base, [whiteout("d")]) == ["dd"]
    assert hidden(base, [whiteout("d")]) == [Hidden("d/e/x", 0, 1, "removed", 5)]


def test_an_opaque_folder_keeps_itself_and_what_its_own_layer_has() -> None:
    base = [folder("d"), folder("d/e"), file("d/e/x", 5, 1), file("o", 1, 1)]
    upper = [file("d/e/new", 2, 2), file("d/.wh..wh..opq")]

    assert paths(base, upper) == ["d", "d/e", "d/e/new", "o"]
    assert hidden(base, upper) == [Hidden("d/e/x", 0, 1, "hidden-directory", 5)]
    assert paths(base, [file(".wh..wh..opq"), file("n")]) == ["n"]


def test_aufs_files_are_left_out() -> None:
    aufs = [folder(".wh..wh.plnk"), file(".wh..wh.plnk/1.2", 5, 1), file("d/.wh..wh.aufs")]

    assert paths([file(".wh.aufs"), file("a", 1, 1)], aufs) == ["a"]


@pytest.mark.parametrize("kind", [FILE, "l", FIFO, HARD_LINK])
def test_what_is_no_folder_takes_the_whole_folder_away(kind: str) -> None:
    upper = [file("t", 1, 9), Entry("d", kind, link="t")]
    base = [folder("d"), folder("d/e"), file("d/e/x", 5, 1)]

    assert paths(base, upper) == ["d", "t"]
    assert hidden(base, upper) == [Hidden("d/e/x", 0, 1, "replaced", 5)]


@pytest.mark.parametrize("old", [file("a", 5, 1), symlink("a", "b"), Entry("a", FIFO)])
def test_a_folder_takes_the_place_of_what_is_none(old: Entry) -> None:
    tree = merged([old], [folder("a"), file("a/x", 1, 1)])

    assert [path for path, _ in tree.walk()] == ["a", "a/x"]
    assert [one.cause for one in tree.hidden] == (["replaced"] if old.size else [])


def test_a_folder_over_a_folder_keeps_the_children_and_takes_the_metadata() -> None:
    tree = merged([folder("d"), file("d/x", 5, 1)], [folder("d", 0o700)])

    node = tree.get("d")
    assert node is not None
    assert (node.entry.mode, node.layer) == (0o700, 1)
    assert tree.get("d/x") is not None
    assert tree.hidden == ()
    assert tree.changes[1] == Changes()


def test_of_a_path_that_comes_twice_in_a_layer_the_last_wins() -> None:
    layer = [file("a", 5, 1), file("a", 3, 2), folder("d"), file("d/x", 2, 1), symlink("d", "a")]
    tree = merged(layer)

    assert [(path, node.size) for path, node in tree.walk()] == [("a", 3), ("d", 0)]
    assert tree.hidden == (
        Hidden("a", 0, 0, "repeated", 5),
        Hidden("d/x", 0, 0, "repeated", 2),
    )
    assert tree.changes == (Changes(10, 0, 2, 0, 0),)


def test_the_bytes_of_a_file_written_again_unchanged_have_a_cause_of_their_own() -> None:
    assert hidden([file("a", 5, 1)], [file("a", 5, 1, 0o755)])[0].cause == "same-content"
    assert hidden([file("a", 5, 1)], [file("a", 5, 2)])[0].cause == "overwritten"
    assert hidden([file("a", 5, 1)], [file("b", 5, 1), hard_link("a", "b")])[0].cause == (
        "same-content"
    )


def test_hard_links_share_an_inode_across_layers() -> None:
    tree = merged([file("a", 5, 1)], [hard_link("b", "a")], [hard_link("c", "b")])
    nodes = [node for _, node in tree.walk()]

    assert len({node.inode for node in nodes}) == 1
    assert [(node.size, node.content, node.entry.kind) for node in nodes] == [
        (5, 1, FILE),
        (5, 1, HARD_LINK),
        (5, 1, HARD_LINK),
    ]


def test_an_inodes_bytes_stay_in_sight_while_one_link_is_left() -> None:
    base = [file("a", 5, 1), hard_link("b", "a")]

    assert hidden(base, [whiteout("a")]) == []
    assert hidden(base, [whiteout("a")], [file("b", 3, 2)]) == [Hidden("a", 0, 2, "overwritten", 5)]
    assert hidden(base, [hard_link("a", "b")], [whiteout("b")]) == []


def test_a_hard_link_to_a_symbolic_link_is_a_second_one() -> None:
    tree = merged([folder("d"), symlink("l", "d"), hard_link("m", "l"), file("m/x", 5, 1)])

    node = tree.get("m")
    assert node is not None
    assert node.entry == Entry("m", "l", link="d")
    assert tree.get("d/x") is not None


def test_a_hard_links_target_may_lie_behind_a_symbolic_link() -> None:
    tree = merged([file("usr/lib/a", 5, 1), symlink("lib", "usr/lib"), hard_link("b", "lib/a")])

    node = tree.get("b")
    assert node is not None
    assert node.size == 5


@pytest.mark.parametrize("in_one_layer", [True, False])
@pytest.mark.parametrize(
    "link",
    ["usr/lib", "/usr/lib", "./usr/../usr//lib/", "../../../usr/lib", "/usr/bin/../lib"],
)
def test_a_parent_that_is_a_symbolic_link_is_followed(link: str, in_one_layer: bool) -> None:
    base = [file("usr/lib/a", 5, 1), symlink("lib", link)]
    upper = [file("lib/b", 7, 2), file("lib/sub/c", 1, 1)]
    tree = merged(base + upper) if in_one_layer else merged(base, upper)

    below = ["usr/lib/a", "usr/lib/b", "usr/lib/sub", "usr/lib/sub/c"]
    assert [path for path, _ in tree.walk()] == ["lib", "usr", "usr/lib", *below]
    node = tree.get("usr/lib/b")
    assert node is not None
    assert node.entry.path == "lib/b"


def test_a_whiteout_behind_a_symbolic_link_hides_what_the_link_leads_to() -> None:
    base = [file("usr/lib/a", 5, 1), symlink("lib", "usr/lib")]

    assert paths(base, [whiteout("lib/a")]) == ["lib", "usr", "usr/lib"]
    assert paths(base, [file("lib/.wh..wh..opq")]) == ["lib", "usr", "usr/lib"]


def test_what_a_symbolic_link_leads_to_is_made() -> None:
    assert paths([symlink("l", "a/b"), file("l/x")]) == ["a", "a/b", "a/b/x", "l"]


def test_a_symbolic_link_itself_is_replaced_and_not_followed() -> None:
    base = [folder("d"), file("d/x", 5, 1), symlink("l", "d")]

    assert paths(base, [file("l", 1, 1)]) == ["d", "d/x", "l"]
    assert paths(base, [whiteout("l")]) == ["d", "d/x"]
    assert paths(base, [folder("l"), file("l/y")]) == ["d", "d/x", "l", "l/y"]


def test_a_parent_that_is_a_lower_layers_file_becomes_a_folder() -> None:
    assert paths([file("a", 5, 1)], [file("a/b/c", 1, 1)]) == ["a", "a/b", "a/b/c"]
    assert hidden([file("a", 5, 1)], [file("a/b", 1, 1)]) == [Hidden("a", 0, 1, "replaced", 5)]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ([file("a", 1, 1), file("a/b", 1, 1)], "'a/b': a is a file in the same layer"),
        ([hard_link("b", "a")], "'b': it is a hard link to a, which is not there"),
        ([hard_link("b", "a"), file("a", 1, 1)], "a hard link to a, which is not there"),
        ([file("a", 1, 1), hard_link("a", "a")], "a hard link to a, which is not there"),
        ([folder("a"), file("a/b"), hard_link("a", "a/b")], "a/b, which is not there"),
        ([folder("a"), hard_link("b", "a")], "a hard link to a, which is a folder"),
        ([hard_link("b", "")], "a hard link to /, which is not there"),
        ([symlink("a", "b"), symlink("b", "a"), file("a/x")], "more than 40 symbolic links"),
        ([symlink("a", "a/a"), hard_link("b", "a/x")], "more than 40 symbolic links"),
        ([file("d/.wh.")], "it is the whiteout of no name"),
        ([folder("d"), file("d/.wh...")], "it is the whiteout of no name"),
    ],
)
def test_what_no_engine_can_apply_is_one_clear_error(layer: list[Entry], message: str) -> None:
    base = [folder("d")]
    with pytest.raises(EngineError, match=re.escape(message)) as caught:
        merged(base, layer)

    assert str(caught.value).startswith("layer 1 of the image cannot be applied: ")
    assert caught.value.hint


def test_a_chain_of_forty_links_can_be_followed() -> None:
    chain = [symlink(f"l{n}", f"l{n + 1}") for n in range(40)]

    assert merged([*chain, file("l0/x")]).get("l40/x") is not None


def test_dots_in_names_are_resolved_or_left_out() -> None:
    assert paths([file("a/../b/x"), file("c/.."), file("."), file("../e")]) == ["b", "b/x", "e"]


def test_a_hostile_depth_ends_in_an_error() -> None:
    with pytest.raises(EngineError, match="its path has more than 4096 characters"):
        merged([file("/".join("d" * 1_000_000), 1, 1)])
    with pytest.raises(EngineError, match="too long a symbolic link"):
        merged([symlink("l", "d/" * 1_000_000), file("l/x")])
    with pytest.raises(EngineError, match="too many or too deep folders"):
        merged([file(f"{n}/{'/'.join('d' * 2000)}/x") for n in range(20)])


def test_deep_paths_are_no_recursion() -> None:
    deep = "/".join("d" * 2000)

    assert len(paths([file(deep, 5, 1)])) == 2000
    assert hidden([file(deep, 5, 1)], [whiteout("d")]) == [Hidden(deep, 0, 1, "removed", 5)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/.wh.b", True),
        (".wh..wh..opq", True),
        ("a/.wh..wh.plnk/b", True),
        (".wh..wh.aufs", True),
        ("a.wh.b", False),
        ("x.wh./b", False),
        (".wh.a/b", False),
    ],
)
def test_markers(path: str, expected: bool) -> None:
    assert is_marker(path) == expected


@pytest.mark.parametrize("name", CASES)
def test_the_nine_crafted_images_are_as_the_simulator_has_them(name: str) -> None:
    compare([from_entries(layer) for layer in CASES[name]])


def test_two_thousand_random_images_are_as_the_simulator_has_them() -> None:
    applied = refused = 0
    for seed in count():
        random = Random(seed)  # noqa: S311 - a seed, no secret
        if compare(random_image(random), f"seed {seed}"):
            applied += 1
        else:
            refused += 1
        if applied == 2000:
            break
    # Both must be there for the comparison to mean something.
    assert refused > 500


def compare(layers: list[Layer], image: str = "") -> bool:
    """Compare with the simulator; tell whether the image can be applied."""
    try:
        expected = simulate(layers)
    except CannotApplyError:
        with pytest.raises(EngineError):
            merge(layers)
        return False
    tree = merge(layers)
    compare_trees(tree, expected, image)
    found = account(tree)
    assert found.unpacked_bytes == expected.unpacked, image
    assert found.total_bytes == sum(content.size for content in expected.stored), image
    assert found.total_bytes == found.unpacked_bytes + found.reclaimable_bytes, image
    for number, layer in enumerate(found.layers):
        assert layer.hidden_bytes == expected.hidden_bytes(number), image
        assert layer.removed_bytes == expected.removed_bytes[number], image
        assert layer.added_bytes == expected.added_bytes[number], image
        files = layer.added_files, layer.changed_files, layer.removed_files
        assert files == expected.files[number], image
    return True


def compare_trees(tree: Merged, expected: Simulated, image: str) -> None:
    found = dict(tree.walk())
    assert list(found) == sorted(expected.tree, key=lambda path: path.split("/")), image
    inodes: dict[int, int] = {}
    for path, node in found.items():
        content = expected.tree[path]
        kind = FILE if node.entry.kind == HARD_LINK else node.entry.kind
        assert (kind, node.size) == (content.kind, content.size), (image, path)
        if kind == FOLDER:
            assert node.entry.mode == content.mode, (image, path)
        else:
            # The same object in the simulator is the same inode here, and the other way round.
            assert inodes.setdefault(node.inode, id(content)) == id(content), (image, path)
    assert len(set(inodes.values())) == len(inodes), image
