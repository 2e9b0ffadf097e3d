from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from pokertool.settings import Settings

HAND = {"hole": ["As", "Kd"], "board": ["2c", "7h", "Jd"], "played_at": "2024-05-17T18:15:00Z"}


def test_a_round_trip(client: TestClient) -> None:
    created = client.post("/api/hands", json=HAND)

    assert created.status_code == 201
    assert created.json() == HAND | {
        "id": 1,
        "position": None,
        "stack": None,
        "pot": None,
        "result": None,
        "notes": "",
    }
    assert client.get("/api/hands/1").json() == created.json()
    assert client.get("/api/hands").json() == {
        "items": [created.json()],
        "total": 1,
        "limit": 50,
        "offset": 0,
    }


def test_a_hand_that_is_not_there(client: TestClient) -> None:
    reply = client.get("/api/hands/7")

    assert (reply.status_code, reply.json()["error"]) == (404, "there is no hand 7")


def test_a_card_dealt_twice(client: TestClient) -> None:
    reply = client.post("/api/hands", json=HAND | {"board": ["2c", "7h", "KD"]})

    assert reply.status_code == 422
    assert reply.json()["details"] == [{"field": "board.2", "reason": "Kd is dealt twice"}]


@pytest.mark.parametrize(
    ("path", "field"), [("?limit=0", "limit"), ("?offset=-1", "offset"), ("/0", "id")]
)
def test_bad_addresses(client: TestClient, path: str, field: str) -> None:
    reply = client.get(f"/api/hands{path}")

    assert reply.status_code == 422
    assert [detail["field"] for detail in reply.json()["details"]] == [field]


def test_a_database_that_is_down(client: TestClient, settings: Settings) -> None:
    settings.data_dir.write_text("a file where the folder belongs")

    for reply in (client.post("/api/hands", json=HAND), client.get("/api/hands")):
        assert reply.status_code == 503
        assert reply.json() == {
            "error": "the database cannot be reached; try again later",
            "details": [],
        }
    settings.data_dir.unlink()
    assert client.post("/api/hands", json=HAND).status_code == 201
