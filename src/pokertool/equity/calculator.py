"""A spot at the table, and the hero's chances in it."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol

MAX_EXACT_MISSING = 2
HEADS_UP = 2


@dataclass(frozen=True, slots=True)
class Spot:
    """What is known at the table, and how to sample what is not.

    Attributes:
        hero: The hero's two cards.
        board: Up to five board cards.
        villain: The one opponent's two cards, or nothing where they are unknown.
        players: All players in the hand, the hero included, 2..9.
        iterations: Deals to sample where enumeration would be too large.
        seed: Chooses the sample; the same seed gives the same answer.
    """

    hero: tuple[int, ...]
    board: tuple[int, ...] = ()
    villain: tuple[int, ...] = ()
    players: int = HEADS_UP
    iterations: int = 10_000
    seed: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether all deals are counted: one opponent, at most two board cards missing."""
        return self.players == HEADS_UP and len(self.board) >= 5 - MAX_EXACT_MISSING


@dataclass(frozen=True, slots=True)
class Equity:
    """Probabilities of the hero's outcomes; win, tie and loss sum to 1.

    Attributes:
        share: The hero's expected part of the pot; a tie of k players counts 1/k.
        samples: How many deals were counted.
    """

    win: float
    tie: float
    loss: float
    share: float
    method: Literal["exact", "monte-carlo"]
    samples: int


class Backend(Protocol):
    """A module that counts showdowns: `plain`, or `vectorised` where NumPy is installed.

    A tally's entry 0 counts the deals that the hero loses, entry k those with k winners, the
    hero among them. All backends give the same tallies.
    """

    def exact_tally(
        self, hero: Sequence[int], board: Sequence[int], villain: Sequence[int], /
    ) -> list[int]:
        """Count all deals."""

    def sampled_tally(
        self,
        hero: Sequence[int],
        board: Sequence[int],
        villain: Sequence[int],
        /,
        *,
        players: int,
        iterations: int,
        seed: int,
    ) -> list[int]:
        """Count seeded random deals."""


def equity(spot: Spot, backend: Backend | None = None) -> Equity:
    """The hero's chances in a spot.

    Example:
        >>> from pokertool.cards import parse_card
        >>> cards = {name: tuple(map(parse_card, name.split())) for name in ("As Ad", "2c 7h")}
        >>> board = tuple(map(parse_card, "Ah Ac Kd Qs Jh".split()))
        >>> equity(Spot(hero=cards["As Ad"], board=board, villain=cards["2c 7h"])).win
        1.0
    """
    counter = backend or preferred_backend()
    if spot.is_exact:
        return _equity(counter.exact_tally(spot.hero, spot.board, spot.villain), "exact")
    tally = counter.sampled_tally(
        spot.hero,
        spot.board,
        spot.villain,
        players=spot.players,
        iterations=spot.iterations,
        seed=spot.seed,
    )
    return _equity(tally, "monte-carlo")


@cache
def preferred_backend() -> Backend:
    """The fastest backend that is installed; NumPy is imported here and not before."""
    if importlib.util.find_spec("numpy") is None:
        from pokertool.equity import plain  # noqa: PLC0415 - the one that is used

        return plain
    from pokertool.equity import vectorised  # noqa: PLC0415 - NumPy late

    return vectorised


def _equity(tally: Sequence[int], method: Literal["exact", "monte-carlo"]) -> Equity:
    samples = sum(tally)
    share = sum(count / winners for winners, count in enumerate(tally) if winners)
    return Equity(
        win=tally[1] / samples,
        tie=sum(tally[2:]) / samples,
        loss=tally[0] / samples,
        share=share / samples,
        method=method,
        samples=samples,
    )
