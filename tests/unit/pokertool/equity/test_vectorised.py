"""NumPy counts exactly what plain Python counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pokertool.cards import DECK
from pokertool.equity import plain
from pokertool.equity.deals import deals, mix
from pokertool.equity.ranking import hand_rank

np = pytest.importorskip("numpy")

from pokertool.equity import vectorised  # noqa: E402 - needs NumPy

if TYPE_CHECKING:
    from pokertool.equity.calculator import Backend

    _plain: Backend = plain
    _vectorised: Backend = vectorised

decks = st.permutations(DECK)


@settings(max_examples=25, deadline=None)
@given(decks, st.integers(3, 5), st.booleans())
def test_exact_tallies_agree(deck: list[int], board_size: int, known: bool) -> None:
    hero, board = deck[:2], deck[4 : 4 + board_size]
    villain = deck[2:4] if known else []

    assert vectorised.exact_tally(hero, board, villain) == plain.exact_tally(hero, board, villain)


@pytest.mark.parametrize(
    ("hero", "board"),
    [
        ([48, 0], [4, 12, 20]),  # flushes abound
        ([44, 0], [48, 49, 50]),  # the last ace cannot be on the board and in a hand
        ([48, 49], [50, 51, 44]),
    ],
)
def test_exact_tallies_agree_at_the_edges(hero: list[int], board: list[int]) -> None:
    assert vectorised.exact_tally(hero, board, []) == plain.exact_tally(hero, board, [])


@settings(max_examples=25, deadline=None)
@given(decks, st.integers(0, 5), st.integers(2, 9), st.booleans(), st.integers(0, 2**63 - 1))
def test_sampled_tallies_agree(
    deck: list[int], board_size: int, players: int, known: bool, seed: int
) -> None:
    hero, board = deck[:2], deck[4 : 4 + board_size]
    villain = deck[2:4] if known else []
    counts = [
        backend.sampled_tally(
            hero, board, villain, players=2 if known else players, iterations=300, seed=seed
        )
        for backend in (plain, vectorised)
    ]

    assert counts[0] == counts[1]
    assert sum(counts[0]) == 300


def test_chunks_are_seamless(monkeypatch: pytest.MonkeyPatch) -> None:
    def sampled() -> list[int]:
        return vectorised.sampled_tally([51, 50], [], [], players=3, iterations=1000, seed=3)

    whole = sampled()
    monkeypatch.setattr(vectorised, "CHUNK_DEALS", 64)
    assert sampled() == whole


@settings(deadline=None)
@given(st.integers(0, 2**63 - 1), st.integers(0, 2**16))
def test_deals_are_the_same(seed: int, first: int) -> None:
    if first < 20:
        expected = list(deals(range(45), 9, seed, first + 5))[first:]
        matrix = vectorised._deal_matrix(np.arange(45), 9, seed, first, 5)
        assert matrix.tolist() == expected
    numbers = np.array([seed, first], dtype=np.uint64)
    assert vectorised._mix(numbers).tolist() == [mix(seed), mix(first)]


@settings(deadline=None)
@given(st.integers(5, 7).flatmap(lambda n: st.lists(decks.map(lambda d: d[:n]), min_size=1)))
def test_ranks_are_the_same(hands: list[list[int]]) -> None:
    assert vectorised.hand_ranks(np.array(hands)).tolist() == [hand_rank(hand) for hand in hands]
