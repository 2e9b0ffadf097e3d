from __future__ import annotations

import pytest

from careen.image.accounting import (
    CAUSES,
    Account,
    CauseTotal,
    Duplicate,
    LayerAccount,
    account,
    duplicates,
)
from careen.image.layer import Entry, from_entries
from careen.image.tree import Hidden, Merged, merge

from .crafted import CASES, MB, file, folder, hard_link, symlink


def merged(*layers: list[Entry]) -> Merged:
    return merge([from_entries(layer) for layer in layers])


# The column "true" of the table of crafted cases, and why.
TRUE = {
    "overwrite": [CauseTotal("overwritten", MB, 1)],
    "remove-directory": [CauseTotal("removed", 2 * MB, 2)],
    "opaque-directory": [CauseTotal("hidden-directory", 2 * MB, 2)],
    "directory-becomes-link": [CauseTotal("replaced", 2 * MB, 2)],
    "absent-whiteout": [CauseTotal("removed", 2 * MB, 2)],
    "file-becomes-hard-link": [
        CauseTotal("overwritten", MB, 1),
        CauseTotal("same-content", MB, 1),
    ],
    "remove-then-add": [CauseTotal("removed", MB, 1)],
    "same-content": [],
    "chmod": [CauseTotal("same-content", MB, 1)],
}


@pytest.mark.parametrize("name", CASES)
def test_the_nine_crafted_images(name: str) -> None:
    found = account(merged(*CASES[name]))

    assert found.causes() == TRUE[name]
    assert found.reclaimable_bytes == sum(cause.bytes for cause in TRUE[name])
    assert found.total_bytes == found.unpacked_bytes + found.reclaimable_bytes
    assert found.efficiency == 1 - found.reclaimable_bytes / found.total_bytes


def test_same_content_at_two_paths_is_a_duplicate() -> None:
    assert duplicates(merged(*CASES["same-content"])) == [Duplicate(MB, ("d/x", "e/y"))]
    assert duplicates(merged(*CASES["same-content"]))[0].bytes == MB


def test_an_image_without_bytes_is_efficient() -> None:
    found = account(merge([]))

    assert found == Account((), (), 0, 0, 0, 0, 0)
    assert found.efficiency == 1.0
    assert account(merged([folder("a")])).efficiency == 1.0


def test_what_each_layer_does() -> None:
    found = account(
        merged(
            [folder("d"), file("d/a", 5, 1), file("d/b", 7, 1), symlink("l", "d"), file("x", 3, 1)],
            [file("d/a", 6, 2), file(".wh.x"), file("n", 10, 3), hard_link("m", "d/b")],
            [file("d/.wh..wh..opq"), file("n", 10, 3, 0o755), file("l", 1, 4)],
        )
    )

    assert found.layers == (
        LayerAccount(
            total_bytes=15,
            added_bytes=15,
            changed_bytes=0,
            removed_bytes=0,
            hidden_bytes=8,
            added_files=4,
            changed_files=0,
            removed_files=0,
        ),
        LayerAccount(
            total_bytes=16,
            added_bytes=10,
            changed_bytes=6,
            removed_bytes=8,
            hidden_bytes=16,
            added_files=2,
            changed_files=1,
            removed_files=1,
        ),
        # d/b keeps its bytes: m is a link to it.
        LayerAccount(
            total_bytes=11,
            added_bytes=0,
            changed_bytes=11,
            removed_bytes=16,
            hidden_bytes=0,
            added_files=0,
            changed_files=2,
            removed_files=2,
        ),
    )
    assert found.hidden == (
        Hidden("n", 1, 2, "same-content", 10),
        Hidden("d/a", 1, 2, "hidden-directory", 6),
        Hidden("d/a", 0, 1, "overwritten", 5),
        Hidden("x", 0, 1, "removed", 3),
    )
    assert (found.total_bytes, found.unpacked_bytes, found.reclaimable_bytes) == (42, 18, 24)
    assert (found.files, found.folders) == (3, 1)


def test_a_hard_link_is_counted_once_in_the_layer_that_stores_its_bytes() -> None:
    found = account(merged([file("a", 5, 1), hard_link("b", "a")], [hard_link("c", "b")]))

    assert [layer.total_bytes for layer in found.layers] == [5, 0]
    assert (found.unpacked_bytes, found.reclaimable_bytes, found.files) == (5, 0, 3)


def test_a_path_that_is_removed_and_added_in_one_layer_is_changed() -> None:
    found = account(merged([file("a", 5, 1)], [file(".wh.a"), file("a", 3, 2)]))

    assert found.layers[1] == LayerAccount(3, 0, 3, 5, 0, 0, 1, 0)


def test_a_markers_bytes_are_no_files_bytes() -> None:
    found = account(merged([file("a", 5, 1)], [file(".wh.a", 100, 1), file(".wh..wh.aufs", 9, 1)]))

    assert (found.total_bytes, found.reclaimable_bytes) == (5, 5)


def test_duplicates_are_sorted_by_what_they_waste() -> None:
    tree = merged(
        [
            *(file(f"small/{n}", 10, 1) for n in range(5)),
            *(file(f"large/{n}", 30, 2) for n in range(2)),
            *(file(f"other/{n}", 30, 3) for n in range(2)),
            *(file(f"empty/{n}") for n in range(2)),
            file("alone", 10, 4),
            file("first", 20, 5),
        ],
        [hard_link("aa", "small/4"), hard_link("second", "first")],
    )

    found = duplicates(tree)

    assert [(one.bytes, one.paths[0]) for one in found] == [
        (40, "aa"),
        (30, "large/0"),
        (30, "other/0"),
    ]
    assert found[0].paths == ("aa", "small/0", "small/1", "small/2", "small/3")


def test_a_hard_link_whose_first_path_is_gone_is_still_a_duplicate() -> None:
    tree = merged([file("a", 5, 1), hard_link("b", "a"), file("c", 5, 1)], [file(".wh.a")])

    assert duplicates(tree) == [Duplicate(5, ("b", "c"))]


def test_every_cause_has_its_meaning_and_advice() -> None:
    assert list(CAUSES) == [
        "overwritten",
        "same-content",
        "removed",
        "hidden-directory",
        "replaced",
        "repeated",
    ]
    for cause in CAUSES.values():
        assert cause.meaning
        assert cause.advice
        assert not cause.advice.endswith(".")
