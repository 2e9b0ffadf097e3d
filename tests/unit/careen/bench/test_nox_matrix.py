"""The sessions that a nox command line asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from careen.bench import matrix
from careen.bench.nox_matrix import DEFAULT_OUTPUT, places

if TYPE_CHECKING:
    from pathlib import Path

NOX = ["nox", "-s", "benchmark"]


@pytest.fixture
def pyproject(tmp_path: Path) -> Path:
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.careen.variants.slim]\n[tool.careen.variants.guide]\n")
    return path


def test_every_variant_in_every_round_by_default_one(pyproject: Path) -> None:
    assert sorted(places(pyproject, NOX).order) == [(1, "guide"), (1, "slim")]
    found = places(pyproject, [*NOX, "--", "--rounds", "3", "--variants", "slim"])
    assert found.order == ((1, "slim"), (2, "slim"), (3, "slim"))


def test_every_session_gets_the_arguments_that_make_it_part_of_the_same_run(
    pyproject: Path,
) -> None:
    found = places(pyproject, [*NOX, "--", "--rounds", "2"])
    arguments = found.report_arguments
    assert arguments[:-1] == ["--rounds", "2", "--variants", "slim,guide", "--seed"]
    assert found.order == tuple(matrix.plan_order(int(arguments[-1]), 2, ["slim", "guide"]))


def test_a_run_that_was_cut_off_keeps_its_seed_and_order(pyproject: Path) -> None:
    folder = pyproject.parent / DEFAULT_OUTPUT
    now = datetime(2026, 11, 24, tzinfo=UTC)
    matrix.open_run(folder, 2, ("slim", "guide"), ("cold",), now, seed=4711)
    argv = [*NOX, "--", "--rounds", "2"]
    assert places(pyproject, argv) == places(pyproject, argv)
    assert places(pyproject, argv).arguments[-1] == "4711"


@pytest.mark.parametrize("by_variable", [False, True])
def test_the_run_is_looked_for_where_the_configuration_puts_it(
    pyproject: Path, monkeypatch: pytest.MonkeyPatch, *, by_variable: bool
) -> None:
    if by_variable:
        monkeypatch.setenv("CAREEN_BENCHMARK_OUTPUT", "elsewhere")
    else:
        pyproject.write_text(
            f'{pyproject.read_text()}[tool.careen.benchmark]\noutput = "elsewhere"\n'
        )
    now = datetime(2026, 11, 24, tzinfo=UTC)
    folder = pyproject.parent / "elsewhere"
    matrix.open_run(folder, 2, ("slim", "guide"), ("cold",), now, seed=4711)
    assert places(pyproject, [*NOX, "--", "--rounds", "2"]).arguments[-1] == "4711"


def test_what_other_sessions_take_is_not_read(pyproject: Path) -> None:
    found = places(pyproject, ["nox", "-s", "tests", "--", "-k", "sizes"])
    assert len(found.order) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--variants", "slmi"], "did you mean slim?"),
        (["--ronuds", "3"], "did you mean --rounds?"),
        (["--rounds", "none"], "from 1 to 100"),
    ],
)
def test_a_wrong_argument_is_one_line_and_no_traceback(
    pyproject: Path, arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as raised:
        places(pyproject, [*NOX, "--", *arguments])
    assert str(raised.value).startswith("error: ")
    assert said in str(raised.value)


def test_a_missing_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="run nox in the project's folder"):
        places(tmp_path / "pyproject.toml", NOX)
