"""Preparing a screenshot for tesseract with OpenCV, where the image has it installed."""

import importlib
import importlib.util
import logging
from functools import cache
from typing import Any

log = logging.getLogger(__name__)

UPSCALED_HEIGHT = 1_200  # table fonts of about 12 pixels reach the size tesseract reads best
MAX_SCALE = 3.0
MIDDLE_GREY = 127


@cache
def is_installed() -> bool:
    """Whether OpenCV and NumPy are installed; neither is imported for the answer."""
    return all(importlib.util.find_spec(name) is not None for name in ("numpy", "cv2"))


def prepare(image: bytes) -> bytes | None:
    """The screenshot in black on white, enlarged, as a PNG; None without OpenCV.

    Raises:
        ValueError: OpenCV cannot decode the image.
    """
    loaded = _libraries() if is_installed() else None
    if loaded is None:
        return None
    cv2, numpy = loaded
    try:
        grey = cv2.imdecode(numpy.frombuffer(image, numpy.uint8), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            raise ValueError("the image cannot be decoded; it may be damaged")
        scale = min(MAX_SCALE, max(1.0, UPSCALED_HEIGHT / grey.shape[0]))
        large = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        _, sharp = cv2.threshold(large, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        if sharp.mean() < MIDDLE_GREY:  # light text on a dark table
            sharp = cv2.bitwise_not(sharp)
        return bytes(cv2.imencode(".png", sharp)[1])
    except cv2.error as error:
        raise ValueError("the image cannot be decoded; it may be damaged") from error


@cache
def _libraries() -> tuple[Any, Any] | None:
    """cv2 and numpy, imported with the first screenshot; None where they do not load."""
    try:
        return importlib.import_module("cv2"), importlib.import_module("numpy")
    except ImportError as error:  # installed, but a shared library is missing
        log.warning("OpenCV does not load, so screenshots are read as they are: %s", error)
        return None
