from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from careen.errors import EngineError
from careen.image.browse import (
    ADDED,
    BY_SIZE,
    CHANGED,
    REMOVED,
    STATES,
    UNCHANGED,
    Browser,
    Filter,
    LayerView,
)
from careen.image.layer import FOLDER, Entry, Layer, from_entries
from careen.image.model import Image, LayerFacts
from careen.image.tree import Merged, merge

from .crafted import file, folder, hard_link, symlink
from .random_images import random_image

if TYPE_CHECKING:
    from collections.abc import Sequence


def image(layers: Sequence[Layer]) -> Image:
    facts = LayerFacts("", "", 0, "none", estimated=False, instruction="")
    return Image("i", "registry", "", "", {}, 0, (facts,) * len(layers), tuple(layers))


def browser(*layers: list[Entry]) -> Browser:
    return Browser(image([from_entries(layer) for layer in layers]))


def states(view: LayerView) -> dict[str, str]:
    return dict(view.paths())


def names(view: LayerView, at: str = "", **options: object) -> list[str]:
    return [row.name for row in view.children(at, **options)]  # type: ignore[arg-type] # passed on


def expected_states(below: Merged, now: Merged, number: int) -> dict[str, str]:
    before, after = dict(below.walk()), dict(now.walk())
    return {
        path: REMOVED
        if path not in after
        else ADDED
        if path not in before
        else CHANGED
        if after[path].layer == number
        else UNCHANGED
        for path in before | after
    }


SEEDS = st.integers(0, 2**32 - 1)


def appliable(random: Random) -> list[Layer]:
    """A random image that an engine can apply; most are."""
    while True:
        layers = random_image(random)
        try:
            merge(layers)
        except EngineError:
            continue
        return layers


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_states_and_sums_are_those_of_merged_prefixes(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a seed, no secret
    layers = appliable(random)
    opened, whole = Browser(image(layers)), merge(layers)
    # In any order: what is kept of other layers makes no difference.
    for number in random.sample(range(len(layers)), len(layers)):
        view = opened.view(number)
        below, now = merge(layers[:number]), merge(layers[: number + 1])
        wanted = expected_states(below, now, number)
        assert states(view) == wanted
        assert listed(view) == wanted
        _check_sums(view, wanted, whole)


def listed(view: LayerView, at: str = "") -> dict[str, str]:
    found = {}
    for row in view.children(at):
        found[row.path] = row.state
        inside = listed(view, row.path)
        assert row.opens == bool(inside)
        assert row.inside == any(state != UNCHANGED for state in inside.values())
        found |= inside
    return found


def _check_sums(view: LayerView, wanted: dict[str, str], whole: Merged) -> None:
    sums = view.sums("")
    assert sums is not None
    assert sums.counts == [list(wanted.values()).count(state) for state in STATES]
    assert sums.size == sum({node.inode: node.size for _, node in view.now.walk()}.values())
    assert sums.waste == sum(one.size for one in whole.hidden if view.number in {one.layer, one.by})
    changes = view.now.changes[view.number]
    files = [path for path, node in view.now.walk() if node.entry.kind != FOLDER]
    assert changes.added_files == sum(wanted[path] == ADDED for path in files)
    assert changes.changed_files == sum(wanted[path] == CHANGED for path in files)


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_a_filter_shows_what_it_lets_through_and_the_folders_above_it(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a seed, no secret
    layers = appliable(random)
    view = Browser(image(layers)).view(len(layers) - 1)
    shown = Filter(
        frozenset(state for state in STATES if random.random() < 0.5), random.random() < 0.3
    )
    through = {path for path, state in view.paths() if view.matches(path, state, shown)}
    above = {
        "/".join(path.split("/")[:count])
        for path in through
        for count in range(1, path.count("/") + 1)
    }
    found: set[str] = set()
    pending = [""]
    while pending:
        rows = view.children(pending.pop(), shown=shown)
        found |= {row.path for row in rows}
        pending += [row.path for row in rows]
    assert found == through | above


BASE = [folder("d"), file("d/x", 10, 1), file("d/y", 20, 2), file("a", 5, 3), file("b", 7, 4)]


def test_a_layer_adds_changes_removes_and_leaves_alone() -> None:
    view = browser(BASE, [file("a", 6, 5), file("c", 1, 6), file("d/.wh.x")]).view(1)

    assert states(view) == {
        "d": UNCHANGED,
        "d/x": REMOVED,
        "d/y": UNCHANGED,
        "a": CHANGED,
        "b": UNCHANGED,
        "c": ADDED,
    }
    row = view.get("d")
    assert row is not None
    assert (row.size, row.waste, row.opens, row.inside) == (20, 10, True, True)


def test_a_removed_folder_has_the_size_of_what_went() -> None:
    view = browser(BASE, [file(".wh.d")]).view(1)

    row = view.get("d")
    assert row is not None
    assert (row.state, row.size, row.waste) == (REMOVED, 30, 30)
    assert [(one.state, one.size) for one in view.children("d")] == [(REMOVED, 10), (REMOVED, 20)]


def test_a_link_in_a_folders_place_opens_what_was_removed() -> None:
    view = browser(BASE, [symlink("d", "e")]).view(1)

    row = view.get("d")
    assert row is not None
    assert (row.state, row.node.entry.kind, row.opens) == (CHANGED, "l", True)
    assert names(view, "d") == ["x", "y"]


def test_waste_stands_in_the_layer_that_has_it_and_in_the_one_that_hides_it() -> None:
    opened = browser(BASE, [file("a", 6, 5)], [file("z", 1, 9)])

    found = [[one.size for one in opened.view(number).hidden("a")] for number in range(3)]
    assert found == [[5], [5], []]
    assert list(opened.hidden_bytes) == [5, 0, 0]


def test_waste_whose_path_is_in_no_tree_stands_above_it() -> None:
    view = browser([folder("d"), file("d/x", 9, 1), file("d", 1, 2)]).view(0)

    row = view.get("d")
    assert row is not None
    assert row.waste == 9
    assert names(view, shown=Filter(only_waste=True)) == ["d"]


def test_hard_links_have_their_size_and_count_once() -> None:
    view = browser([folder("d"), file("d/a", 10, 1), hard_link("d/b", "d/a")]).view(0)

    assert [row.size for row in view.children("d")] == [10, 10]
    row = view.get("d")
    assert row is not None
    assert row.size == 10


def test_children_are_in_order() -> None:
    view = browser(BASE).view(0)

    assert names(view) == ["a", "b", "d"]
    assert names(view, order=BY_SIZE) == ["d", "b", "a"]


def test_search_finds_parts_and_patterns_in_the_trees_order() -> None:
    view = browser([file("u/lib/X.so", 1, 1), file("u/a.py", 9, 2), file("u-z.py", 3, 3)]).view(0)

    assert view.search("U/") == ["u/a.py", "u/lib", "u/lib/X.so"]
    assert view.search("*.py") == ["u/a.py", "u-z.py"]
    assert view.search("/u/*/x.so") == ["u/lib/X.so"]
    assert view.search("*.py", BY_SIZE) == ["u/a.py", "u-z.py"]
    assert view.search("[") == view.search("") == []


def test_search_finds_only_what_the_filter_lets_through() -> None:
    view = browser(BASE, [file("d/.wh.x")]).view(1)

    assert view.search("d", shown=Filter(frozenset({REMOVED}))) == ["d/x"]


def test_files_have_the_owner_that_the_databases_of_their_layer_name() -> None:
    status = b"Package: p\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"
    base = from_entries(
        [
            file("var/lib/dpkg/status", 5, 1),
            file("var/lib/dpkg/info/p.list", 5, 2),
            file("usr/p", 5, 3),
            file("usr/q", 5, 4),
            file("usr/r", 5, 5),
        ],
        documents={
            "var/lib/dpkg/status": status,
            "var/lib/dpkg/info/p.list": b"/usr/p\n/usr/q\n",
        },
    )
    opened = Browser(image([base, from_entries([file("usr/.wh.q")])]))
    view = opened.view(1)

    owners = {}
    for path in ("usr", "usr/p", "usr/q", "usr/r"):
        row = view.get(path)
        assert row is not None
        owner = opened.owner(view, row)
        owners[path] = owner and owner.name
    assert owners == {"usr": None, "usr/p": "p", "usr/q": "p", "usr/r": None}
