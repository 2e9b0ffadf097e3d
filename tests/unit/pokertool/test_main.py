"""The way in which images start the service."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import uvicorn

from pokertool import __main__ as started
from pokertool.api import app

if TYPE_CHECKING:
    import pytest


def test_it_serves_the_application_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served: list[tuple[Any, dict[str, Any]]] = []
    asked: list[str] = []
    monkeypatch.setattr(app.state.monitor, "warm_up", lambda: asked.append("warm_up"))
    monkeypatch.setattr(uvicorn, "run", lambda app, **how: served.append((app, how)))
    monkeypatch.delenv("API_HOST", raising=False)
    monkeypatch.setenv("API_PORT", "")
    started.main()
    monkeypatch.setenv("API_HOST", "0.0.0.0")  # noqa: S104 - as in a container
    monkeypatch.setenv("API_PORT", "8080")
    started.main()
    gc.unfreeze()

    assert [(one is app, how["host"], how["port"]) for one, how in served] == [
        (True, "127.0.0.1", 5001),
        (True, "0.0.0.0", 8080),  # noqa: S104
    ]
    assert asked == ["warm_up"] * 2
    assert gc.isenabled()
