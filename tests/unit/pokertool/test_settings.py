from __future__ import annotations

from pathlib import Path

import pytest

from pokertool.settings import PACKAGE_ROOT, Settings

# Apart from its address: no scanner of an image that holds these tests takes it for a real one.
ENCODED = "s%40%2F%3Acret%20"


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


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql://poker@db:5433/poker", f"postgresql://poker:{ENCODED}@db:5433/poker"),
        ("postgresql://poker:own@db/poker", "postgresql://poker:own@db/poker"),
        ("postgresql://db/poker", "postgresql://db/poker"),
        ("the usual place", "the usual place"),
    ],
)
def test_the_password_of_a_file_goes_into_the_address(
    tmp_path: Path, url: str, wanted: str
) -> None:
    file = tmp_path / "password"
    file.write_text("s@/:cret \n")

    settings = Settings.from_environment({"DATABASE_URL": url, "DATABASE_PASSWORD_FILE": str(file)})
    assert settings.database_url == wanted


def test_without_an_address_no_password_is_read(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"DATABASE_URL": "", "DATABASE_PASSWORD_FILE": str(tmp_path / "none")}
    )
    assert settings.database_url is None


def test_a_password_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="none"):
        Settings.from_environment(
            {"DATABASE_URL": "postgres://a@db/b", "DATABASE_PASSWORD_FILE": str(tmp_path / "none")}
        )
