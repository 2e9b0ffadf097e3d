"""An audit of a whole project: which files it reads, what it asks, and what stays unknown."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from careen.audit.finding import CHECKS
from careen.audit.run import Outside, audit, choose_checks
from careen.config.load import load
from careen.engine.package_index import IndexFile
from careen.errors import ConfigError, EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from careen.config.model import Settings

PROJECT = """
[tool.careen.variants.slim]
dockerfile = "Dockerfile"
[tool.careen.requirements.core]
source = "core.in"
lock = "core.txt"
[tool.careen.requirements.dev]
source = "dev.in"
lock = "dev.txt"
on = ["core"]
"""
OWN = '[tool.careen.audit]\ncode = ["src/app"]\nsets = ["core"]\n'


def project(root: Path, more: str = OWN) -> Settings:
    (root / "pyproject.toml").write_text(PROJECT + more)
    (root / "Dockerfile").write_text("FROM python:3.13-slim-trixie AS a\nFROM a\n")
    (root / "core.in").write_text("a\n")
    (root / "dev.in").write_text("b\n")
    (root / "core.txt").write_text("a==1 --hash=sha256:00\n")
    (root / "dev.txt").write_text("a==1 --hash=sha256:00\nb==1 --hash=sha256:00\n")
    (root / ".github/workflows").mkdir(parents=True)
    (root / ".github/workflows/ci.yml").write_text("  - uses: actions/checkout@v5\n")
    return load(root, environment={}).settings


def outside(**changes: Any) -> Outside:
    def index(names: Sequence[str]) -> dict[str, list[IndexFile]]:
        return {
            name: [IndexFile(f"{name}-1.tar.gz"), IndexFile(f"{name}-2.tar.gz")] for name in names
        }

    known: dict[str, Any] = {
        "deptry": lambda *_: "[]",
        "index": index,
        "digest": lambda _: "sha256:0",
        "weights": {},
    }
    return Outside(**(known | changes))


def found(settings: Settings, checks: Sequence[str], **changes: Any) -> list[tuple[str, str, str]]:
    rows = audit(settings, checks, outside(**changes), date(2026, 11, 25))
    return [(one.check, one.status, one.where) for one in rows]


def test_every_check_looks_at_the_project(tmp_path: Path) -> None:
    assert found(project(tmp_path), CHECKS) == [
        ("releases", "note", "core.txt:1"),
        ("releases", "note", "dev.txt:2"),  # what core pins is told once
        ("base-images", "fault", "Dockerfile:1"),
        ("actions", "fault", ".github/workflows/ci.yml:1"),
    ]


def test_deptry_is_given_the_sets_on_their_sides(tmp_path: Path) -> None:
    asked: list[Any] = []

    def deptry(*words: Any) -> str:
        asked.extend(words)
        return "[]"

    found(project(tmp_path), ["dependencies"], deptry=deptry)
    assert asked == [("src/app",), ["core.in"], ["dev.in"]]


def test_nobody_can_look_where_deptry_is_not_there(tmp_path: Path) -> None:
    def deptry(*_: Any) -> str:
        raise EngineError("deptry is not here", hint="install it")

    rows = found(project(tmp_path), ["dependencies"], deptry=deptry)
    assert rows == [("dependencies", "unknown", "src/app")]


def test_without_settings_nobody_knows_what_is_needed(tmp_path: Path) -> None:
    assert found(project(tmp_path, ""), ["dependencies"]) == [
        ("dependencies", "unknown", "pyproject.toml")
    ]


def test_an_unknown_set_is_an_error(tmp_path: Path) -> None:
    settings = project(tmp_path, OWN.replace('"core"', '"cor"'))
    with pytest.raises(ConfigError, match="did you mean core"):
        found(settings, ["dependencies"])


def test_a_lock_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    settings = project(tmp_path)
    (tmp_path / "dev.txt").unlink()
    assert ("releases", "unknown", "dev.txt") in found(settings, ["releases"])


def test_the_calendar_of_the_guide() -> None:
    assert choose_checks(monthly=True, quarterly=False) == ("dependencies", "releases")
    assert choose_checks(monthly=False, quarterly=True) == ("base-images", "actions")
    assert choose_checks(monthly=False, quarterly=False) == CHECKS
    assert choose_checks(monthly=True, quarterly=False, names=["actions"])[-1] == "actions"
    with pytest.raises(UsageError, match="did you mean base-images"):
        choose_checks(monthly=False, quarterly=False, names=["base-image"])
