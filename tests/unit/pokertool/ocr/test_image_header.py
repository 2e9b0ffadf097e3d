from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pokertool.ocr.image_header import (
    JPEG_SIGNATURE,
    MAX_PIXELS,
    PNG_SIGNATURE,
    ImageHeader,
    read_header,
)

DATA = Path(__file__).parents[3] / "contract" / "data"


def png(width: int, height: int) -> bytes:
    size = width.to_bytes(4) + height.to_bytes(4)
    return PNG_SIGNATURE + (13).to_bytes(4) + b"IHDR" + size + bytes(9)


def jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments)


def frame(width: int, height: int, marker: int = 0xC0) -> bytes:
    size = height.to_bytes(2) + width.to_bytes(2)
    return bytes([0xFF, marker, 0, 17, 8]) + size + bytes(10)


@pytest.mark.parametrize(("name", "kind"), [("table.png", "png"), ("table.jpg", "jpeg")])
def test_real_images(name: str, kind: str) -> None:
    header = read_header((DATA / name).read_bytes())

    assert (header.format, header.width, header.height) == (kind, 640, 360)


def test_png() -> None:
    assert read_header(png(640, 360)) == ImageHeader("png", 640, 360)


@pytest.mark.parametrize(
    "image",
    [
        jpeg(frame(640, 360)),
        jpeg(b"\xff\xe0\0\x04ab", frame(640, 360, 0xC2)),
        jpeg(b"\xff\xc4\0\x04ab", b"\xff", frame(640, 360)),
        jpeg(b"\xff\x01", frame(640, 360)),
    ],
)
def test_jpeg_segments(image: bytes) -> None:
    assert read_header(image) == ImageHeader("jpeg", 640, 360)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (b"", "empty"),
        (b"GIF89a", "neither a PNG nor a JPEG"),
        (PNG_SIGNATURE, "PNG is cut short"),
        (PNG_SIGNATURE + bytes(30), "PNG is cut short"),
        (b"\xff\xd8\xff", "JPEG is cut short"),
        (jpeg(b"\xff\xe0\xff\xff"), "JPEG is cut short"),
        (jpeg(b"\xff\xe0\0\x02", bytes(20)), "JPEG is cut short"),
        (png(0, 10), "0x10 pixels"),
        (png(100_000, 100_000), "100000x100000 pixels"),
        (jpeg(frame(65_535, 65_535)), "65535x65535 pixels"),
    ],
)
def test_what_cannot_be_read(image: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_header(image)


@settings(deadline=None)
@given(st.sampled_from([PNG_SIGNATURE, JPEG_SIGNATURE]), st.binary())
def test_any_bytes_give_a_header_or_a_reason(signature: bytes, rest: bytes) -> None:
    try:
        header = read_header(signature + rest)
    except ValueError:
        return
    assert 0 < header.width * header.height <= MAX_PIXELS
