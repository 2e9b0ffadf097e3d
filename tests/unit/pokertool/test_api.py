from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def test_the_routes(client: TestClient) -> None:
    description = client.get("/api/openapi.json").json()

    assert {path: set(methods) for path, methods in description["paths"].items()} == {
        "/health": {"get"},
        "/api/equity": {"post"},
        "/api/hands": {"get", "post"},
        "/api/hands/{id}": {"get"},
        "/api/ocr": {"post"},
    }


def test_a_method_that_a_path_has_not(client: TestClient) -> None:
    reply = client.put("/api/equity")

    assert reply.status_code == 405
    assert reply.headers["allow"] == "POST"
    assert reply.json() == {"error": "Method Not Allowed", "details": []}


def test_pages_that_load_scripts_from_elsewhere_are_off(client: TestClient) -> None:
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404
