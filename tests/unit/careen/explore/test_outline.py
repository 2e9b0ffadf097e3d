from __future__ import annotations

from careen.explore.outline import Matches, Outline
from careen.image.browse import BY_SIZE, Browser, Filter
from careen.image.layer import FILE, Entry, from_entries
from careen.image.model import Image, LayerFacts

FACTS = LayerFacts("", "", 0, "none", estimated=False, instruction="")


def outline(*paths: str) -> Outline:
    layer = from_entries([Entry(path, FILE, len(path), content=1) for path in paths])
    return Outline(Browser(Image("i", "registry", "", "", {}, 0, (FACTS,), (layer,))).view(0))


def lines(shown: Outline) -> list[str]:
    return ["  " * line.depth + line.row.name for line in shown.lines]


def test_opening_and_closing_lists_only_what_is_open() -> None:
    tree = outline("d/e/x", "d/y", "z")
    assert lines(tree) == ["d", "z"]

    tree.open(0)
    tree.open(1)
    tree.open(1)  # again changes nothing
    assert lines(tree) == ["d", "  e", "    x", "  y", "z"]

    tree.toggle(0)
    assert lines(tree) == ["d", "z"]
    tree.toggle(0)
    assert lines(tree) == ["d", "  e", "    x", "  y", "z"]
    tree.toggle(4)
    assert len(tree.lines) == 5


def test_reveal_opens_what_is_above() -> None:
    tree = outline("d/e/x", "d/y", "z")

    assert tree.reveal("d/e/x") == 2
    assert [tree.parent(at) for at in range(5)] == [0, 0, 1, 0, 4]


def test_a_path_that_is_left_out_is_found_at_the_folder_above() -> None:
    tree = outline("d/e/x", "z")

    assert (tree.find("d/e/x"), tree.find("z"), tree.find("no")) == (0, 1, 0)


def test_order_and_filter_keep_what_is_open() -> None:
    tree = outline("d/a", "d/bb", "c")
    tree.open(1)

    tree.change(order=BY_SIZE)
    assert lines(tree) == ["d", "  bb", "  a", "c"]
    tree.change(shown=Filter(frozenset()))
    assert lines(tree) == []


def test_matches_go_round() -> None:
    found = Matches(["a", "b", "c"])

    assert [found.step(by) for by in (1, 1, 1, 1, -1, -1)] == ["a", "b", "c", "a", "c", "b"]
    assert Matches(["a", "b"]).step(-1) == "b"
    assert Matches([]).step(1) is None
