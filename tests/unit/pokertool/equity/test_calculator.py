"""Equities against published ones."""

from __future__ import annotations

import importlib.util

import pytest

from pokertool.cards import parse_card
from pokertool.equity import plain
from pokertool.equity.calculator import Spot, equity, preferred_backend

# Exact equities of two known hands before the flop, from published tables; a third of a
# million boards each. Four standard errors of 20,000 deals are about 0.014.
PUBLISHED = [
    ("As Ad", "Kh Kd", 0.819),
    ("As Ks", "Qh Qd", 0.462),
    ("As Kd", "2h 2c", 0.475),
    ("Ah Kh", "Ad Qc", 0.743),
]


def cards(text: str) -> tuple[int, ...]:
    return tuple(parse_card(card) for card in text.split())


@pytest.mark.parametrize(("hero", "villain", "share"), PUBLISHED)
def test_two_known_hands(hero: str, villain: str, share: float) -> None:
    result = equity(Spot(cards(hero), villain=cards(villain), iterations=20_000))

    assert result.method == "monte-carlo"
    assert result.share == pytest.approx(share, abs=0.015)


@pytest.mark.parametrize(("hero", "share"), [("As Ad", 0.852), ("2s 7d", 0.346), ("As Ks", 0.670)])
def test_a_hand_against_any_other(hero: str, share: float) -> None:
    assert equity(Spot(cards(hero), iterations=20_000)).share == pytest.approx(share, abs=0.015)


def test_aces_against_eight_others() -> None:
    result = equity(Spot(cards("As Ad"), players=9, iterations=10_000))

    assert result.share == pytest.approx(0.347, abs=0.02)


def test_probabilities_add_up() -> None:
    result = equity(Spot(cards("2s 3d"), cards("As Ks Qs"), players=4, iterations=500, seed=1))

    assert result.win + result.tie + result.loss == pytest.approx(1)
    assert result.win <= result.share <= result.win + result.tie / 2


def test_the_nuts_and_the_dead() -> None:
    board = cards("Ah Ac Kd")

    assert equity(Spot(cards("As Ad"), board, cards("2c 7h"))).win == 1
    assert equity(Spot(cards("2c 7h"), board, cards("As Ad"))).loss == 1


@pytest.mark.parametrize(
    ("board", "players", "exact"),
    [
        ("", 2, False),
        ("2c 3c", 2, False),
        ("2c 3c 4c", 2, True),
        ("2c 3c 4c 5c 6c", 2, True),
        ("2c 3c 4c 5c 6c", 3, False),
    ],
)
def test_what_is_small_is_exact(board: str, players: int, *, exact: bool) -> None:
    assert Spot(cards("As Ad"), cards(board), players=players).is_exact == exact


@pytest.mark.parametrize(
    ("board", "villain", "samples"),
    [
        ("2c 3c 4c", "", 1_081 * 990),
        ("2c 3c 4c 5d", "", 46 * 990),
        ("2c 3c 4c 5d 9h", "", 990),
        ("2c 3c 4c", "Kd Ks", 990),
        ("2c 3c 4c 5d 9h", "Kd Ks", 1),
    ],
)
def test_all_deals_are_counted(board: str, villain: str, samples: int) -> None:
    result = equity(Spot(cards("As Ad"), cards(board), cards(villain)), plain)

    assert (result.method, result.samples) == ("exact", samples)


def test_numpy_is_used_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    has_numpy = importlib.util.find_spec("numpy") is not None
    preferred_backend.cache_clear()
    name = "vectorised" if has_numpy else "plain"
    assert getattr(preferred_backend(), "__name__", "").endswith(name)

    preferred_backend.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert preferred_backend() is plain
    preferred_backend.cache_clear()
