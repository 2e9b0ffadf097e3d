"""An application without the outside world: SQLite in a temporary folder, a fake tesseract."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from pokertool.api import create_app
from pokertool.database import Database
from pokertool.ocr.tesseract import Completed, Tesseract
from pokertool.services import Services
from pokertool.settings import Settings

with warnings.catch_warnings():
    # Starlette prefers httpx2, and says so where only httpx is installed.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fastapi import FastAPI


@dataclass
class FakeRunner:
    """Answers as tesseract does, and remembers what it was asked."""

    text: bytes = b"Pot: $1,250\nStack: 980\n\f"
    returncode: int = 0
    stderr: bytes = b""
    failure: Exception | None = None
    calls: list[tuple[list[str], bytes, float]] = field(default_factory=list)

    def __call__(self, argv: Sequence[str], stdin: bytes, seconds: float) -> Completed:
        self.calls.append((list(argv), stdin, seconds))
        if self.failure is not None:
            raise self.failure
        if "--version" in argv:
            return Completed(0, b"tesseract 5.3.0\n leptonica-1.82.0\n", b"")
        return Completed(self.returncode, self.text, self.stderr)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", frontend_dir=tmp_path / "dist")


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def tesseract(runner: FakeRunner) -> Tesseract:
    return Tesseract("tesseract", run=runner, which=lambda name: f"/usr/bin/{name}")


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings)
    yield database
    database.close()


@pytest.fixture
def app(settings: Settings, database: Database, tesseract: Tesseract) -> Iterator[FastAPI]:
    app = create_app(Services(settings, database, tesseract))
    yield app
    app.state.monitor.close()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    client = TestClient(app, raise_server_exceptions=False)
    yield client
    client.close()
