"""Playing cards as small numbers, and their notation: rank, then suit, as in "As" or "Td".

A card is `rank * 4 + suit`, 0..51; rank 0 is the deuce and 12 the ace.
"""

from collections.abc import Iterable

RANKS = "23456789TJQKA"
SUITS = "shdc"
DECK = tuple(range(len(RANKS) * len(SUITS)))


def parse_card(text: str) -> int:
    """The card of a notation; case is free, and "10" stands for "T".

    Raises:
        ValueError: The text names no card.

    Example:
        >>> parse_card("As"), parse_card("10H") == parse_card("Th")
        (48, True)
    """
    compact = text.strip().replace("10", "T")
    if len(compact) == 2:  # noqa: PLR2004 - a rank and a suit
        rank, suit = RANKS.find(compact[0].upper()), SUITS.find(compact[1].lower())
        if rank >= 0 and suit >= 0:
            return rank * len(SUITS) + suit
    raise ValueError(
        f"{text[:20]!r} is not a card: write a rank of {RANKS} and a suit of {SUITS}, as in 'As'"
    )


def card_name(card: int) -> str:
    """The notation of a card.

    Example:
        >>> card_name(48)
        'As'
    """
    rank, suit = divmod(card, len(SUITS))
    return RANKS[rank] + SUITS[suit]


def first_repeat(groups: Iterable[tuple[str, Iterable[str]]]) -> tuple[str, str] | None:
    """The first card that stands a second time, as (field, card), or None.

    Example:
        >>> first_repeat([("hole", ["As", "Kd"]), ("board", ["2c", "As"])])
        ('board.1', 'As')
    """
    seen: set[str] = set()
    for field, cards in groups:
        for place, card in enumerate(cards):
            if card in seen:
                return f"{field}.{place}", card
            seen.add(card)
    return None
