from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pokertool.cards import DECK, card_name, first_repeat, parse_card


@settings(deadline=None)
@given(st.sampled_from(DECK))
def test_every_card_is_read_from_its_name(card: int) -> None:
    assert parse_card(card_name(card)) == card


def test_names_are_all_different() -> None:
    assert len({card_name(card) for card in DECK}) == 52


@pytest.mark.parametrize("text", ["Th", "tH", "10h", "10H", " th "])
def test_loose_notation(text: str) -> None:
    assert card_name(parse_card(text)) == "Th"


@pytest.mark.parametrize("text", ["", "A", "1s", "Ax", "Asd", "sA", "♠A", "x" * 1000])
def test_no_card(text: str) -> None:
    with pytest.raises(ValueError, match="is not a card") as caught:
        parse_card(text)
    assert len(str(caught.value)) < 120


def test_the_second_appearance_is_named() -> None:
    groups = [("hole", ["As", "Kd"]), ("board", ["2c", "3c", "Kd"]), ("villain", ["As"])]

    assert first_repeat(groups) == ("board.2", "Kd")
    assert first_repeat(groups[:1]) is None
