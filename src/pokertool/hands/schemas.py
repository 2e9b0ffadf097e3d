"""Hand histories as they come in and go out over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from pokertool.card_fields import Board, TwoCards

MAX_AMOUNT = 1e12


def _possible_board(cards: list[str]) -> list[str]:
    if len(cards) in {1, 2}:
        raise ValueError("a board has 0, 3, 4 or 5 cards")
    return cards


def _storable(text: str) -> str:
    """Refuse text that PostgreSQL or UTF-8 cannot hold."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("must not contain NUL or unpaired surrogate characters")
    return text


def _now() -> datetime:
    return datetime.now(UTC)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Text = Annotated[str, AfterValidator(_storable)]
Amount = Annotated[float, Field(ge=0, le=MAX_AMOUNT, allow_inf_nan=False)]
SignedAmount = Annotated[float, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT, allow_inf_nan=False)]


class NewHand(BaseModel):
    """A hand history to keep; all but the hole cards may be unknown."""

    model_config = ConfigDict(extra="forbid")

    played_at: Moment = Field(default_factory=_now)
    hole: TwoCards
    board: Annotated[Board, AfterValidator(_possible_board)] = []
    position: Annotated[Text, Field(max_length=16, examples=["BTN"])] | None = None
    stack: Amount | None = None
    pot: Amount | None = None
    result: SignedAmount | None = None
    notes: Annotated[Text, Field(max_length=10_000)] = ""


class Hand(NewHand):
    """A kept hand history."""

    id: int

    @classmethod
    def kept(cls, number: int, hand: NewHand) -> Self:
        """The hand under the number it was given."""
        return cls.model_construct(id=number, **dict(hand))


class HandPage(BaseModel):
    """Some hand histories, the last played first, and how many there are in all."""

    items: list[Hand]
    total: int
    limit: int
    offset: int
