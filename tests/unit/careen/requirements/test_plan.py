"""The order of requirement sets and the commands that compile them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from tests.unit.careen.requirements.projects import project

from careen.config.load import load
from careen.errors import ConfigError
from careen.requirements.compile import tidy
from careen.requirements.inputs import Line
from careen.requirements.plan import Compilation, plan

if TYPE_CHECKING:
    from pathlib import Path

HEAD = (
    *(sys.executable, "-m", "piptools", "compile"),
    *("--generate-hashes", "--annotate", "--header", "--allow-unsafe"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"),
)


def test_a_set_comes_after_those_that_it_stands_on(tmp_path: Path) -> None:
    settings = project(tmp_path, dev=["core", "ml"], ml=["core"], core=[])
    assert [run.name for run in plan(settings)] == ["core", "ml", "dev"]


def test_a_whole_run(tmp_path: Path) -> None:
    settings = project(tmp_path, core=[], ml=["core"])
    assert plan(settings)[1] == Compilation(
        name="ml",
        source=tmp_path / "ml.in",
        lock=tmp_path / "locks/ml.txt",
        constraints=(tmp_path / "locks/core.txt",),
        argv=(*HEAD, "--strip-extras", "--constraint=locks/core.txt"),
        on=("core",),
        lines=(Line(tmp_path / "ml.in", 1, "fastapi"),),
    )


def test_what_a_command_line_adds(tmp_path: Path) -> None:
    settings = project(tmp_path, core=[])
    [all_of_them] = plan(settings, upgrade=True)
    [some] = plan(settings, upgrade_packages=("fastapi", "httpx"))
    assert all_of_them.argv == (*HEAD, "--strip-extras", "--upgrade")
    assert some.argv == (
        *HEAD,
        "--strip-extras",
        "--upgrade-package=fastapi",
        "--upgrade-package=httpx",
    )


def test_extras_can_stay(tmp_path: Path) -> None:
    project(tmp_path, core=[])
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write("strip-extras = false\n")
    [run] = plan(load(tmp_path, environment={}).settings)
    assert run.argv == (*HEAD, "--no-strip-extras")


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ({"core": [], "ml": ["croe"]}, r"ml stands on croe(.|\n)*did you mean core\?"),
        ({"core": ["ml"], "ml": ["core"]}, r"in a loop: (core -> ml -> core|ml -> core -> ml)"),
        ({"core": ["core"]}, "in a loop: core -> core"),
    ],
)
def test_sets_that_cannot_be_ordered(tmp_path: Path, on: dict[str, list[str]], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        plan(project(tmp_path, **on))


def test_a_missing_input_is_told_with_its_path(tmp_path: Path) -> None:
    settings = project(tmp_path, core=[])
    (tmp_path / "core.in").unlink()
    with pytest.raises(ConfigError, match=r"requirement set core: no file .*core\.in"):
        plan(settings)


def test_a_lock_names_itself_and_not_the_file_aside() -> None:
    written = "# pip-compile --output-file=/tmp/x/core.txt\nfastapi==1\n"
    assert tidy(written, "/tmp/x/core.txt", "locks/core.txt") == (
        "# pip-compile --output-file=locks/core.txt\nfastapi==1\n"
    )
