"""The contract of everything that is not an answer of the API: pages, 404 and 405."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contract.conftest import Client


def test_the_front_page(client: Client, *, frontend_expected: bool) -> None:
    reply = client.get("/")

    if frontend_expected or reply.status == 200:
        assert reply.status == 200, reply.text
        assert reply.headers["content-type"].startswith("text/html")
        assert reply.headers["cache-control"] == "no-cache"
    else:
        assert reply.status == 503
        assert reply.headers["content-type"].startswith("text/plain")
        assert "not built" in reply.text


def test_the_front_pages_assets_are_cached_long(client: Client, *, frontend_expected: bool) -> None:
    page = client.get("/")
    if page.status != 200 and not frontend_expected:
        pytest.skip("no front end is expected or built")

    assets = re.findall(r'(?:src|href)="/?(assets/[^"]+)"', page.text)
    assert assets
    for asset in assets:
        reply = client.get(f"/{asset}")
        assert reply.status == 200
        assert "max-age=31536000" in reply.headers["cache-control"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/hands/1/nothing"])
def test_an_unknown_path_of_the_api(client: Client, method: str, path: str) -> None:
    reply = client.request(method, path)

    assert reply.status == 404
    assert reply.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.html",
        "/assets/nothing.js",
        "/../pyproject.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/%00",
        "/" + "x" * 5000,
    ],
)
def test_an_unknown_page(client: Client, path: str) -> None:
    reply = client.get(path)

    assert reply.status == 404
    assert "Traceback" not in reply.text
    assert "root:" not in reply.text


def test_a_method_that_a_path_has_not(client: Client) -> None:
    reply = client.get("/api/equity")

    assert reply.status == 405
    assert reply.headers["allow"] == "POST"
    assert reply.json()["error"]


def test_the_api_describes_itself(client: Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]

    assert set(paths) == {"/health", "/api/equity", "/api/hands", "/api/hands/{id}", "/api/ocr"}
