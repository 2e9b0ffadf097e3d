"""What git says of a checkout, and what is said where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from careen.engine import checkout
from careen.engine.process import Completed
from careen.errors import ProcessError

if TYPE_CHECKING:
    from pathlib import Path


def says(monkeypatch: pytest.MonkeyPatch, output: str | None, status: int = 0) -> list[list[str]]:
    asked: list[list[str]] = []

    def answer(argv: list[str], **_: object) -> Completed:
        asked.append(argv)
        if output is None:
            raise ProcessError(tuple(argv), None, reason="cannot start")
        return Completed(tuple(argv), status, output, "", 0.0)

    monkeypatch.setattr(checkout, "run", answer)
    return asked


def test_the_commit_as_git_describes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = says(monkeypatch, "0123abc-dirty\n")
    assert checkout.revision(tmp_path) == "0123abc-dirty"
    assert "--dirty" in asked[0]


def test_files_that_are_gone_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").touch()
    says(monkeypatch, "here\0gone\0")
    assert checkout.files(tmp_path) == ["here"]


@pytest.mark.parametrize(("output", "status"), [(None, 0), ("fatal: not a repository", 128)])
def test_outside_of_a_checkout_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str | None, status: int
) -> None:
    says(monkeypatch, output, status)
    assert checkout.revision(tmp_path) == ""
    assert checkout.files(tmp_path) is None
