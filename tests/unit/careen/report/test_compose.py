"""What runs in Compose as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.compose import render_down, render_up

if TYPE_CHECKING:
    import pytest


def service(name: str, image: str, health: str = "", **ports: str) -> dict[str, Any]:
    return {"service": name, "image": image, "state": "running", "health": health, "ports": ports}


def image(name: str, *, stand_in: bool) -> dict[str, Any]:
    return {
        "service": name,
        "stand_in": stand_in,
        "summary": "Debian",
        "recipe": "0123456789ab",
        "reason": "not in the engine",
    }


def test_services_stand_ins_data_and_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    data = {
        "project": "careen-app-slim",
        "services": [
            service("backend", "app:slim", "healthy", tcp="127.0.0.1:8080"),
            service("database", "localhost/postgres:17"),
        ],
        "images": [image("backend", stand_in=False), image("database", stand_in=True)],
        "volumes": ["careen-app-slim_data"],
        "base_url": "http://127.0.0.1:8080",
    }
    assert render_up(data) == (
        "Up: careen-app-slim\n"
        "\n"
        "service   image                    state    published at\n"
        "───────────────────────────────────────────────────────────\n"
        "backend   app:slim                 healthy  127.0.0.1:8080\n"
        "database  localhost/postgres:17 †  running\n"
        "† database: Debian; not the published image; recipe 0123456789ab; not in the engine\n"
        "data: careen-app-slim_data; `careen down` keeps it, `careen down --volumes` and `careen "
        "clean`\n"
        "remove it\n"
        "http://127.0.0.1:8080\n"
    )


def test_what_has_no_port_has_no_address() -> None:
    data = {
        "project": "p",
        "services": [service("worker", "app:slim")],
        "images": [],
        "volumes": [],
        "base_url": "",
    }
    assert "http" not in render_up(data)
    assert "data:" not in render_up(data)


def test_what_went_and_what_stays() -> None:
    data = {"removed": ["container p-web-1"], "kept": ["volume p_data"], "dry": False}
    assert render_down(data) == (
        "removed container p-web-1\nkept volume p_data: its data goes with --volumes\n"
    )
    assert render_down(data | {"dry": True}) == (
        "would remove container p-web-1\nwould keep volume p_data: its data goes with --volumes\n"
    )
    assert render_down({"removed": [], "kept": [], "dry": True}) == "nothing is up\n"
