"""The command line: bare words, wrong words and their exit codes, and what every task says."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from careen.errors import UsageError
from careen.tasks import namespace
from careen.tasks.program import CareenProgram, gather

if TYPE_CHECKING:
    from invoke.parser.context import ParserContext

PROJECT = """
[tool.careen]
image = "demo"
[tool.careen.variants.slim]
dockerfile = "slim.Dockerfile"
[tool.careen.variants.guide]
dockerfile = "guide.Dockerfile"
"""
HEAVY = {"docker", "http", "pydantic", "requests", "rich", "socket", "urllib", "zstandard"}
TASKS = sorted(namespace().task_names)


def contexts() -> tuple[dict[str, ParserContext], dict[str, str]]:
    collection = namespace()
    found = {str(context.name): context for context in collection.to_contexts()}
    return found, {name: collection[name].variadic for name in found}


def gathered(line: str) -> list[str]:
    return gather(line.split(), *contexts())


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("build", "build"),
        ("build slim distroless", "build --variants=slim,distroless"),
        ("build slim --push guide", "build --push --variants=slim,guide"),
        ("build --cache local=x slim", "build --cache local=x --variants=slim"),
        ("build --cache=none slim", "build --cache=none --variants=slim"),
        ("build --set slim --set guide alpine", "build --set slim --set guide --variants=alpine"),
        ("build -c none slim", "build -c none --variants=slim"),
        ("build --variants slim guide", "build --variants=slim,guide"),
        ("build --variants=slim,ml guide", "build --variants=slim,ml,guide"),
        ("build alpine -v slim --push guide", "build --push --variants=alpine,slim,guide"),
        ("bases --make debian:13-slim", "bases --make --references=debian:13-slim"),
        ("benchmark slim --rounds 3 guide", "benchmark --rounds 3 --variants=slim,guide"),
        ("build slim doctor", "build --variants=slim doctor"),
        ("build slim engine.down --purge", "build --variants=slim engine.down --purge"),
        ("doctor slim", "doctor slim"),
        ("slim", "slim"),
        ("", ""),
    ],
)
def test_bare_words_after_a_task_become_its_words(line: str, wanted: str) -> None:
    assert gathered(line) == wanted.split()


def run(*words: str) -> int:
    program = CareenProgram(name="careen", binary="careen", namespace=namespace(), version="1.2.3")
    with pytest.raises(SystemExit) as raised:
        program.run(["careen", *words])
    code = raised.value.code
    assert isinstance(code, int)
    return code


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("biuld", "there is no task biuld\n  -> did you mean build?"),
        ("engine.downn", "there is no task engine.downn\n  -> did you mean engine.down?"),
        ("build --cahce none", "build has no option --cahce\n  -> did you mean --cache?"),
        ("build slim --psuh", "build has no option --psuh\n  -> did you mean --push?"),
        ("build --cahce=none", "build has no option --cahce\n  -> did you mean --cache?"),
        ("doctor --jsno", "doctor has no option --jsno\n  -> did you mean --json?"),
        ("doctor slim", "there is no task slim"),
        ("build --cache", "--cache needs a value"),
        ("benchmark --rounds many", "many"),
        ("build slmi", "unknown variant: slmi\n  -> did you mean slim?"),
        ("build slim giude", "unknown variant: giude\n  -> did you mean guide?"),
        ("build --cache registri=x", "unknown kind of cache\n  -> did you mean registry?"),
        ("benchmark slmi --dry", "unknown variant: slmi\n  -> did you mean slim?"),
        ("bases debain:13-slim", "no stand-in for debain:13-slim\n  -> did you mean debian:13"),
        ("build slim", "slim.Dockerfile"),
        ("up slmi", "unknown variant: slmi\n  -> did you mean slim?"),
        ("up slim guide", "one variant at a time, not slim, guide"),
        ("up slim --port 70000", "70000 is no port"),
        ("down slmi", "unknown variant: slmi\n  -> did you mean slim?"),
        ("logs slmi --json", "unknown variant: slmi\n  -> did you mean slim?"),
    ],
)
def test_a_wrong_word_exits_with_2_and_names_the_nearest(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*line.split()) == UsageError.exit_code == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
    assert "Traceback" not in told.err


def test_no_project_at_all_exits_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").unlink()
    assert run("build") == 2
    assert "no pyproject.toml with a [tool.careen] table" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert "1.2.3" in capsys.readouterr().out


def test_the_list_names_every_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list") == 0
    told = capsys.readouterr().out
    for name in TASKS:
        assert name.removeprefix("engine") in told


def test_the_order_of_a_benchmark_is_shown_without_starting_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    CareenProgram(name="careen", binary="careen", namespace=namespace(), version="1").run(
        ["careen", "benchmark", "guide", "--rounds", "2", "--seed", "7", "--dry"], exit=False
    )
    told = capsys.readouterr().out
    assert '"order": [\n    "round 1, guide",\n    "round 2, guide"\n  ]' in told
    assert not (tmp_path / "build").exists()


def test_these_are_the_tasks() -> None:
    assert TASKS == [
        "analyze",
        "audit",
        "bases",
        "benchmark",
        "build",
        "clean",
        "compile",
        "diff",
        "doctor",
        "down",
        "engine.down",
        "engine.env",
        "engine.status",
        "engine.up",
        "explore",
        "lint",
        "logs",
        "report",
        "scan",
        "up",
        "validate",
        "weight",
        "wheels",
    ]


MODULES = (
    "audit",
    "bases",
    "bench",
    "build",
    "clean",
    "compose",
    "doctor",
    "engine",
    "images",
    "lint",
    "report",
    "requirements",
    "scan",
    "validate",
)


@pytest.fixture
def _as_after_an_import() -> None:
    # Invoke takes the help out of a task once it was parsed, and tasks live as long as modules.
    for name in MODULES:
        importlib.reload(importlib.import_module(f"careen.tasks.{name}"))


@pytest.mark.usefixtures("_as_after_an_import")
@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_sentence_an_example_and_a_line_for_each_flag(name: str) -> None:
    task: Any = namespace()[name]
    sentence, _, rest = (task.__doc__ or "").partition("\n")
    assert sentence.endswith(".")
    assert "Example" in rest
    assert name in rest
    assert [argument.name for argument in task.get_arguments() if not argument.help] == []


@pytest.mark.usefixtures("_as_after_an_import")
def test_the_help_of_a_task_shows_those_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("build", "--help") == 0
    told = capsys.readouterr().out
    assert "Build the variants' images" in told
    assert "print the plan, build nothing" in told
    assert "Examples: careen build;" in told


def test_listing_the_tasks_imports_nothing_heavy() -> None:
    seen: set[str] = set()
    imported("careen.tasks.program", seen)
    for name in TASKS:
        imported(namespace()[name].body.__module__, seen)
    assert "careen.tasks.build" in seen
    assert {name.partition(".")[0] for name in seen} & HEAVY == set()


def imported(module: str, seen: set[str]) -> None:
    """Gather what importing a module imports, TYPE_CHECKING blocks and functions left out."""
    if module in seen:
        return
    seen.add(module)
    found = importlib.util.find_spec(module) if module.startswith("careen") else None
    if found is None or found.origin is None:
        return
    for node in ast.parse(Path(found.origin).read_text()).body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                imported(alias.name, seen)
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported(node.module, seen)
