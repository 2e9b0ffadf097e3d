from __future__ import annotations

import importlib
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import OperationalError

from pokertool.postgresql import wait
from pokertool.probe import log_failure, ping_postgresql, ping_sqlite
from pokertool.problems import ProblemError

if TYPE_CHECKING:
    from pathlib import Path


class DriverError(Exception):
    pass


class FakeDriver:
    """Stands for psycopg2 and for its one connection and cursor."""

    Error = DriverError

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.seen: list[Any] = []
        self.waits: list[Any] = []
        self.extensions = SimpleNamespace(set_wait_callback=self.waits.append)

    def connect(self, address: str, **options: object) -> FakeDriver:
        self.seen.append((address, options))
        if self.failure is not None:
            raise self.failure
        return self

    def cursor(self) -> Any:
        return SimpleNamespace(execute=self.seen.append)

    def close(self) -> None:
        self.seen.append("closed")


def install(monkeypatch: pytest.MonkeyPatch, driver: FakeDriver) -> None:
    monkeypatch.setattr(importlib, "import_module", {"psycopg2": driver}.__getitem__)


def test_a_file_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "pokertool.db"

    ping_sqlite(file)
    assert file.exists()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "pokertool.db"
    file.write_text("no database at all, " * 100)

    with pytest.raises(ProblemError, match="cannot be reached"):
        ping_sqlite(file)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder belongs")

    with pytest.raises(ProblemError) as caught:
        ping_sqlite(tmp_path / "data" / "pokertool.db")
    assert caught.value.status_code == 503


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_postgresql_is_asked_within_bounds(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    driver = FakeDriver()
    install(monkeypatch, driver)

    ping_postgresql(f"{scheme}://poker:s3cret@db/poker?sslmode=require")
    (address, options), *rest = driver.seen
    assert address == "postgresql://poker:s3cret@db/poker?sslmode=require"
    assert options["connect_timeout"] == 2
    assert options["options"] == "-c statement_timeout=5000"
    assert rest == ["SELECT 1", "closed"]
    assert driver.waits == [wait]


def test_a_postgresql_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeDriver(DriverError("no route")))

    with pytest.raises(ProblemError) as caught:
        ping_postgresql("postgres://poker:s3cret@db/poker")
    assert caught.value.status_code == 503
    assert "s3cret" not in caught.value.detail


def test_the_log_never_has_values(caplog: pytest.LogCaptureFixture) -> None:
    failure = OperationalError("INSERT ...", {"notes": "s3cret"}, ValueError("no route\ns3cret"))

    with caplog.at_level(logging.WARNING):
        log_failure(failure)
        log_failure(DriverError('invalid dsn: invalid percent-encoded token: "s3cret%"'))
        log_failure(OSError())
    assert "ValueError: no route" in caplog.text
    assert "DATABASE_URL is not an address" in caplog.text
    assert "OSError" in caplog.text
    assert "s3cret" not in caplog.text
