"""Cards as fields of a request: checked, and brought to one notation."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

from pokertool.cards import card_name, first_repeat, parse_card
from pokertool.problems import invalid


def _canonical(text: str) -> str:
    return card_name(parse_card(text))


CardText = Annotated[str, AfterValidator(_canonical)]
TwoCards = Annotated[list[CardText], Field(min_length=2, max_length=2, examples=[["As", "Kd"]])]
Board = Annotated[list[CardText], Field(max_length=5, examples=[["2c", "7h", "Jd"]])]


def check_distinct(groups: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Refuse a request that deals one card twice.

    Raises:
        ProblemError: 422; it names the field of the second appearance.
    """
    repeat = first_repeat(groups)
    if repeat is not None:
        field, card = repeat
        raise invalid(field, f"{card} is dealt twice")
