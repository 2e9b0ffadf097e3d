from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pokertool.settings import PACKAGE_ROOT, Settings

if TYPE_CHECKING:
    import pytest


def test_defaults() -> None:
    settings = Settings.from_environment({})

    assert settings == Settings()
    assert settings.frontend_dir == PACKAGE_ROOT / "frontend" / "dist"
    assert (PACKAGE_ROOT / "src" / "pokertool").is_dir()


def test_every_variable_is_read() -> None:
    settings = Settings.from_environment(
        {
            "POKERTOOL_DATA_DIR": "/data",
            "DATABASE_URL": "postgres://db/poker",
            "POKERTOOL_TESSERACT": "/opt/tesseract",
            "POKERTOOL_FRONTEND_DIR": "/dist",
        }
    )

    assert settings == Settings(
        Path("/data"), "postgres://db/poker", "/opt/tesseract", Path("/dist")
    )


def test_an_empty_variable_is_as_if_unset() -> None:
    assert Settings.from_environment({"DATABASE_URL": "", "POKERTOOL_DATA_DIR": ""}) == Settings()


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POKERTOOL_TESSERACT", "other")

    assert Settings.from_environment().tesseract == "other"
