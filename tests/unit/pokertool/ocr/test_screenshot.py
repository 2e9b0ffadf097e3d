from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pokertool.ocr import screenshot
from pokertool.ocr.screenshot import TableReading, read_table
from pokertool.problems import ProblemError

if TYPE_CHECKING:
    from tests.unit.pokertool.conftest import FakeRunner

    from pokertool.ocr.tesseract import Tesseract

IMAGE = (Path(__file__).parents[3] / "contract" / "data" / "table.png").read_bytes()


def test_an_image_as_it_is(
    tesseract: Tesseract, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshot, "prepare", lambda image: None)

    assert read_table(IMAGE, tesseract) == TableReading(
        "Pot: $1,250\nStack: 980", 1250, [980], "$", "none"
    )
    assert runner.calls[0][1] == IMAGE


def test_a_prepared_image(
    tesseract: Tesseract, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshot, "prepare", lambda image: b"prepared")

    assert read_table(IMAGE, tesseract).preprocessing == "opencv"
    assert runner.calls[0][1] == b"prepared"


def test_nothing_to_find(
    tesseract: Tesseract, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshot, "prepare", lambda image: None)
    runner.text = b"\f"

    assert read_table(IMAGE, tesseract) == TableReading("", None, [], None, "none")


def test_a_file_that_is_no_image(tesseract: Tesseract, runner: FakeRunner) -> None:
    with pytest.raises(ProblemError) as caught:
        read_table(b"GIF89a", tesseract)
    assert caught.value.status_code == 422
    assert caught.value.problems[0].field == "image"
    assert runner.calls == []
