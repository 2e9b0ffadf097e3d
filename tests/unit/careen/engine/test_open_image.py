"""What a name means: a path, the engine's image, a registry's reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from careen.engine import images
from careen.engine.images import NotInEngineError, is_path, open_image
from careen.errors import EngineError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was looked for, and where; nobody has it."""
    found: list[tuple[str, str]] = []

    def source(kind: str) -> Any:
        def look(name: str, *_: object) -> None:
            found.append((kind, name))
            raise NotInEngineError(f"the {kind} has no {name}")

        return look

    monkeypatch.setattr(images, "_from_engine", source("engine"))
    monkeypatch.setattr(images, "_from_registry", source("registry"))
    return found


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("engine:slim:1", [("engine", "slim:1")]),
        ("engine:0123456789ab", [("engine", "0123456789ab")]),
        ("registry:python:3.13", [("registry", "python:3.13")]),
        ("registry:r.example/a", [("registry", "r.example/a")]),
        ("registry:2", [("engine", "registry:2"), ("registry", "registry:2")]),
        ("registry:2.8.3", [("engine", "registry:2.8.3"), ("registry", "registry:2.8.3")]),
        ("registry:5000/a", [("engine", "registry:5000/a"), ("registry", "registry:5000/a")]),
        ("slim", [("engine", "slim"), ("registry", "slim")]),
        ("app.tar:1", [("engine", "app.tar:1"), ("registry", "app.tar:1")]),
    ],
)
def test_where_a_name_is_looked_for(
    name: str, places: list[tuple[str, str]], asked: list[tuple[str, str]]
) -> None:
    with pytest.raises(EngineError, match="has no"):
        open_image(name)
    assert asked == places


@pytest.mark.parametrize("name", ["./x", "/x", "../x", "~/x", "x.tar", "x.tar.gz", "x.tgz#a:1"])
def test_a_path_that_is_not_there_is_looked_for_nowhere_else(
    name: str, asked: list[tuple[str, str]]
) -> None:
    assert is_path(name)
    with pytest.raises(UsageError, match="there is no"):
        open_image(name)
    assert asked == []


def test_what_exists_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_path("image")
    (tmp_path / "image").mkdir()
    assert is_path("image")


def test_a_wrong_platform_is_told_first(asked: list[tuple[str, str]]) -> None:
    with pytest.raises(UsageError, match="no platform"):
        open_image("slim", platform="amd64")
    assert asked == []
