"""The contract of the hand histories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.contract.conftest import Client

HAND = {
    "played_at": "2024-05-17T20:15:00+02:00",
    "hole": ["As", "10h"],
    "board": ["2c", "7H", "Jd"],
    "position": "BTN",
    "stack": 100.5,
    "pot": 12,
    "result": -3.25,
    "notes": "Räised – folded to a 3-bet ♠",
}


def create(client: Client, **changes: object) -> Any:
    reply = client.post("/api/hands", HAND | changes)
    assert reply.status == 201, reply.text
    return reply.json()


def test_a_hand_comes_back_as_it_was_kept(client: Client) -> None:
    created = create(client)

    reply = client.get(f"/api/hands/{created['id']}")
    assert reply.status == 200
    assert reply.json() == created
    assert created["hole"] == ["As", "Th"]
    assert created["board"] == ["2c", "7h", "Jd"]
    assert created["played_at"] == "2024-05-17T18:15:00Z"
    for field in ("position", "stack", "pot", "result", "notes"):
        assert created[field] == HAND[field]


def test_only_the_hole_cards_are_required(client: Client) -> None:
    reply = client.post("/api/hands", {"hole": ["As", "Kd"]})

    assert reply.status == 201, reply.text
    created = reply.json()
    assert created["board"] == []
    assert created["stack"] is None
    assert created["played_at"].endswith("Z")


def test_the_list_begins_with_the_last_played(client: Client) -> None:
    later = create(client, played_at="2999-01-02T00:00:00Z")
    earlier = create(client, played_at="2999-01-01T00:00:00Z")

    both = client.get("/api/hands?limit=200").json()
    second = client.get("/api/hands?limit=1&offset=1").json()
    places = [hand["id"] for hand in both["items"]]
    assert places.index(later["id"]) < places.index(earlier["id"])
    assert second["items"] == both["items"][1:2]
    assert (second["limit"], second["offset"]) == (1, 1)
    assert second["total"] == both["total"] >= 2


def test_a_hand_that_is_not_there(client: Client) -> None:
    reply = client.get("/api/hands/2147483647")

    assert reply.status == 404
    assert "2147483647" in reply.json()["error"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hole": ["As"]}, "hole"),
        ({"hole": ["As", "Zz"]}, "hole.1"),
        ({"board": ["2c", "3c"]}, "board"),
        ({"board": ["2c", "3c", "Th"]}, "board.2"),
        ({"played_at": "yesterday"}, "played_at"),
        ({"played_at": "2024-05-17T20:15:00"}, "played_at"),
        ({"played_at": "0001-01-01T00:00:00+14:00"}, "played_at"),
        ({"position": "x" * 17}, "position"),
        ({"stack": -1}, "stack"),
        ({"pot": "much"}, "pot"),
        ({"result": 1e300}, "result"),
        ({"notes": "x" * 10_001}, "notes"),
        ({"notes": "nul \0"}, "notes"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_input_names_its_field(client: Client, changes: dict[str, Any], field: str) -> None:
    reply = client.post("/api/hands", HAND | changes)

    assert reply.status == 422, reply.text
    assert field in [detail["field"] for detail in reply.json()["details"]]
    assert "Traceback" not in reply.text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/hands?limit=0", "limit"),
        ("/api/hands?limit=201", "limit"),
        ("/api/hands?offset=-1", "offset"),
        ("/api/hands?offset=99999999999999999999", "offset"),
        ("/api/hands/first", "id"),
        ("/api/hands/99999999999999999999", "id"),
    ],
)
def test_bad_addresses_name_their_part(client: Client, path: str, field: str) -> None:
    reply = client.get(path)

    assert reply.status == 422, reply.text
    assert [detail["field"] for detail in reply.json()["details"]] == [field]
