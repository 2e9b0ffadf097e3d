"""One screenshot from its bytes to the text, the pot and the stacks."""

from dataclasses import dataclass
from typing import Literal

from pokertool.ocr.image_header import read_header
from pokertool.ocr.money import find_pot, find_stacks
from pokertool.ocr.opencv import prepare
from pokertool.ocr.tesseract import Tesseract
from pokertool.problems import invalid


@dataclass(frozen=True, slots=True)
class TableReading:
    """What a screenshot says.

    Attributes:
        text: All text that was read, line by line.
        pot: The pot, or None where none was found.
        stacks: The stacks, in the order of the text.
        unit: What the pot (else the first stack) is counted in: a currency sign, "BB", or None.
        preprocessing: How the image was prepared for reading.
    """

    text: str
    pot: float | None
    stacks: list[float]
    unit: str | None
    preprocessing: Literal["opencv", "none"]


def read_table(image: bytes, tesseract: Tesseract) -> TableReading:
    """Read a table screenshot, a PNG or JPEG.

    Raises:
        ProblemError: 422 for an image that cannot be read, 503 without tesseract.
    """
    try:
        read_header(image)
        prepared = prepare(image)
    except ValueError as error:
        raise invalid("image", str(error)) from error
    text = tesseract.read(image if prepared is None else prepared)
    pot, stacks = find_pot(text), find_stacks(text)
    found = [amount for amount in (pot, *stacks) if amount is not None]
    return TableReading(
        text=text,
        pot=None if pot is None else pot.number,
        stacks=[stack.number for stack in stacks],
        unit=found[0].unit if found else None,
        preprocessing="none" if prepared is None else "opencv",
    )
