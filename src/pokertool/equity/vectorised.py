"""The showdowns of `plain`, counted with NumPy: the same tallies, deal for deal."""

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from pokertool.cards import DECK
from pokertool.equity import deals
from pokertool.equity.plain import BOARD_SIZE, MIN_SUITED
from pokertool.equity.ranking import RANK_WEIGHTS, rank_tables

Cards = NDArray[np.int64]
Ranks = NDArray[np.uint16]

CHUNK_DEALS = 16_384
_WEIGHTS = np.array(RANK_WEIGHTS, dtype=np.int32)


def exact_tally(hero: Sequence[int], board: Sequence[int], villain: Sequence[int]) -> list[int]:
    """Count every way to complete the board, and the villain's hand where it is empty."""
    unseen = [card for card in DECK if card not in {*hero, *board, *villain}]
    runouts = _all_combinations(unseen, BOARD_SIZE - len(board))
    boards = np.concatenate([np.tile(_row(board), (len(runouts), 1)), runouts], axis=1)
    hero_ranks = hand_ranks(np.concatenate([boards, _repeat(hero, len(boards))], axis=1))
    if villain:
        ranks = hand_ranks(np.concatenate([boards, _repeat(villain, len(boards))], axis=1))
        return _count(hero_ranks, ranks)
    hands = _all_combinations(unseen, 2)
    possible = (_bits(runouts)[:, None] & _bits(hands)[None, :]) == 0
    ranks = _cross_ranks(boards, hands, possible)
    return _count(np.broadcast_to(hero_ranks[:, None], ranks.shape)[possible], ranks[possible])


def sampled_tally(
    hero: Sequence[int],
    board: Sequence[int],
    villain: Sequence[int],
    *,
    players: int,
    iterations: int,
    seed: int,
) -> list[int]:
    """Count the outcomes of seeded random deals."""
    unseen = _row([card for card in DECK if card not in {*hero, *board, *villain}])[0]
    missing = BOARD_SIZE - len(board)
    draws = missing if villain else missing + 2 * (players - 1)
    tally = np.zeros(players + 1, dtype=np.int64)
    for first in range(0, iterations, CHUNK_DEALS):
        count = min(CHUNK_DEALS, iterations - first)
        dealt = _deal_matrix(unseen, draws, seed, first, count)
        boards = np.concatenate([_repeat(board, count), dealt[:, :missing]], axis=1)
        hands = [_repeat(hero, count)]
        hands += [_repeat(villain, count)] if villain else []
        hands += [dealt[:, place : place + 2] for place in range(missing, draws, 2)]
        ranks = [hand_ranks(np.concatenate([boards, hand], axis=1)) for hand in hands]
        tally += np.bincount(_outcomes(np.stack(ranks)), minlength=players + 1)
    return [int(count) for count in tally]


def hand_ranks(hands: Cards) -> Ranks:
    """The rank of each row of five to seven cards, as `ranking.hand_rank` gives it."""
    by_weight, by_mask = _tables(hands.shape[1])
    card_ranks, suits = hands >> 2, hands & 3
    ranks: Ranks = by_weight[_WEIGHTS[card_ranks].sum(axis=1)]
    bits = np.left_shift(1, card_ranks)
    for suit in range(4):
        mask = np.where(suits == suit, bits, 0).sum(axis=1)
        ranks = np.maximum(ranks, by_mask[mask])
    return ranks


@cache
def _tables(cards: int) -> tuple[Ranks, Ranks]:
    tables = rank_tables(cards)
    return np.frombuffer(tables.by_weight, np.uint16), np.frombuffer(tables.by_mask, np.uint16)


def _row(cards: Sequence[int]) -> Cards:
    return np.array(cards, dtype=np.int64).reshape(1, -1)


def _repeat(cards: Sequence[int], count: int) -> Cards:
    return np.broadcast_to(_row(cards), (count, len(cards)))


def _all_combinations(cards: Sequence[int], size: int) -> Cards:
    return np.array(list(combinations(cards, size)), dtype=np.int64).reshape(
        comb(len(cards), size), size
    )


def _bits(cards: Cards) -> NDArray[np.uint64]:
    """Each row of distinct cards as one number with a bit for every card."""
    bits: NDArray[np.uint64] = np.left_shift(np.uint64(1), cards.astype(np.uint64))
    row: NDArray[np.uint64] = bits.sum(axis=1, dtype=np.uint64)
    return row


def _cross_ranks(boards: Cards, hands: Cards, possible: NDArray[np.bool_]) -> Ranks:
    """The rank of every two-card hand (columns) with every full board (rows).

    Where a board and a hand share a card the pair is not possible, and its rank means nothing.
    """
    by_weight, by_mask = _tables(BOARD_SIZE + 2)
    board_weights = _WEIGHTS[boards >> 2].sum(axis=1)
    weights = board_weights[:, None] + _WEIGHTS[hands >> 2].sum(axis=1)
    ranks: Ranks = by_weight[np.where(possible, weights, 0)]  # five aces lie outside the table
    for suit in range(4):
        rows = np.flatnonzero((boards & 3 == suit).sum(axis=1) >= MIN_SUITED)
        if rows.size:
            mask = _suit_mask(boards[rows], suit)[:, None] | _suit_mask(hands, suit)
            ranks[rows] = np.maximum(ranks[rows], by_mask[mask])
    return ranks


def _suit_mask(cards: Cards, suit: int) -> Cards:
    bits: Cards = np.where(cards & 3 == suit, np.left_shift(1, cards >> 2), 0)
    row: Cards = bits.sum(axis=1)
    return row


def _count(hero: Ranks, villain: Ranks) -> list[int]:
    lost, won = np.count_nonzero(hero < villain), np.count_nonzero(hero > villain)
    return [int(lost), int(won), int(hero.size - lost - won)]


def _outcomes(ranks: Ranks) -> NDArray[np.int64]:
    """For each column, 0 where row 0 (the hero) loses, else how many rows share the best."""
    best = ranks.max(axis=0)
    winners = (ranks == best).sum(axis=0)
    return np.where(ranks[0] == best, winners, 0).astype(np.int64)


def _deal_matrix(deck: Cards, draws: int, seed: int, first: int, count: int) -> Cards:
    """Deals `first` to `first + count` of `deals.deals`, one a row."""
    cards = np.tile(deck, (count, 1))
    rows = np.arange(count)
    numbers = np.arange(first, first + count, dtype=np.uint64) * np.uint64(deals.DRAWS_PER_DEAL)
    start = np.uint64(deals.stream_start(seed))
    for place in range(draws):
        counter = start + (numbers + np.uint64(place + 1)) * np.uint64(deals.GOLDEN)
        left = np.uint64(cards.shape[1] - place)
        chosen = place + ((_mix(counter) >> np.uint64(32)) * left >> np.uint64(32)).astype(np.int64)
        drawn = cards[rows, chosen]
        cards[rows, chosen] = cards[:, place]
        cards[:, place] = drawn
    return cards[:, :draws]


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """`deals.mix` for an array; products wrap at 64 bits, as they must."""
    values = (values ^ values >> np.uint64(30)) * np.uint64(deals.FIRST_FACTOR)
    values = (values ^ values >> np.uint64(27)) * np.uint64(deals.SECOND_FACTOR)
    return values ^ values >> np.uint64(31)
