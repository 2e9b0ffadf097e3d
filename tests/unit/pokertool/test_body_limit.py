from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pokertool import body_limit
from pokertool.body_limit import MAX_BODY_BYTES, MAX_UPLOAD_BYTES, BodyLimit, limit_for

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from starlette.types import Message, Receive, Scope, Send


class Exchange:
    """One request whose body comes in pieces, through the middleware to an app that reads all."""

    def __init__(self, path: str, pieces: list[bytes], headers: dict[str, str]) -> None:
        self.scope = {
            "type": "http",
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        self.pieces = pieces
        self.received = 0
        self.sent: list[Message] = []
        self.app_ran = False

    async def receive(self) -> Message:
        if self.received >= len(self.pieces):
            await asyncio.Event().wait()  # a client that sends no more
        self.received += 1
        return {
            "type": "http.request",
            "body": self.pieces[self.received - 1],
            "more_body": self.received < len(self.pieces),
        }

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.app_ran = True
        more = True
        while more:
            more = (await receive()).get("more_body", False)

    def run(self) -> Any:
        asyncio.run(BodyLimit(self.app)(self.scope, self.receive, self.send))
        return self.sent[0]["status"] if self.sent else None


@pytest.fixture(autouse=True)
def _quick_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "DRAIN_SECONDS", 0.05)


def test_uploads_may_be_larger() -> None:
    assert limit_for("/api/ocr") > MAX_UPLOAD_BYTES
    assert limit_for("/api/hands") == MAX_BODY_BYTES


def test_a_body_within_the_limit_passes() -> None:
    exchange = Exchange("/api/hands", [bytes(MAX_BODY_BYTES)], {"content-length": "1048576"})

    assert exchange.run() is None
    assert exchange.app_ran


def test_a_declared_length_far_over_the_limit_is_refused_unread() -> None:
    exchange = Exchange("/api/ocr", [b"x"], {"content-length": str(10**12)})

    assert exchange.run() == 413
    assert (exchange.app_ran, exchange.received) == (False, 0)


def test_a_client_that_waits_for_leave_is_refused_unread() -> None:
    headers = {"content-length": str(2 * MAX_BODY_BYTES), "expect": "100-continue"}
    exchange = Exchange("/api/hands", [], headers)

    assert exchange.run() == 413
    assert exchange.received == 0


def test_a_body_little_over_the_limit_is_read_first() -> None:
    pieces = [bytes(MAX_BODY_BYTES)] * 2
    exchange = Exchange("/api/hands", pieces, {"content-length": str(2 * MAX_BODY_BYTES)})

    assert exchange.run() == 413
    assert exchange.received == 2
    assert not exchange.app_ran


def test_a_client_that_stops_sending_is_not_waited_for() -> None:
    headers = {"content-length": str(2 * MAX_BODY_BYTES)}

    assert Exchange("/api/hands", [], headers).run() == 413


def test_an_undeclared_body_is_counted() -> None:
    exchange = Exchange("/api/hands", [bytes(MAX_BODY_BYTES), b"x", b"y"], {})

    with pytest.raises(Exception, match="larger than") as caught:
        exchange.run()
    assert getattr(caught.value, "status_code", None) == 413
    assert exchange.received == 3


def test_what_is_not_http_passes() -> None:
    exchange = Exchange("/", [b""], {})
    exchange.scope["type"] = "websocket"

    assert exchange.run() is None
    assert exchange.app_ran


def test_the_answer_has_the_common_shape(client: TestClient) -> None:
    reply = client.post("/api/hands", content=bytes(MAX_BODY_BYTES + 1))

    assert reply.status_code == 413
    assert reply.json()["details"] == [{"field": "body", "reason": "at most 1048576 bytes"}]
