"""Seeded random deals by a counter: any deal can be made alone, and in any order.

Draw `d` of deal `i` is number `i * 32 + d` of a SplitMix64 stream (Steele, Lea and Flood,
"Fast Splittable Pseudorandom Number Generators", 2014). Its upper 32 bits choose among the
cards left, as one step of a Fisher-Yates shuffle. The NumPy code in `vectorised` computes
the same numbers, so both give the same deals for the same seed.
"""

from collections.abc import Iterator, Sequence

DRAWS_PER_DEAL = 32  # nine players at an empty board need 21
GOLDEN = 0x9E3779B97F4A7C15
FIRST_FACTOR = 0xBF58476D1CE4E5B9
SECOND_FACTOR = 0x94D049BB133111EB
MASK_64 = (1 << 64) - 1


def mix(value: int) -> int:
    """SplitMix64's finaliser: spreads 64 bits so that each depends on all."""
    value = (value ^ value >> 30) * FIRST_FACTOR & MASK_64
    value = (value ^ value >> 27) * SECOND_FACTOR & MASK_64
    return value ^ value >> 31


def stream_start(seed: int) -> int:
    """Where a seed's stream begins, so that neighbouring seeds share no numbers."""
    return mix((seed + GOLDEN) & MASK_64)


def deals(deck: Sequence[int], draws: int, seed: int, count: int) -> Iterator[list[int]]:
    """`count` deals of `draws` distinct cards of the deck, each in the order drawn.

    Example:
        >>> [sorted(deal) for deal in deals([1, 2, 3], 3, seed=7, count=2)]
        [[1, 2, 3], [1, 2, 3]]
    """
    start, size = stream_start(seed), len(deck)
    for deal in range(count):
        cards = list(deck)
        counter = start + (deal * DRAWS_PER_DEAL + 1) * GOLDEN
        for place in range(draws):
            number = mix(counter & MASK_64) >> 32
            chosen = place + (number * (size - place) >> 32)
            cards[place], cards[chosen] = cards[chosen], cards[place]
            counter += GOLDEN
        yield cards[:draws]
