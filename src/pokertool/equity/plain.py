"""Showdowns counted in plain Python, for images without NumPy.

A tally is a list: entry 0 counts the deals that the hero loses, entry k those in which the
hero is one of k winners.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, combinations

from pokertool.cards import DECK
from pokertool.equity.deals import deals
from pokertool.equity.ranking import RANK_WEIGHTS, hand_rank, rank_tables

BOARD_SIZE = 5
HAND_SIZE = 7
MIN_SUITED = 3  # board cards of one suit without which nobody has a flush


def exact_tally(hero: Sequence[int], board: Sequence[int], villain: Sequence[int]) -> list[int]:
    """Count every way to complete the board, and the villain's hand where it is empty."""
    unseen = [card for card in DECK if card not in {*hero, *board, *villain}]
    lost = won = tied = 0
    for runout in combinations(unseen, BOARD_SIZE - len(board)):
        full = [*board, *runout]
        hero_rank = hand_rank([*hero, *full])
        if villain:
            ranks = {hand_rank([*villain, *full]): 1}
        else:
            ranks = _villain_ranks(full, [card for card in unseen if card not in runout])
        for rank, ways in ranks.items():
            if rank < hero_rank:
                won += ways
            elif rank > hero_rank:
                lost += ways
            else:
                tied += ways
    return [lost, won, tied]


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
    unseen = [card for card in DECK if card not in {*hero, *board, *villain}]
    missing = BOARD_SIZE - len(board)
    draws = missing if villain else missing + 2 * (players - 1)
    known = [tuple(hero), tuple(villain)] if villain else [tuple(hero)]
    tally = [0] * (players + 1)
    for deal in deals(unseen, draws, seed, iterations):
        full = [*board, *deal[:missing]]
        dealt = zip(deal[missing::2], deal[missing + 1 :: 2], strict=True)
        hero_rank, *others = _ranks(full, chain(known, dealt))
        best = max(others)
        if hero_rank >= best:
            tally[1 + (others.count(best) if hero_rank == best else 0)] += 1
        else:
            tally[0] += 1
    return tally


def _flush_suit(board: Sequence[int]) -> int | None:
    suits = sorted(card & 3 for card in board)
    middle = suits[2]  # three of five alike include the one in the middle
    return middle if suits.count(middle) >= MIN_SUITED else None


def _board_mask(board: Sequence[int], suit: int | None) -> int:
    return sum(1 << (card >> 2) for card in board if card & 3 == suit)


def _ranks(board: Sequence[int], hands: Iterable[tuple[int, ...]]) -> list[int]:
    """The rank of each two-card hand with a full board."""
    tables, suit = rank_tables(HAND_SIZE), _flush_suit(board)
    weight, mask = sum(RANK_WEIGHTS[card >> 2] for card in board), _board_mask(board, suit)
    ranks = []
    for first, second in hands:
        rank = 0
        if suit is not None:
            suited = mask
            if first & 3 == suit:
                suited |= 1 << (first >> 2)
            if second & 3 == suit:
                suited |= 1 << (second >> 2)
            rank = tables.by_mask[suited]
        ranks.append(
            rank or tables.by_weight[weight + RANK_WEIGHTS[first >> 2] + RANK_WEIGHTS[second >> 2]]
        )
    return ranks


def _villain_ranks(board: Sequence[int], unseen: Sequence[int]) -> dict[int, int]:
    """How many two-card hands of the unseen cards reach each rank with a full board.

    Cards of one rank are alike unless they are of the suit that can still make a flush, so
    the 990 hands fall into 91 kinds on most boards, and into at most 351.
    """
    tables, suit = rank_tables(HAND_SIZE), _flush_suit(board)
    weight, mask = sum(RANK_WEIGHTS[card >> 2] for card in board), _board_mask(board, suit)
    kinds = list(Counter((card >> 2, card & 3 == suit) for card in unseen).items())
    ranks: dict[int, int] = {}
    for place, ((first, first_suited), first_count) in enumerate(kinds):
        base = weight + RANK_WEIGHTS[first]
        base_mask = mask | first_suited << first
        for other, ((second, second_suited), second_count) in enumerate(kinds[place:]):
            ways = (
                first_count * (first_count - 1) // 2 if other == 0 else first_count * second_count
            )
            if not ways:
                continue  # a pair of the only card of its kind, perhaps a fifth ace
            rank = (
                tables.by_mask[base_mask | second_suited << second]
                or (tables.by_weight[base + RANK_WEIGHTS[second]])
            )
            ranks[rank] = ranks.get(rank, 0) + ways
    return ranks
