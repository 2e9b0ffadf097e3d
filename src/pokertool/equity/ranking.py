"""The rank of the best five of five to seven cards, by two tables built when first needed.

A rank is 1..7462, higher is better: the place of the hand among all classes of five-card
hands that are worth the same. Without a flush only the counts of the card ranks matter;
`RANK_WEIGHTS` gives every multiset of up to seven card ranks its own sum, which is the index
into the first table. With a flush only the ranks of that suit matter: a 13-bit mask is the
index into the second. Seven cards with a flush hold neither a full house nor four of a kind,
so a flush found in the second table always counts.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, combinations_with_replacement

CATEGORIES = (
    "high card",
    "pair",
    "two pair",
    "three of a kind",
    "straight",
    "flush",
    "full house",
    "four of a kind",
    "straight flush",
)
"""From the lowest to the highest; the royal flush is the best straight flush."""

FLUSH_SIZE = 5
RANK_COUNT = 13
PAIR, TRIPS, QUADS = 2, 3, 4  # cards of one rank; there are no more than four

# Weights whose sums over multisets of seven ranks (at most four of each) are all distinct:
# the keys of Kenneth J. Shackleton's SpecialKEval.
RANK_WEIGHTS = (
    0, 1, 5, 22, 98, 453, 2031, 8698, 22854, 83661, 262349, 636345, 1479181,
)  # fmt: skip
TABLE_SIZE = 4 * RANK_WEIGHTS[12] + 3 * RANK_WEIGHTS[11] + 1

_WHEEL = 0b1_0000_0000_1111  # ace, 5, 4, 3, 2


@dataclass(frozen=True, slots=True)
class RankTables:
    """Ranks of hands by sum of weights (no flush) and by mask of one suit's ranks (flush)."""

    by_weight: "array[int]"  # subscriptable at run time from Python 3.12 on
    by_mask: "array[int]"


@cache
def rank_tables(cards: int) -> RankTables:
    """The tables for hands of a number of cards, five to seven; built once, about 0.3 s."""
    places = _places()
    by_weight = array("H", bytes(2 * TABLE_SIZE))
    for ranks in _rank_multisets(cards):
        by_weight[sum(RANK_WEIGHTS[rank] for rank in ranks)] = places[_worth(ranks)]
    by_mask = array("H", bytes(2 << RANK_COUNT))
    for mask in range(1 << RANK_COUNT):
        if mask.bit_count() >= FLUSH_SIZE:
            by_mask[mask] = places[_flush_worth(mask)]
    return RankTables(by_weight, by_mask)


def hand_rank(cards: Sequence[int]) -> int:
    """The rank of the best five of five to seven distinct cards, 1..7462.

    Example:
        >>> from pokertool.cards import parse_card
        >>> hand_rank([parse_card(card) for card in ("As", "Ks", "Qs", "Js", "Ts")])
        7462
    """
    tables = rank_tables(len(cards))
    masks = [0, 0, 0, 0]
    weight = 0
    for card in cards:
        weight += RANK_WEIGHTS[card >> 2]
        masks[card & 3] |= 1 << (card >> 2)
    return max(tables.by_mask[mask] for mask in masks) or tables.by_weight[weight]


def category(rank: int) -> str:
    """The name of a rank's category.

    Example:
        >>> category(7462)
        'straight flush'
    """
    return CATEGORIES[bisect_right(_category_starts(), rank) - 1]


@cache
def _places() -> dict[int, int]:
    """The place, from 1, of every worth a five-card hand can have."""
    worths = {_worth(ranks) for ranks in _rank_multisets(FLUSH_SIZE)}
    for ranks in combinations(range(RANK_COUNT), FLUSH_SIZE):
        worths.add(_flush_worth(sum(1 << rank for rank in ranks)))
    return {worth: place for place, worth in enumerate(sorted(worths), start=1)}


@cache
def _category_starts() -> tuple[int, ...]:
    starts: dict[int, int] = {}
    for worth, place in _places().items():
        starts.setdefault(worth >> 20, place)
    return tuple(starts[number] for number in range(len(CATEGORIES)))


def _rank_multisets(cards: int) -> Iterable[tuple[int, ...]]:
    """All multisets of card ranks, descending, that four suits can hold."""
    descending = range(RANK_COUNT - 1, -1, -1)
    ends = [(place, place + QUADS) for place in range(cards - QUADS)]
    for ranks in combinations_with_replacement(descending, cards):
        for start, end in ends:
            if ranks[start] == ranks[end]:
                break
        else:
            yield ranks


def _worth(ranks: tuple[int, ...]) -> int:
    """Comparable worth of descending ranks without a flush: category, then deciding ranks."""
    groups = [(ranks.count(rank), rank) for rank in dict.fromkeys(ranks)]
    groups.sort(reverse=True)  # the largest groups first, the highest rank first among equals
    (size, first), (next_size, second) = groups[:2]
    if size == QUADS:
        return _pack(7, first, max(rank for _, rank in groups[1:]))
    if size == TRIPS and next_size > 1:
        return _pack(6, first, max(rank for count, rank in groups[1:] if count > 1))
    if straight := _straight_high(sum(1 << rank for _, rank in groups)):
        return _pack(4, straight)
    if size == PAIR and next_size == PAIR:
        return _pack(2, first, second, max(rank for _, rank in groups[2:]))
    number = {1: 0, PAIR: 1, TRIPS: 3}[size]  # high card, pair, three of a kind
    return _pack(number, *[rank for _, rank in groups[: FLUSH_SIZE + 1 - size]])


def _flush_worth(mask: int) -> int:
    if straight := _straight_high(mask):
        return _pack(8, straight)
    descending = [rank for rank in range(RANK_COUNT - 1, -1, -1) if mask >> rank & 1]
    return _pack(5, *descending[:FLUSH_SIZE])


def _straight_high(mask: int) -> int:
    """The highest rank of the best straight among a mask of ranks; 0 without a straight."""
    runs = mask & mask >> 1 & mask >> 2 & mask >> 3 & mask >> 4
    if runs:
        return runs.bit_length() + 3
    return 3 if mask & _WHEEL == _WHEEL else 0


def _pack(category_number: int, *ranks: int) -> int:
    """A category and up to five ranks as one number that compares as they do."""
    worth = category_number
    for rank in ranks:
        worth = worth << 4 | rank
    return worth << 4 * (FLUSH_SIZE - len(ranks))
