"""hadolint is found and run through the one door to other programs."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Any

import pytest

from careen.engine import hadolint
from careen.engine.hadolint import find_hadolint, run_hadolint
from careen.engine.process import Completed
from careen.errors import ProcessError


def program(folder: Path) -> Path:
    folder.mkdir()
    path = folder / "hadolint"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_it_comes_from_path_then_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path / "scripts"))
    assert find_hadolint() is None
    inside = program(tmp_path / "scripts")
    assert find_hadolint() == inside
    own = program(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_hadolint() == own


def answer(monkeypatch: pytest.MonkeyPatch, code: int, out: str, error: str = "") -> list[Any]:
    asked: list[Any] = []

    def run(argv: list[str], **options: Any) -> Completed:
        asked.append((argv, options))
        return Completed(tuple(map(str, argv)), code, out, error, 0.1)

    monkeypatch.setattr(hadolint, "run", run)
    return asked


@pytest.mark.parametrize("code", [0, 1])
def test_the_text_goes_in_and_json_comes_out(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    asked = answer(monkeypatch, code, "[]")
    assert run_hadolint(Path("/bin/hadolint"), "FROM ä\n", timeout_seconds=3) == "[]"
    [(argv, options)] = asked
    assert argv == [Path("/bin/hadolint"), "--format", "json", "--no-color", "-"]
    assert options == {"stdin": "FROM ä\n".encode(), "timeout_seconds": 3, "check": False}


@pytest.mark.parametrize(("code", "out"), [(-9, "[]"), (2, ""), (1, ""), (0, " ")])
def test_a_crash_is_an_error_with_the_tail(
    monkeypatch: pytest.MonkeyPatch, code: int, out: str
) -> None:
    answer(monkeypatch, code, out, "its last words")
    with pytest.raises(ProcessError, match="its last words"):
        run_hadolint(Path("/bin/hadolint"), "FROM a\n", timeout_seconds=3)
