from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from careen.image.gate.dive import DiveNumbers, dive_numbers
from careen.image.layer import Entry, from_entries

from ..crafted import CASES, MB, file, folder

DATA = Path(__file__).parents[4] / "data" / "dive"
PERCENT = json.loads((DATA / "user-wasted-percent.json").read_text())
RANDOM = json.loads((DATA / "random-images.json").read_text())
# The column "dive says" of the table of crafted cases.
WASTED = {
    "overwrite": 2 * MB,
    "remove-directory": 0,
    "opaque-directory": 0,
    "directory-becomes-link": 0,
    "absent-whiteout": 0,
    "file-becomes-hard-link": 3 * MB,
    "remove-then-add": 2 * MB,
    "same-content": 0,
    "chmod": 2 * MB,
}


def printed(percent: float | None) -> str:
    return "NaN" if percent is None else f"{percent * 100:.4f}"


@pytest.mark.parametrize("name", CASES)
def test_the_nine_crafted_images_have_the_numbers_of_the_real_dive(name: str) -> None:
    said: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text())["image"]
    numbers = dive_numbers([from_entries(layer) for layer in CASES[name]])

    assert numbers.wasted_bytes == said["inefficientBytes"] == WASTED[name]
    assert numbers.efficiency == pytest.approx(said["efficiencyScore"], abs=1e-15)
    assert printed(numbers.user_wasted_percent) == PERCENT[name]


@pytest.mark.parametrize("number", range(len(RANDOM)))
def test_random_images_have_the_numbers_of_the_real_dive(number: int) -> None:
    said = RANDOM[number]
    numbers = dive_numbers(
        [
            from_entries(
                Entry(path, kind, size, mode, link=link) for path, kind, size, mode, link in layer
            )
            for layer in said["layers"]
        ]
    )

    assert numbers.wasted_bytes == said["inefficientBytes"]
    assert numbers.efficiency == pytest.approx(said["efficiencyScore"], abs=1e-15)
    # Something over nothing is printed as an infinity, and is null in JSON too.
    expected = said["userWastedPercent"].replace("+Inf", "NaN")
    assert printed(numbers.user_wasted_percent) == expected


def test_the_random_images_are_worth_a_test() -> None:
    assert len(RANDOM) == 60
    assert sum(said["inefficientBytes"] > 0 for said in RANDOM) > 40


def test_no_image_is_efficient() -> None:
    assert dive_numbers([]) == DiveNumbers(1.0, 0, None)
    assert dive_numbers([from_entries([])]).to_json() == {
        "efficiency": 1.0,
        "wasted_bytes": 0,
        "user_wasted_percent": None,
    }


def test_a_whiteout_of_a_folder_without_an_entry_of_its_own_has_no_size() -> None:
    removed = from_entries([file(".wh.d"), file("d", 10, 2)])

    with_entry = dive_numbers([from_entries([folder("d"), file("d/x", 5, 1)]), removed])
    without = dive_numbers([from_entries([file("d/x", 5, 1)]), removed])

    assert (with_entry.wasted_bytes, without.wasted_bytes) == (15, 10)


def test_deep_paths_and_many_whiteouts_take_no_time() -> None:
    base = [file("/".join("d" * 2000), 5, 1), *(file(f"f{n}", 5, 1) for n in range(2000))]
    whiteouts = from_entries(file(f".wh.f{n}") for n in range(2000))

    assert dive_numbers([from_entries(base), whiteouts]).wasted_bytes == 2000 * 5
