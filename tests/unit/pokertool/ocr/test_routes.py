from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pokertool.body_limit import MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from tests.unit.pokertool.conftest import FakeRunner

IMAGE = (Path(__file__).parents[3] / "contract" / "data" / "table.jpg").read_bytes()


def test_an_upload(client: TestClient) -> None:
    reply = client.post("/api/ocr", files={"image": ("table.jpg", IMAGE, "image/jpeg")})

    assert reply.status_code == 200
    answer = reply.json()
    assert (answer["pot"], answer["stacks"], answer["unit"]) == (1250, [980], "$")
    assert set(answer) == {"text", "pot", "stacks", "unit", "preprocessing"}


@pytest.mark.parametrize(
    "request_parts",
    [
        {},
        {"content": IMAGE, "headers": {"content-type": "image/jpeg"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=y"}},
        {"files": {"picture": IMAGE}},
        {"files": {"other": ("", b"text")}},
        {"files": [("image", IMAGE), ("image", IMAGE)]},
        {"files": {"image": b""}},
        {"files": {"image": b"text"}},
    ],
)
def test_what_is_no_upload_of_an_image(
    client: TestClient, runner: FakeRunner, request_parts: dict[str, Any]
) -> None:
    reply = client.post("/api/ocr", **request_parts)

    assert reply.status_code == 422, reply.text
    assert [detail["field"] for detail in reply.json()["details"]] == ["image"]
    assert runner.calls == []


@pytest.mark.parametrize("extra", [1, 1024 * 1024])
def test_too_large(client: TestClient, runner: FakeRunner, extra: int) -> None:
    reply = client.post("/api/ocr", files={"image": bytes(MAX_UPLOAD_BYTES + extra)})

    assert reply.status_code == 413
    assert reply.json()["details"][0]["field"] == "image"
    assert runner.calls == []


def test_an_image_that_tesseract_cannot_read(client: TestClient, runner: FakeRunner) -> None:
    runner.returncode = 1

    assert client.post("/api/ocr", files={"image": IMAGE}).status_code == 422


def test_the_upload_stays_in_memory(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    large = IMAGE + bytes(3 * 1024 * 1024)

    assert client.post("/api/ocr", files={"image": large}).status_code == 200
