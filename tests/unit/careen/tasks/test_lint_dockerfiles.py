"""`careen lint` as a command: exit codes, reports, and --fix."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from careen.engine import digests, hadolint
from careen.errors import EngineError
from careen.tasks import namespace
from careen.tasks.program import CareenProgram

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """
[tool.careen.variants.slim]
dockerfile = "Dockerfile"
[tool.careen.lint.ignore]
base-not-pinned = "no registry"
"""
GOOD = 'FROM python:3.13-slim\nUSER 10001\nCMD ["x"]\n'
DIGEST = "sha256:" + 64 * "a"


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
    (tmp_path / "Dockerfile").write_text(GOOD)
    (tmp_path / ".dockerignore").write_text("*\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hadolint, "find_hadolint", lambda: None)
    return tmp_path


def test_a_good_file_passes_and_says_what_was_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lint") == 0
    told = capsys.readouterr().out
    assert "hadolint: skipped: hadolint is neither on PATH" in told
    assert told.endswith("1 file, no findings: passed\n")


def test_a_finding_exits_with_1(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "Dockerfile").write_text("FROM python:3.8\nUSER 1\n")
    assert run("lint", "slim", "--json") == 1
    data = json.loads(capsys.readouterr().out)
    assert [one["rule"] for one in data["findings"]] == ["end-of-life"]
    assert run("lint", "./Dockerfile", "--github") == 1
    assert capsys.readouterr().out.startswith("::error file=Dockerfile,line=1,")
    assert run("lint", "--markdown") == 1
    assert "| `Dockerfile:1` | error" in capsys.readouterr().out


def test_sarif_is_written_beside_the_report(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lint", "--sarif", "build/lint.sarif") == 0
    log = json.loads((root / "build" / "lint.sarif").read_text())
    assert [one["tool"]["driver"]["name"] for one in log["runs"]] == ["careen", "hadolint"]
    assert "no findings" in capsys.readouterr().out


def test_a_linter_that_fails_exits_with_3(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object, **__: object) -> str:
        raise EngineError("exit status -11")

    monkeypatch.setattr(hadolint, "find_hadolint", lambda: root / "hadolint")
    monkeypatch.setattr(hadolint, "run_hadolint", crash)
    assert run("lint") == 3
    told = capsys.readouterr().out
    assert "exit status -11" in told
    assert "UNKNOWN" in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("lint slmi", "slmi is neither a variant nor a file\n  -> did you mean slim?"),
        ("lint --jsno", "did you mean --json?"),
    ],
)
def test_wrong_words_exit_with_2(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*line.split()) == 2
    assert said in capsys.readouterr().err


def test_unknown_rules_in_the_settings_exit_with_2(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "pyproject.toml").write_text(PROJECT + 'add-ulr = "x"\n')
    assert run("lint") == 2
    assert "did you mean add-url?" in capsys.readouterr().err


def test_dry_says_what_would_be_done(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    assert run("lint", "--fix", "--dry") == 0
    assert json.loads(capsys.readouterr().out) == {
        "files": ["Dockerfile"],
        "fail_on": "warning",
        "pin": [{"path": "Dockerfile", "line": 1, "reference": "python:3.13-slim"}],
    }
    assert (root / "Dockerfile").read_text() == GOOD


def test_fix_writes_digests(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(digests, "registry_digest", lambda _: DIGEST)
    assert run("lint", "--fix") == 0
    assert (root / "Dockerfile").read_text() == GOOD.replace("-slim", f"-slim@{DIGEST}")
    assert "Dockerfile:1: python:3.13-slim is pinned" in capsys.readouterr().err


def test_fix_says_what_it_cannot_do_and_changes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: str) -> str:
        raise EngineError("its registry cannot be reached")

    monkeypatch.setattr(digests, "registry_digest", refuse)
    before = (root / "Dockerfile").stat()
    assert run("lint", "--fix") == 0
    assert (root / "Dockerfile").stat() == before
    told = capsys.readouterr().err
    assert "python:3.13-slim is not pinned: its registry cannot be reached" in told


def test_outside_a_project_a_path_is_linted(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "pyproject.toml").unlink()
    assert run("lint", "./Dockerfile") == 1
    assert "base-not-pinned" in capsys.readouterr().out
