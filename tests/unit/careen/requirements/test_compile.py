"""The order and the commands of compiling requirement sets, and what never gets into a lock."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from careen.config.load import load
from careen.engine.process import Completed
from careen.errors import ConfigError, EngineError, ProcessError
from careen.requirements import compile as library
from careen.requirements.compile import Compilation, compile_set, plan, tidy

HEAD = (
    *(sys.executable, "-m", "piptools", "compile", "--quiet"),
    *("--generate-hashes", "--annotate", "--header", "--allow-unsafe"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"),
)


def project(root: Path, **on: list[str]) -> Any:
    tables = [
        f'[tool.careen.requirements.{name}]\nsource = "{name}.in"\nlock = "locks/{name}.txt"\n'
        f"on = {below}\n"
        for name, below in on.items()
    ]
    (root / "pyproject.toml").write_text("\n".join(["[tool.careen]", *tables]))
    for name in on:
        (root / f"{name}.in").write_text("fastapi\n")
    return load(root, environment={}).settings


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


class PipTools:
    """Takes the place of a run: writes a lock, or fails; remembers how it was called."""

    def __init__(self, text: str, *, fails: bool = False) -> None:
        self.text = text
        self.fails = fails
        self.pins = ""
        self.argv: tuple[str, ...] = ()

    def __call__(self, argv: list[object], **_: object) -> Completed:
        self.argv = tuple(map(str, argv))
        aside = Path(self.argv[self.argv.index("--output-file") + 1])
        self.pins = aside.read_text() if aside.exists() else ""
        aside.write_text(self.text)
        if self.fails:
            raise ProcessError(self.argv, 1, stderr="no matching distribution for fastpai")
        return Completed(self.argv, 0, "", "", 1.0)


@pytest.fixture
def run_of(tmp_path: Path) -> Compilation:
    return plan(project(tmp_path, core=[]))[0]


def install(monkeypatch: pytest.MonkeyPatch, tool: PipTools) -> PipTools:
    monkeypatch.setattr(library, "run", tool)
    return tool


def test_a_new_lock_is_written(
    tmp_path: Path, run_of: Compilation, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = install(monkeypatch, PipTools("fastapi==1\n"))
    assert compile_set(run_of, tmp_path) is True
    assert run_of.lock.read_text() == "fastapi==1\n"
    assert tool.pins == ""
    assert tool.argv[-1] == "core.in"


def test_old_pins_are_kept_and_the_same_lock_is_no_change(
    tmp_path: Path, run_of: Compilation, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = install(monkeypatch, PipTools("fastapi==1\n"))
    compile_set(run_of, tmp_path)
    assert compile_set(run_of, tmp_path) is False
    assert tool.pins == "fastapi==1\n"


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://user:pw@mirror",
        "--extra-index-url https://mirror",
        "--find-links /wheels",
        "--trusted-host mirror",
        "x @ file:///home/me/x",
    ],
)
def test_a_lock_that_is_tied_to_this_machine_is_refused_and_the_old_one_stays(
    tmp_path: Path, run_of: Compilation, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    run_of.lock.parent.mkdir()
    run_of.lock.write_text("old\n")
    install(monkeypatch, PipTools(f"{line}\nfastapi==1\n"))
    with pytest.raises(EngineError, match="this machine only") as raised:
        compile_set(run_of, tmp_path)
    assert run_of.lock.read_text() == "old\n"
    assert "pw" not in str(raised.value)


def test_a_failure_names_the_set_and_leaves_the_old_lock(
    tmp_path: Path, run_of: Compilation, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_of.lock.parent.mkdir()
    run_of.lock.write_text("old\n")
    install(monkeypatch, PipTools("half", fails=True))
    with pytest.raises(ProcessError, match="requirement set core") as raised:
        compile_set(run_of, tmp_path)
    assert "fastpai" in str(raised.value)
    assert "old lock" in raised.value.hint
    assert run_of.lock.read_text() == "old\n"
