"""`POST /api/hands`, `GET /api/hands` and `GET /api/hands/{id}`."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from pokertool.card_fields import check_distinct
from pokertool.hands.schemas import Hand, HandPage, NewHand
from pokertool.problems import ProblemError
from pokertool.services import ServicesOfApp

MAX_INTEGER = 2**31 - 1  # PostgreSQL's integer

router = APIRouter()


@router.post("/api/hands", status_code=201)
def post_hand(hand: NewHand, services: ServicesOfApp) -> Hand:
    """Keep a hand history."""
    from pokertool.hands import store  # noqa: PLC0415 - SQLAlchemy late, for a quick start

    check_distinct([("hole", hand.hole), ("board", hand.board)])
    return store.add_hand(services.database, hand)


@router.get("/api/hands")
def get_hands(
    services: ServicesOfApp,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=MAX_INTEGER)] = 0,
) -> HandPage:
    """Some hand histories, the last played first."""
    from pokertool.hands import store  # noqa: PLC0415 - SQLAlchemy late, for a quick start

    return store.list_hands(services.database, limit=limit, offset=offset)


@router.get("/api/hands/{id}")
def get_hand(
    hand_id: Annotated[int, Path(alias="id", ge=1, le=MAX_INTEGER)], services: ServicesOfApp
) -> Hand:
    """One hand history."""
    from pokertool.hands import store  # noqa: PLC0415 - SQLAlchemy late, for a quick start

    hand = store.find_hand(services.database, hand_id)
    if hand is None:
        raise ProblemError(404, f"there is no hand {hand_id}")
    return hand
