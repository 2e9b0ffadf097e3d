"""What the first bytes of a PNG or JPEG say: its format and size, before anything decodes it."""

from dataclasses import dataclass
from typing import Literal

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8\xff"
MAX_PIXELS = 40_000_000  # a few kilobytes can claim gigapixels

_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset(range(0xD0, 0xD9)) | {0x01}  # these have no length


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """The format of an image and its size in pixels."""

    format: Literal["png", "jpeg"]
    width: int
    height: int


def read_header(image: bytes) -> ImageHeader:
    """The header of a PNG or JPEG.

    Raises:
        ValueError: It is neither, is cut short, or its size is none that can be read.
    """
    if not image:
        raise ValueError("the file is empty")
    if image.startswith(PNG_SIGNATURE):
        header = _png_header(image)
    elif image.startswith(JPEG_SIGNATURE):
        header = _jpeg_header(image)
    else:
        raise ValueError("the file is neither a PNG nor a JPEG")
    if not 0 < header.width * header.height <= MAX_PIXELS:
        raise ValueError(f"{header.width}x{header.height} pixels; 1 to {MAX_PIXELS} can be read")
    return header


def _png_header(image: bytes) -> ImageHeader:
    """Width and height stand first in the first chunk (PNG specification, 11.2.1)."""
    if len(image) < 24 or image[12:16] != b"IHDR":  # noqa: PLR2004 - offsets of the format
        raise ValueError("the PNG is cut short or damaged")
    return ImageHeader("png", int.from_bytes(image[16:20]), int.from_bytes(image[20:24]))


def _jpeg_header(image: bytes) -> ImageHeader:
    """Walk the segments to the frame header (ITU-T T.81, B.2.2)."""
    place = 2
    while place + 9 <= len(image) and image[place] == 0xFF:  # noqa: PLR2004 - marks a marker
        marker = image[place + 1]
        if marker in _FRAME_MARKERS:
            height = int.from_bytes(image[place + 5 : place + 7])
            return ImageHeader("jpeg", int.from_bytes(image[place + 7 : place + 9]), height)
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            place += 1
        elif marker in _BARE_MARKERS:
            place += 2
        else:
            place += 2 + int.from_bytes(image[place + 2 : place + 4])
    raise ValueError("the JPEG is cut short or damaged")
