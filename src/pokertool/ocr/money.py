"""Amounts in the text of a table: the pot and the stacks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Commas group thousands and the point divides; tesseract often reads "$" as "S".
_AMOUNT = r"""
    \s* [:=]? \s*
    (?P<currency> [$€£] | S(?=\d) )? \s*
    (?P<number> \d{1,3}(?:,\d{3})+(?:\.\d+)? | \d+(?:\.\d+)? )
    (?P<scale> [km]\b )?
    (?: \s* (?P<blinds> bb\b ) )?
"""
_FLAGS = re.VERBOSE | re.IGNORECASE | re.ASCII
_POT = re.compile(r"(?<!side\s) \b pot \b" + _AMOUNT, _FLAGS)
_STACK = re.compile(r"\b stack s? \b" + _AMOUNT, _FLAGS)
_SCALES = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of chips and what it is counted in: a currency sign, "BB" or nothing."""

    number: float
    unit: str | None


def find_pot(text: str) -> Amount | None:
    """The first pot in the text that is not a side pot.

    Example:
        >>> find_pot("Pot: $1,250.50")
        Amount(number=1250.5, unit='$')
    """
    return next(_amounts(_POT.finditer(text)), None)


def find_stacks(text: str) -> list[Amount]:
    """All stacks, in the order of the text.

    Example:
        >>> find_stacks("Stack: 1,000   STACK 12.5 BB")
        [Amount(number=1000.0, unit=None), Amount(number=12.5, unit='BB')]
    """
    return list(_amounts(_STACK.finditer(text)))


def _amounts(matches: Iterable[re.Match[str]]) -> Iterator[Amount]:
    for match in matches:
        number = float(match["number"].replace(",", ""))
        currency = (match["currency"] or "").upper().replace("S", "$")
        unit = "BB" if match["blinds"] else currency or None
        yield Amount(number * _SCALES[(match["scale"] or "").lower()], unit)
