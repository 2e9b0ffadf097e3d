"""The contract of GET /health."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.contract.conftest import Client


def test_all_parts_can_be_reached(ocr_client: Client) -> None:
    reply = ocr_client.get("/health")

    report = reply.json()
    assert reply.status == 200, report
    assert report["status"] == "ok"
    assert report["database"]["reachable"] is True
    assert report["tesseract"]["reachable"] is True
    assert report["tesseract"]["version"][0].isdigit()
    assert isinstance(report["ml"], bool)
    assert report["version"].count(".") == 2


def test_status_and_code_agree(client: Client) -> None:
    reply = client.get("/health")

    assert (reply.json()["status"], reply.status) in {("ok", 200), ("degraded", 503)}
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
