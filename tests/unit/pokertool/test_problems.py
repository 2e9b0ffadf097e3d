from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from starlette.exceptions import HTTPException

from pokertool.problems import Problem, ProblemError, invalid, unavailable

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient


def raising(app: FastAPI, error: Exception) -> None:
    @app.get("/raise")
    def fail() -> None:
        raise error


@pytest.mark.parametrize(
    ("error", "status", "answer"),
    [
        (
            ProblemError(409, "not now", [Problem("hole.0", "odd")]),
            409,
            {"error": "not now", "details": [{"field": "hole.0", "reason": "odd"}]},
        ),
        (unavailable("later"), 503, {"error": "later", "details": []}),
        (
            invalid("seed", "too low"),
            422,
            {
                "error": "the request is not valid",
                "details": [{"field": "seed", "reason": "too low"}],
            },
        ),
        (HTTPException(418, "teapot"), 418, {"error": "teapot", "details": []}),
        (
            HTTPException(400, "no boundary"),
            422,
            {
                "error": "the request is not valid",
                "details": [{"field": "body", "reason": "no boundary"}],
            },
        ),
    ],
)
def test_every_error_has_one_shape(
    app: FastAPI, client: TestClient, error: Exception, status: int, answer: object
) -> None:
    raising(app, error)

    reply = client.get("/raise")
    assert (reply.status_code, reply.json()) == (status, answer)


def test_the_unexpected_is_logged_and_not_told(
    app: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    raising(app, KeyError("secret"))

    with caplog.at_level(logging.ERROR, "pokertool"):
        reply = client.get("/raise")
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert reply.json()["error"].startswith("internal error")
    assert "GET /raise failed: KeyError" in caplog.text


def test_rejected_input_is_not_repeated(client: TestClient) -> None:
    reply = client.post("/api/equity", json={"hole": ["As", "Kd"], "seed": "p4ssw0rd"})

    assert reply.json()["details"][0]["field"] == "seed"
    assert "p4ssw0rd" not in reply.text


def test_a_body_that_is_not_json(client: TestClient) -> None:
    reply = client.post("/api/equity", content=b"{", headers={"content-type": "application/json"})

    assert reply.status_code == 422
    assert reply.json()["details"][0]["field"] == "body"
    assert reply.json()["details"][0]["reason"].startswith("not JSON")
