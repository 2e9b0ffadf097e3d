from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.websockets import WebSocketDisconnect

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from pokertool.settings import Settings


@pytest.fixture
def dist(settings: Settings) -> Path:
    dist = settings.frontend_dir
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>PokerTool</title>")
    (dist / "assets" / "main-1a2b.js").write_text("export {};")
    (dist.parent / "secret.txt").write_text("secret")
    return dist


def test_the_page_is_always_asked_for_again(client: TestClient, dist: Path) -> None:
    reply = client.get("/")

    assert reply.status_code == 200
    assert reply.text == (dist / "index.html").read_text()
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in reply.headers["content-security-policy"]


@pytest.mark.usefixtures("dist")
def test_assets_are_kept_for_good(client: TestClient) -> None:
    reply = client.get("/assets/main-1a2b.js")

    assert reply.status_code == 200
    assert "javascript" in reply.headers["content-type"]
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.usefixtures("dist")
def test_head_has_no_body(client: TestClient) -> None:
    reply = client.head("/")

    assert (reply.status_code, reply.text) == (200, "")
    assert int(reply.headers["content-length"]) > 0


def test_a_front_end_that_is_not_built_says_so(client: TestClient) -> None:
    reply = client.get("/")

    assert reply.status_code == 503
    assert "not built" in reply.text
    assert reply.headers["content-type"].startswith("text/plain")


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/assets",
        "/assets/nothing.js",
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "//etc/passwd",
        "/%00",
        "/" + "x" * 5000,
    ],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    reply = client.get(path)

    assert reply.status_code == 404
    assert reply.json()["details"] == []
    assert len(reply.text) < 400


def test_a_link_out_of_the_folder_is_not_followed(client: TestClient, dist: Path) -> None:
    (dist / "link.txt").symlink_to(dist.parent / "secret.txt")

    assert client.get("/link.txt").status_code == 404


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_of_the_api_is_json(client: TestClient, method: str) -> None:
    reply = client.request(method, "/api/nothing")

    assert reply.status_code == 404
    assert reply.json()["error"] == f"there is no {method} /api/nothing"


@pytest.mark.usefixtures("dist")
def test_a_websocket_is_closed(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
        pass
