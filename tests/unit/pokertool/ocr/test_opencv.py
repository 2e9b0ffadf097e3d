from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pokertool.ocr import opencv
from pokertool.ocr.image_header import read_header

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[3] / "contract" / "data"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    opencv.is_installed.cache_clear()
    opencv._libraries.cache_clear()
    yield
    opencv.is_installed.cache_clear()
    opencv._libraries.cache_clear()


def pretend_installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: object() if name in names else None
    )


@pytest.mark.parametrize(
    ("names", "installed"),
    [((), False), (("numpy",), False), (("cv2",), False), (("numpy", "cv2"), True)],
)
def test_both_are_needed(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], *, installed: bool
) -> None:
    pretend_installed(monkeypatch, *names)

    assert opencv.is_installed() is installed


def test_without_opencv_the_image_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_installed(monkeypatch)

    assert opencv.prepare(b"image") is None


def test_an_opencv_that_does_not_load(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(name: str) -> Any:
        raise ImportError(f"lib of {name} is missing")

    pretend_installed(monkeypatch, "numpy", "cv2")
    monkeypatch.setattr(importlib, "import_module", fail)

    assert opencv.prepare(b"image") is None
    assert "lib of cv2 is missing" in caplog.text


@pytest.mark.parametrize("name", ["table.png", "table.jpg"])
def test_a_screenshot_becomes_large_and_black_on_white(name: str) -> None:
    pytest.importorskip("cv2")
    cv2, numpy = importlib.import_module("cv2"), importlib.import_module("numpy")

    prepared = opencv.prepare((DATA / name).read_bytes())

    assert prepared is not None
    header = read_header(prepared)
    assert (header.format, header.width, header.height) == ("png", 1920, 1080)
    pixels = cv2.imdecode(numpy.frombuffer(prepared, numpy.uint8), cv2.IMREAD_UNCHANGED)
    assert set(numpy.unique(pixels)) == {0, 255}
    assert pixels.mean() > 127


def test_a_damaged_image() -> None:
    pytest.importorskip("cv2")

    with pytest.raises(ValueError, match="cannot be decoded"):
        opencv.prepare((DATA / "table.png").read_bytes()[:33] + bytes(100))
