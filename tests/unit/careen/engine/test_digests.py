"""The digest that a tag has now."""

from __future__ import annotations

import hashlib
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from careen.engine import digests
from careen.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

INDEX = b'{"schemaVersion": 2}'


class Transport:
    """Answers every request with one status and body."""

    status = 200
    asked: list[str]

    def __init__(self) -> None:
        type(self).asked = []

    @contextmanager
    def get(self, url: str, headers: Any) -> Iterator[Any]:
        self.asked.append(url)
        yield type("Reply", (), {"status": self.status, "headers": {}, "body": io.BytesIO(INDEX)})()

    def close(self) -> None:
        self.asked.append("closed")


@pytest.fixture(autouse=True)
def _transport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "HttpTransport", Transport)
    monkeypatch.setattr(Transport, "status", 200)


def test_it_is_the_manifest_s_own() -> None:
    wanted = f"sha256:{hashlib.sha256(INDEX).hexdigest()}"
    assert digests.registry_digest("r.example/team/app:1") == wanted
    assert Transport.asked == ["https://r.example/v2/team/app/manifests/1", "closed"]


def test_a_digest_is_not_asked_for() -> None:
    digest = "sha256:" + 64 * "0"
    assert digests.registry_digest(f"python:3@{digest}") == digest


def test_what_cannot_be_had_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Transport, "status", 404)
    with pytest.raises(EngineError):
        digests.registry_digest("r.example/team/app:1")
    assert Transport.asked[-1] == "closed"
    with pytest.raises(UsageError):
        digests.registry_digest("No Reference")
