"""`careen report` as a command: what is written, what is compared, how it exits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.unit.careen.image.trees import file, image, layer
from tests.unit.careen.tasks.test_images import run

if TYPE_CHECKING:
    from pathlib import Path

    from careen.image.model import Image

PROJECT = """
[tool.careen]
image = "demo"
[tool.careen.report]
max-growth = "1kB"
[tool.careen.variants.slim]
dockerfile = "slim.Dockerfile"
"""


def weighing(count: int) -> Image:
    one = layer(file("a", count, 1), diff_id=f"sha256:{count}")
    return image("demo:slim", [one], pull=[count], instructions=["COPY a /"])


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)


def now(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr("careen.engine.images.open_image", lambda *_, **__: weighing(count))


def test_growth_past_the_budget_exits_with_one_and_the_report_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now(monkeypatch, 5_000)
    assert run("report", "slim") == 0
    written = tmp_path / "build/report.json"
    assert json.loads(written.read_text())["variants"]["slim"]["pull_bytes"] == 5_050
    old = written.rename(tmp_path / "old.json")
    now(monkeypatch, 6_000)
    assert run("report", "slim", "--against", str(old)) == 0
    now(monkeypatch, 6_001)
    capsys.readouterr()
    assert run("report", "slim", "--against", str(old)) == 1
    assert "FAILED: slim grew by more than 1.0 kB" in capsys.readouterr().out
    assert run("report", "slim", "--against", str(old), "--max-growth", "2kB") == 0
    capsys.readouterr()
    assert run("report", "slim", "--against", str(old), "--json") == 1
    assert json.loads(capsys.readouterr().out)["variants"]["slim"]["growth"]["pull_bytes"] == 1_001


def test_what_is_neither_a_file_nor_a_commit(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", "slim", "--against", "--output=x") == 2
    assert run("report", "slim", "--max-growth", "much") == 2
    assert "--max-growth much" in capsys.readouterr().err


def test_without_a_built_variant_there_is_nothing_to_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("report") == 2
    assert "careen build" in capsys.readouterr().err


def test_dry_reads_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", "slim", "--dry") == 0
    assert json.loads(capsys.readouterr().out)["images"] == {"slim": "demo:slim"}
    assert not (tmp_path / "build").exists()
