from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pokertool.ocr.money import Amount, find_pot, find_stacks


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("Pot: $1,250.50", 1250.5, "$"),
        ("POT 12.5 BB", 12.5, "BB"),
        ("Total pot: 12.5bb", 12.5, "BB"),
        ("pot = €3", 3, "€"),
        ("Pot:S1,250", 1250, "$"),
        ("Pot £1.2k", 1200, "£"),
        ("Pot: 2M", 2_000_000, None),
        ("Pot:\n 40", 40, None),
        ("Pot: 1,234,567", 1_234_567, None),
        ("Side pot: 10\nPot: 30", 30, None),
        ("Pot: 10, Stack: 5", 10, None),
    ],
)
def test_pots(text: str, number: float, unit: str | None) -> None:
    assert find_pot(text) == Amount(number, unit)


@pytest.mark.parametrize("text", ["", "Pot:", "Pot: all", "Spot: 12", "Potter 12", "12 Pot"])
def test_no_pot(text: str) -> None:
    assert find_pot(text) is None


def test_stacks_in_the_order_of_the_text() -> None:
    text = "Hero\nStack: 1,000  Stack $980.25\nstacks = 12.5 BB Haystack: 7 Stacked: 8"

    assert find_stacks(text) == [Amount(1000, None), Amount(980.25, "$"), Amount(12.5, "BB")]


@settings(deadline=None)
@given(st.integers(0, 10**12))
def test_any_number_of_chips(number: int) -> None:
    expected = Amount(number, None)

    assert find_pot(f"Pot: {number:,}") == find_pot(f"pot {number}") == expected


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    find_pot(text)
    find_stacks(text)
