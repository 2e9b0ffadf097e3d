"""Plain Python's tallies against a count that spares no work."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from pokertool.cards import DECK
from pokertool.equity import plain
from pokertool.equity.deals import deals
from pokertool.equity.ranking import hand_rank

decks = st.permutations(DECK)


def tally(pairs: list[tuple[int, int]]) -> list[int]:
    lost = sum(hero < villain for hero, villain in pairs)
    won = sum(hero > villain for hero, villain in pairs)
    return [lost, won, len(pairs) - lost - won]


@settings(max_examples=20, deadline=None)
@given(decks, st.integers(0, 5))
def test_the_river_against_any_hand(deck: list[int], suited: int) -> None:
    spades = [card for card in deck if card % 4 == 0][:suited]
    others = [card for card in deck if card not in spades]
    board, hero, unseen = spades + others[: 5 - suited], others[5:7], others[7:]
    unseen += others[5 - suited : 5]

    hero_rank = hand_rank([*hero, *board])
    pairs = [(hero_rank, hand_rank([*two, *board])) for two in combinations(unseen, 2)]
    assert plain.exact_tally(hero, board, []) == tally(pairs)
    assert len(pairs) == 990


@settings(max_examples=10, deadline=None)
@given(decks)
def test_the_flop_against_a_known_hand(deck: list[int]) -> None:
    hero, villain, flop, unseen = deck[:2], deck[2:4], deck[4:7], deck[7:]

    pairs = [
        (hand_rank([*hero, *flop, *two]), hand_rank([*villain, *flop, *two]))
        for two in combinations(unseen, 2)
    ]
    assert plain.exact_tally(hero, flop, villain) == tally(pairs)


def test_samples_are_the_deals_of_the_seed() -> None:
    hero, board = [51, 47], [0, 5]
    unseen = [card for card in DECK if card not in {*hero, *board}]
    expected = [0, 0, 0, 0]
    for deal in deals(unseen, 3 + 4, 11, 200):
        full = board + deal[:3]
        hero_rank, *others = (hand_rank([*two, *full]) for two in (hero, deal[3:5], deal[5:7]))
        if hero_rank >= max(others):
            expected[1 + others.count(hero_rank)] += 1
        else:
            expected[0] += 1

    assert plain.sampled_tally(hero, board, [], players=3, iterations=200, seed=11) == expected
