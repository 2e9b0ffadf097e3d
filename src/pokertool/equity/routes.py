"""`POST /api/equity`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from pokertool.card_fields import Board, TwoCards, check_distinct
from pokertool.cards import parse_card
from pokertool.equity.calculator import HEADS_UP, Equity, Spot, equity
from pokertool.problems import invalid

router = APIRouter()


class EquityRequest(BaseModel):
    """The cards that are known, the number of players, and how to sample."""

    model_config = ConfigDict(extra="forbid")

    hole: TwoCards
    board: Board = []
    villain: TwoCards | None = None
    players: Annotated[int, Field(ge=2, le=9)] = HEADS_UP
    iterations: Annotated[int, Field(ge=1, le=200_000)] = 10_000
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0


@router.post("/api/equity")
def post_equity(request: EquityRequest) -> Equity:
    """The hero's chance to win, tie and lose; exact where the enumeration is small."""
    if request.villain is not None and request.players != HEADS_UP:
        raise invalid("villain", "a known opponent needs exactly 2 players")
    villain = request.villain or []
    check_distinct([("hole", request.hole), ("board", request.board), ("villain", villain)])
    return equity(
        Spot(
            hero=tuple(map(parse_card, request.hole)),
            board=tuple(map(parse_card, request.board)),
            villain=tuple(map(parse_card, villain)),
            players=request.players,
            iterations=request.iterations,
            seed=request.seed,
        )
    )
