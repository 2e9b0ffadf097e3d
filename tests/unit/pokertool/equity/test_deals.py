from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from pokertool.equity.deals import GOLDEN, deals, mix


def test_the_numbers_are_splitmix64() -> None:
    # The first outputs of the reference implementation for the seed 1234567.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]

    state = 1234567
    assert [mix((state + step * GOLDEN) % 2**64) for step in (1, 2, 3)] == published


@settings(deadline=None)
@given(st.integers(0, 2**63 - 1), st.integers(0, 21))
def test_cards_are_dealt_once(seed: int, draws: int) -> None:
    deck = range(3, 50)
    for deal in deals(deck, draws, seed, 5):
        assert len(deal) == len(set(deal)) == draws
        assert set(deal) <= set(deck)


def test_a_seed_names_its_deals() -> None:
    first, again, other = (list(deals(range(52), 7, seed, 50)) for seed in (1, 1, 2))

    assert first == again
    assert not any(deal in other for deal in first)


def test_every_card_comes_up_about_as_often() -> None:
    rounds = 20_000
    for place in range(3):
        found = Counter(deal[place] for deal in deals(range(10), 3, place, rounds))
        # chi squared with 9 degrees of freedom exceeds 27.9 once in a thousand seeds
        expected = rounds / 10
        assert sum((count - expected) ** 2 / expected for count in found.values()) < 27.9
