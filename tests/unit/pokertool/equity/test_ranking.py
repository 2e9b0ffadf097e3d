"""Hand ranks against published counts, and against a plain reading of the rules."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, combinations_with_replacement
from math import comb, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pokertool.cards import DECK, parse_card
from pokertool.equity.ranking import RANK_WEIGHTS, category, hand_rank, rank_tables

# https://en.wikipedia.org/wiki/Poker_probability#5-card_poker_hands
FIVE_CARD_HANDS = {
    "straight flush": 40,
    "four of a kind": 624,
    "full house": 3_744,
    "flush": 5_108,
    "straight": 10_200,
    "three of a kind": 54_912,
    "two pair": 123_552,
    "pair": 1_098_240,
    "high card": 1_302_540,
}
# The same page: distinct values of five-card hands.
DISTINCT_VALUES = 7_462

seven_cards = st.lists(st.sampled_from(DECK), min_size=7, max_size=7, unique=True)


def cards(text: str) -> list[int]:
    return [parse_card(card) for card in text.split()]


def test_all_five_card_hands_by_patterns() -> None:
    """All 2,598,960 hands: each pattern of ranks with each of its suit patterns counted."""
    found: Counter[str] = Counter()
    for ranks in combinations_with_replacement(range(13), 5):
        counts = Counter(ranks)
        if max(counts.values()) > 4:
            continue
        ways = prod(comb(4, count) for count in counts.values())
        suited = 4 if len(counts) == 5 else 0
        found[category(hand_rank(offsuit(ranks)))] += ways - suited
        if suited:
            found[category(hand_rank([rank * 4 for rank in ranks]))] += suited

    assert found == FIVE_CARD_HANDS
    assert found.total() == comb(52, 5)


def offsuit(ranks: tuple[int, ...]) -> list[int]:
    """Cards of these ranks that are not all of one suit, and all different."""
    return [rank * 4 + ranks[:place].count(rank) for place, rank in enumerate(ranks[:-1])] + [
        ranks[-1] * 4 + max(ranks[:-1].count(ranks[-1]), 1)
    ]


def test_all_five_card_hands_one_by_one() -> None:
    np = pytest.importorskip("numpy")
    from pokertool.equity import vectorised  # noqa: PLC0415 - needs NumPy

    found: Counter[str] = Counter()
    rests = {size: np.array(list(combinations(range(size), 4))) for size in range(4, 52)}
    for highest, rest in rests.items():
        hands = np.concatenate([rest, np.full((len(rest), 1), highest)], axis=1)
        ranks = np.bincount(vectorised.hand_ranks(hands))
        found.update({category(int(r)): 0 for r in np.flatnonzero(ranks)})
        for rank in np.flatnonzero(ranks):
            found[category(int(rank))] += int(ranks[rank])

    assert found == FIVE_CARD_HANDS


def test_every_rank_is_used() -> None:
    tables = rank_tables(5)

    assert set(tables.by_weight) | set(tables.by_mask) == set(range(DISTINCT_VALUES + 1))


@pytest.mark.parametrize("size", [5, 6, 7])
def test_the_weights_of_different_ranks_differ(size: int) -> None:
    sums = [
        sum(RANK_WEIGHTS[rank] for rank in ranks)
        for ranks in combinations_with_replacement(range(13), size)
        if max(Counter(ranks).values()) <= 4
    ]

    assert len(set(sums)) == len(sums)


@settings(deadline=None)
@given(seven_cards)
def test_seven_cards_are_worth_their_best_five(hand: list[int]) -> None:
    assert hand_rank(hand) == max(hand_rank(five) for five in combinations(hand, 5))


@settings(deadline=None)
@given(seven_cards, seven_cards)
def test_ranks_compare_as_the_rules_say(first: list[int], second: list[int]) -> None:
    by_rank = (hand_rank(first) > hand_rank(second)) - (hand_rank(first) < hand_rank(second))
    by_rules = (worth(first) > worth(second)) - (worth(first) < worth(second))
    assert by_rank == by_rules


def worth(hand: list[int]) -> tuple[int, list[int]]:
    """The rules, read plainly and slowly: category, then the ranks that decide."""
    return max(five_card_worth(list(five)) for five in combinations(hand, 5))


def five_card_worth(five: list[int]) -> tuple[int, list[int]]:
    counts = Counter(card // 4 for card in five)
    shape = sorted(counts.values(), reverse=True)
    ranks = sorted(counts, key=lambda rank: (counts[rank], rank), reverse=True)
    is_flush = len({card % 4 for card in five}) == 1
    is_wheel = ranks == [12, 3, 2, 1, 0]
    is_straight = is_wheel or (len(ranks) == 5 and ranks[0] - ranks[4] == 4)
    if is_wheel:
        ranks = [3, 2, 1, 0, -1]
    shapes = [[1] * 5, [2, 1, 1, 1], [2, 2, 1], [3, 1, 1], None, None, [3, 2], [4, 1]]
    if is_straight:
        return (8 if is_flush else 4), ranks
    return (5 if is_flush else shapes.index(shape)), ranks


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("As Ks Qs Js Ts 2c 3d", "Ks Qs Js Ts 9s 2c 3d"),
        ("5s 4s 3s 2s As Kd Kc", "2h 2c 2d 2s Ah Kh Qd"),
        ("2h 2c 2d 2s Ah Kh Qd", "As Ad Ac Kd Ks Kc Qs"),
        ("As Ad Ac Kd Ks Kc Qs", "Ks Kd Kc As Ad 2c 3s"),
        ("2s 2d 2c 3s 3d 4h 5h", "As Ks Js 9s 7s 2c 3d"),
        ("As Ks Js 9s 7s 6s 2s", "As Ks Js 9s 6s 5s 2s"),
        ("6s 5d 4c 3h 2s Kd Qc", "As 2d 3c 4h 5s Kd Qc"),
        ("As Ad Kc Kd 3s 3c Qh", "As Ad Kc Kd 3s 3c Jh"),
    ],
)
def test_the_order_of_hands(better: str, worse: str) -> None:
    assert hand_rank(cards(better)) > hand_rank(cards(worse))


def test_cards_that_do_not_play_do_not_count() -> None:
    board = "As Ks Qs Js Ts"

    assert hand_rank(cards(board + " 2c 3d")) == hand_rank(cards(board + " Ac Ad")) == 7462
