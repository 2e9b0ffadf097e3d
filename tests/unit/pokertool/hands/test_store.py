from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from pokertool.database import Database
from pokertool.hands.schemas import NewHand
from pokertool.hands.store import add_hand, find_hand, list_hands

if TYPE_CHECKING:
    from pokertool.settings import Settings

MOMENT = datetime(2024, 5, 17, 20, 15, tzinfo=timezone(timedelta(hours=2)))


def hand(day: int = 0) -> NewHand:
    return NewHand(
        played_at=MOMENT + timedelta(days=day),
        hole=["As", "Td"],
        board=["2c", "7h", "Jd"],
        position="BTN",
        stack=0.1,
        notes="♠",
    )


def test_a_hand_comes_back_whole(database: Database) -> None:
    kept = add_hand(database, hand())

    assert find_hand(database, kept.id) == kept
    assert kept.played_at == MOMENT
    assert kept.played_at.tzinfo is UTC
    assert (kept.hole, kept.stack, kept.pot) == (["As", "Td"], 0.1, None)


def test_an_empty_board_comes_back_empty(database: Database) -> None:
    kept = add_hand(database, NewHand(hole=["As", "Td"]))

    found = find_hand(database, kept.id)
    assert found is not None
    assert found.board == []


def test_hands_outlive_the_connection(settings: Settings, database: Database) -> None:
    kept = add_hand(database, hand())
    database.close()

    other = Database(settings)
    assert find_hand(other, kept.id) == kept
    other.close()


def test_pages_begin_with_the_last_played(database: Database) -> None:
    second, first, third = (add_hand(database, hand(day)) for day in (2, 3, 1))
    tied = add_hand(database, hand(2))

    page = list_hands(database, limit=2, offset=1)
    assert page.items == [tied, second]
    assert (page.total, page.limit, page.offset) == (4, 2, 1)
    assert [found.id for found in list_hands(database, limit=9, offset=0).items] == [
        first.id,
        tied.id,
        second.id,
        third.id,
    ]


def test_a_hand_that_is_not_there(database: Database) -> None:
    assert find_hand(database, 1) is None
