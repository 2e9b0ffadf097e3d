"""The contract of POST /api/equity."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.contract.conftest import Client, Reply

ACES = {"hole": ["As", "Ad"]}


def equity(client: Client, **request: object) -> Any:
    reply = client.post("/api/equity", request)
    assert reply.status == 200, reply.text
    answer = reply.json()
    assert answer["win"] + answer["tie"] + answer["loss"] == pytest.approx(1)
    return answer


def test_the_turn_with_known_cards_counts_all_rivers(client: Client) -> None:
    # Nine spades and three aces of the 44 cards left win.
    answer = equity(client, hole=["As", "5s"], villain=["Kh", "Qd"], board=["Ks", "7s", "2d", "9c"])

    assert answer["method"] == "exact"
    assert answer["samples"] == 44
    assert answer["win"] == pytest.approx(12 / 44)
    assert answer["tie"] == 0


def test_a_royal_flush_on_the_board_is_shared_by_all(client: Client) -> None:
    answer = equity(client, hole=["2c", "3d"], board=["As", "Ks", "Qs", "Js", "Ts"])

    assert (answer["win"], answer["tie"], answer["loss"]) == (0, 1, 0)
    assert answer["samples"] == 990


def test_an_unknown_opponent_on_the_flop_is_enumerated_soon(client: Client) -> None:
    started = time.monotonic()
    answer = equity(client, hole=["As", "Kd"], board=["2c", "7h", "Jd"])

    assert answer["method"] == "exact"
    assert answer["samples"] == 1_070_190  # C(47, 2) boards times C(45, 2) hands
    assert time.monotonic() - started < 15


def test_aces_before_the_flop(client: Client) -> None:
    answer = equity(client, **ACES, iterations=20_000)

    assert answer["method"] == "monte-carlo"
    assert answer["samples"] == 20_000
    assert answer["share"] == pytest.approx(0.852, abs=0.015)


def test_the_same_seed_gives_the_same_answer(client: Client) -> None:
    first, again, other = (
        equity(client, **ACES, players=6, iterations=2_000, seed=seed) for seed in (7, 7, 8)
    )

    assert first == again
    assert first != other


def test_more_players_leave_less(client: Client) -> None:
    shares = [equity(client, **ACES, players=players)["share"] for players in (2, 5, 9)]

    assert shares == sorted(shares, reverse=True)
    assert shares[2] > 1 / 9


@pytest.mark.parametrize(
    ("request_body", "field"),
    [
        ({}, "hole"),
        ({"hole": ["As"]}, "hole"),
        ({"hole": ["As", "Kd", "2c"]}, "hole"),
        ({"hole": ["1s", "Kd"]}, "hole.0"),
        ({"hole": ["As", "Kx"]}, "hole.1"),
        ({"hole": [1, "Kd"]}, "hole.0"),
        ({"hole": ["As", "As"]}, "hole.1"),
        ({"hole": "AsKd"}, "hole"),
        (ACES | {"board": ["2c", "As", "3d"]}, "board.1"),
        (ACES | {"board": ["2c", "3c", "4c", "5c", "6c", "7c"]}, "board"),
        (ACES | {"villain": ["Ks"]}, "villain"),
        (ACES | {"villain": ["Ks", "Ad"]}, "villain.1"),
        (ACES | {"villain": ["Ks", "Kd"], "players": 3}, "villain"),
        (ACES | {"players": 1}, "players"),
        (ACES | {"players": 10}, "players"),
        (ACES | {"players": "many"}, "players"),
        (ACES | {"iterations": 0}, "iterations"),
        (ACES | {"iterations": 200_001}, "iterations"),
        (ACES | {"seed": -1}, "seed"),
        (ACES | {"bord": []}, "bord"),
        (["As", "Kd"], "body"),
    ],
)
def test_bad_input_names_its_field(client: Client, request_body: object, field: str) -> None:
    assert_names_field(client.post("/api/equity", request_body), field)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 50_000])
def test_a_body_that_is_not_json(client: Client, body: bytes) -> None:
    reply = client.request("POST", "/api/equity", body, Content_Type="application/json")

    assert_names_field(reply, "body")


def assert_names_field(reply: Reply, field: str) -> None:
    answer = reply.json()
    assert reply.status == 422, answer
    assert answer["error"]
    assert field in [detail["field"] for detail in answer["details"]], answer
    assert all(detail["reason"] for detail in answer["details"])
    assert "Traceback" not in reply.text
