from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from pokertool import __version__
from pokertool.health import Monitor
from pokertool.ocr import opencv
from pokertool.ocr.tesseract import Tesseract
from pokertool.problems import unavailable
from pokertool.services import Services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from starlette.testclient import TestClient
    from tests.unit.pokertool.conftest import FakeRunner

    from pokertool.database import Database
    from pokertool.settings import Settings


def test_all_is_well(client: TestClient) -> None:
    reply = client.get("/health")

    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json() == {
        "status": "ok",
        "version": __version__,
        "database": {"reachable": True, "kind": "sqlite"},
        "tesseract": {"reachable": True, "version": "5.3.0"},
        "ml": opencv.is_installed(),
    }


def test_the_version_is_asked_for_once(client: TestClient, runner: FakeRunner) -> None:
    for _ in range(3):
        client.get("/health")

    assert len(runner.calls) == 1


def test_without_tesseract(
    settings: Settings, database: Database, app: FastAPI, client: TestClient
) -> None:
    missing = Services(settings, database, Tesseract("tesseract", which=lambda _: None))
    replace_monitor(app, Monitor(missing))

    reply = client.get("/health")
    assert reply.status_code == 503
    assert reply.json()["status"] == "degraded"
    assert reply.json()["tesseract"] == {"reachable": False, "version": None}
    assert reply.json()["database"]["reachable"] is True


def replace_monitor(app: FastAPI, monitor: Monitor) -> None:
    """The fixture of the app closes the new one."""
    app.state.monitor.close()
    app.state.monitor = monitor


def test_without_a_database(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ping() -> None:
        raise unavailable("gone")

    monkeypatch.setattr(database, "ping", ping)

    reply = client.get("/health")
    assert reply.status_code == 503
    assert reply.json()["database"]["reachable"] is False


@pytest.fixture
def hanging(
    app: FastAPI, database: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[threading.Event]:
    """A database that answers only when the event is set."""
    release = threading.Event()
    monkeypatch.setattr(database, "ping", lambda: release.wait(10) and None)
    replace_monitor(app, Monitor(app.state.services, seconds=0.1))
    yield release
    release.set()


def test_a_database_that_hangs_is_not_waited_for(
    client: TestClient, hanging: threading.Event
) -> None:
    # More often than there are threads: the threads that hang do not pile up.
    replies: list[Any] = [client.get("/health") for _ in range(6)]

    assert [reply.status_code for reply in replies] == [503] * 6
    hanging.set()
    assert client.get("/health").status_code == 200


def test_starting_asks_once_in_the_background(
    settings: Settings, database: Database, tesseract: Tesseract, runner: FakeRunner
) -> None:
    monitor = Monitor(Services(settings, database, tesseract))

    monitor.warm_up()
    monitor._threads.shutdown(wait=True)
    assert [call[0] for call in runner.calls] == [["/usr/bin/tesseract", "--version"]]
    assert (settings.data_dir / "pokertool.db").exists()


def test_the_application_starts_and_stops(app: FastAPI, client: TestClient) -> None:
    with client:
        assert client.get("/health").status_code == 200
    with pytest.raises(RuntimeError, match="shutdown"):
        app.state.monitor.warm_up()
