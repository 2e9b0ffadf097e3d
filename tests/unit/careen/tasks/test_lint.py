"""`careen lint` as a command: the list of a build context, and the exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from careen.tasks import namespace
from careen.tasks.program import CareenProgram

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """
[tool.careen]
image = "demo"
[tool.careen.lint]
hadolint = false  # a unit test starts no program
[tool.careen.variants.slim]
dockerfile = "Dockerfile"
"""


def run(*words: str) -> int:
    program = CareenProgram(name="careen", binary="careen", namespace=namespace(), version="1")
    try:
        program.run(["careen", *words])
    except SystemExit as raised:
        return int(str(raised.code or 0))
    return 0


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY app.py /app.py\n")
    (tmp_path / "app.py").write_text("print()\n")
    (tmp_path / ".dockerignore").write_text("*\n!app.py\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_list_that_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lint") == 0
    assert "1 file, no findings: passed" in capsys.readouterr().out
    assert run("lint", "slim", "--context") == 0
    assert "reduction" in capsys.readouterr().out


def test_a_needed_file_that_is_left_out_exits_with_1(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / ".dockerignore").write_text("*.py\n")
    assert run("lint") == 1
    assert ".dockerignore\n  1  error  ignore-needed-file" in capsys.readouterr().out
    assert run("lint", "--json") == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [one["rule"] for one in found] == ["ignore-needed-file"]
    assert found[0]["path"] == ".dockerignore"


def test_an_unknown_variant_and_dry(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lint", "slmi") == 2
    assert "did you mean slim?" in capsys.readouterr().err
    assert run("lint", "--dry") == 0
    assert json.loads(capsys.readouterr().out)["files"] == ["Dockerfile"]
