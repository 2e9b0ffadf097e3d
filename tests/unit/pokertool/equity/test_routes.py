from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def test_an_answer(client: TestClient) -> None:
    reply = client.post(
        "/api/equity",
        json={"hole": ["as", "5S"], "villain": ["Kh", "Qd"], "board": ["Ks", "7s", "2d", "9c"]},
    )

    assert reply.status_code == 200
    answer = reply.json()
    assert set(answer) == {"win", "tie", "loss", "share", "method", "samples"}
    assert answer["win"] == pytest.approx(12 / 44)
    assert (answer["method"], answer["samples"]) == ("exact", 44)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hole": ["As"]}, "hole"),
        ({"hole": ["As", "as"]}, "hole.1"),
        ({"hole": ["As", "1c"]}, "hole.1"),
        ({"board": ["Kd"]}, "board.0"),
        ({"players": 10}, "players"),
        ({"players": 3, "villain": ["2c", "2d"]}, "villain"),
        ({"iterations": 200_001}, "iterations"),
        ({"seed": 2**63}, "seed"),
        ({"hand": []}, "hand"),
    ],
)
def test_bad_input(client: TestClient, changes: dict[str, object], field: str) -> None:
    reply = client.post("/api/equity", json={"hole": ["As", "Kd"]} | changes)

    assert reply.status_code == 422
    assert [detail["field"] for detail in reply.json()["details"]] == [field]
