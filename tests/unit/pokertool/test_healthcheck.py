from __future__ import annotations

import http.client
from typing import Any

import pytest

from pokertool import healthcheck


class FakeConnection:
    """Stands for http.client.HTTPConnection: answers, or fails."""

    asked: list[tuple[str, int | None, str]]
    status = 200
    failure: Exception | None = None

    def __init__(self, host: str, port: int | None, timeout: float) -> None:
        self.host, self.port, self.timeout = host, port, timeout

    def request(self, method: str, path: str, headers: dict[str, str]) -> None:
        if self.failure is not None:
            raise self.failure
        self.asked.append((self.host, self.port, path))

    def getresponse(self) -> Any:
        return self

    def read(self, limit: int) -> bytes:
        return b'{"status": "..."}'[:limit]

    def close(self) -> None:
        pass


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> type[FakeConnection]:
    fake = type("Fake", (FakeConnection,), {"asked": []})
    monkeypatch.setattr(http.client, "HTTPConnection", fake)
    monkeypatch.setattr(http.client, "HTTPSConnection", fake)
    monkeypatch.delenv("API_PORT", raising=False)
    return fake


def test_healthy(connection: type[FakeConnection], capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck.main([]) == 0
    assert connection.asked == [("127.0.0.1", 5001, "/health")]
    assert "200" in capsys.readouterr().out


def test_the_port_comes_from_the_environment(
    connection: type[FakeConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_PORT", "8080")

    assert healthcheck.main([]) == 0
    assert connection.asked == [("127.0.0.1", 8080, "/health")]


def test_an_address_can_be_given(connection: type[FakeConnection]) -> None:
    assert healthcheck.main(["--url", "https://poker.test/status", "--timeout", "2"]) == 0
    assert connection.asked == [("poker.test", None, "/status")]


def test_unhealthy(connection: type[FakeConnection]) -> None:
    connection.status = 503

    assert healthcheck.main([]) == 1


@pytest.mark.parametrize(
    "failure", [ConnectionRefusedError("no"), TimeoutError("late"), http.client.BadStatusLine("?")]
)
def test_unreachable(
    connection: type[FakeConnection],
    capsys: pytest.CaptureFixture[str],
    failure: Exception,
) -> None:
    connection.failure = failure

    assert healthcheck.main([]) == 1
    assert type(failure).__name__ in capsys.readouterr().out


def test_an_address_that_is_none(connection: type[FakeConnection]) -> None:
    assert healthcheck.main(["--url", "http://host:port/"]) == 1
