from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from pokertool.hands.schemas import NewHand


def new_hand(**fields: object) -> NewHand:
    return NewHand.model_validate({"hole": ["As", "Kd"]} | fields)


def test_moments_are_brought_to_utc() -> None:
    hand = new_hand(played_at="2024-05-17T20:15:00+02:00")

    assert hand.played_at == datetime(2024, 5, 17, 18, 15, tzinfo=UTC)
    assert hand.played_at.tzinfo is UTC


def test_a_hand_without_a_moment_was_played_now() -> None:
    assert abs((datetime.now(UTC) - new_hand().played_at).total_seconds()) < 60


@pytest.mark.parametrize("count", [0, 3, 4, 5])
def test_possible_boards(count: int) -> None:
    assert len(new_hand(board=["2c", "3c", "4c", "5c", "6c"][:count]).board) == count


@pytest.mark.parametrize(
    "fields",
    [
        {"board": ["2c"]},
        {"board": ["2c", "3c"]},
        {"notes": "\0"},
        {"notes": "\ud800"},
        {"stack": float("nan")},
        {"pot": float("inf")},
        {"result": -1e300},
        {"played_at": "2024-05-17T20:15:00"},
        {"played_at": "9999-12-31T23:59:59-10:00"},
    ],
)
def test_what_cannot_be_kept(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        new_hand(**fields)
