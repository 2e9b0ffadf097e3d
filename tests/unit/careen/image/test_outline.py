from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from careen.image.layer import FILE, FOLDER, HARD_LINK, Entry, Layer, from_entries
from careen.image.outline import Outline, outline
from careen.image.read.packed import pack, unpack
from careen.image.weigh.kinds import KINDS

from .trees import file, hard_link, symlink


def of(*entries: Entry) -> Outline:
    return outline(from_entries(entries))


def runs(found: Outline) -> dict[str, list[tuple[int, int]]]:
    return {path: list(found.runs(number)) for path, number in found.numbers.items()}


def test_folders_runs_and_sums() -> None:
    found = of(
        Entry("a", FOLDER),
        file("a/x.py", 5),
        file("a/y.so", 7),
        file("a/tests/z.py", 11),
        file("a/w", 13, mode=0o755),
        file("top", 17),
        symlink("a/l", "w"),
    )

    assert found.folders == ["", "a", "a/tests"]
    assert runs(found) == {"": [(0, 1), (5, 6)], "a": [(1, 3), (4, 5), (6, 7)], "a/tests": [(3, 4)]}
    assert found.below_bytes == [53, 36, 11]
    assert found.below_files == [5, 4, 1]
    assert (found.paths, list(found.implied), found.is_plain) == (6, [2], True)
    assert {
        KINDS[number]: (size, found.kind_files[number])
        for number, size in enumerate(found.kind_bytes)
        if size
    } == {
        "tests": (11, 1),
        "native libraries": (7, 1),
        "Python source": (5, 1),
        "programs": (13, 1),
        "other": (17, 1),
    }


def test_what_is_no_path_of_the_image_is_left_out() -> None:
    found = of(
        Entry("", FOLDER),
        file("a/x", 5),
        file("a/.wh.y", 100),
        file("b/.wh..wh..opq", 100),
        file(".wh..wh.plnk/1.2", 100),
        file("a/z.wh.", 7),
        hard_link("c/h", "a/x"),
    )

    assert found.folders == ["", "a", "c"]
    assert runs(found) == {"": [], "a": [(1, 2), (5, 6)], "c": []}
    assert (found.below_bytes, found.paths) == ([12, 12, 0], 3)
    assert (list(found.markers), list(found.links)) == ([2, 3, 4, 5], [6])
    assert found.is_plain


def test_files_with_the_same_bytes() -> None:
    found = of(
        file("a", 5, 1), file("b", 5, 2), file("c", 5, 1), Entry("d", FILE), Entry("e", FILE)
    )

    assert list(found.twins) == [0, 2]


@pytest.mark.parametrize(
    "entries",
    [
        [file("a"), file("a")],
        [file("a"), file("a/b")],
        [symlink("a", "b"), file("a/b")],
        [file("a/../b")],
        [file("../a")],
        [file("a/..")],
        [file("/a")],
        [file("a//b")],
        [Entry("a/", FOLDER)],
        [file(f"{'d' * 5000}/a")],
        [hard_link("a", "b")],
        [hard_link("a", "b"), file("b")],
        [symlink("b", "c"), hard_link("a", "b")],
        [file(".wh.b"), hard_link("a", ".wh.b")],
        [file("b"), hard_link("/a", "b")],
        [Entry(".wh.a", FOLDER), file(".wh.a/b")],
        [file("b"), hard_link("a", "b"), file("a/x")],
    ],
)
def test_a_layer_whose_order_matters_is_not_plain(entries: list[Entry]) -> None:
    assert not of(*entries).is_plain


def test_too_many_folders_are_one_that_is_too_many() -> None:
    found = of(*(file(f"{number}/{'/'.join('d' * 2000)}/x") for number in range(20)))

    assert found.excess.startswith("15/d/d")
    assert found.folders == [""]


def layer() -> Layer:
    return from_entries(
        [
            Entry("a", FOLDER),
            file("a/x", 5, 1),
            file("b/x", 5, 1),
            hard_link("b/h", "a/x"),
            file("b/.wh.y"),
        ]
    )


def test_it_is_kept_with_its_layer() -> None:
    found = unpack(pack(layer())).layer

    assert vars(found)["outline"] == outline(layer())


def test_one_of_another_table_of_kinds_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pack(layer())
    monkeypatch.setattr("careen.image.weigh.kinds.FINGERPRINT", "another")
    found = unpack(data).layer

    assert "outline" not in vars(found)
    assert found.outline == outline(layer())


def test_one_whose_sums_no_column_holds_is_made_anew() -> None:
    huge = from_entries(Entry(f"a/{name}", FILE, (1 << 63) - 1) for name in "xy")
    found = unpack(pack(huge)).layer

    assert "outline" not in vars(found)
    assert found.outline.below_bytes == [(1 << 64) - 2] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"folders": [""]},
        {key: [] for key in ("folders", "parents", "firsts", "below_bytes", "below_files")},
        {"folders": ["x", "a", "b"]},
        {"parents": array("I", [0, 1, 0])},
        {"parents": array("I", [1, 0, 0])},
        {"parents": array("I")},
        {"firsts": array("I", [0, 1, 9, 4])},
        {"firsts": array("I")},
        {"starts": array("I", [0, 1, 9])},
        {"stops": array("I", [1, 2, 9])},
        {"stops": array("I", [1, 2])},
        {"implied": array("I", [3])},
        {"links": array("I", [5])},
        {"markers": array("I", [5])},
        {"twins": array("I", [5])},
        {"ranks": b"\x00" * 4},
        {"ranks": b"\xff" * 5},
        {"below_bytes": [0]},
        {"below_files": [0]},
        {"kind_bytes": [0]},
        {"kind_files": [0]},
    ],
)
def test_what_cannot_be_a_layers_outline_is_noticed(change: dict[str, object]) -> None:
    found = outline(layer())

    assert found.fits(5)
    assert not replace(found, **change).fits(5)  # type: ignore[arg-type]  # fields by their names


def test_hard_links_are_in_no_run() -> None:
    found = of(file("a", 5), Entry("b", HARD_LINK, link="a"), file("c", 7))

    assert runs(found) == {"": [(0, 1), (2, 3)]}
