from __future__ import annotations

import ast
import importlib.util
import json
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.bench import matrix
from careen.errors import ConfigError, UsageError

from .examples import absent, make_run, measured

if TYPE_CHECKING:
    from careen.bench.matrix import Run

NOW = datetime(2025, 11, 24, 0, 1, 2, tzinfo=UTC)
LATER = datetime(2025, 11, 25, 0, 1, 2, tzinfo=UTC)
NAMES = ("current", "slim")
SCENARIOS = ("cold", "no-op")


def open_run(folder: Path, now: datetime = NOW, *, rounds: int = 2, seed: int | None = 7) -> Run:
    return matrix.open_run(folder, rounds, NAMES, SCENARIOS, now, seed=seed)


def measure(folder: Path, run: Run, *places: tuple[int, str]) -> None:
    for number, variant in places:
        matrix.write_record(folder, run, measured(variant, number))


@given(st.integers(), st.integers(0, 8), st.lists(st.text(), unique=True, max_size=6))
def test_every_round_has_every_variant_once_and_rounds_do_not_mix(
    seed: int, rounds: int, variants: list[str]
) -> None:
    plan = matrix.plan_order(seed, rounds, variants)
    assert Counter(plan) == Counter((r, v) for r in range(1, rounds + 1) for v in variants)
    assert [number for number, _ in plan] == sorted(number for number, _ in plan)
    assert plan == matrix.plan_order(seed, rounds, variants)


def test_the_order_of_a_seed_never_changes() -> None:
    # A run that is continued with a later Python or careen must go on in the same order.
    assert matrix.plan_order(12345, 2, ["current", "guide", "slim"]) == [
        (1, "slim"),
        (1, "current"),
        (1, "guide"),
        (2, "current"),
        (2, "slim"),
        (2, "guide"),
    ]


def test_a_new_run_is_written_and_described(tmp_path: Path) -> None:
    run = open_run(tmp_path)
    assert run == matrix.Run(
        "20251124T000102Z-0007", 7, 2, NAMES, SCENARIOS, "2025-11-24T00:01:02Z"
    )
    assert json.loads((tmp_path / "run.json").read_text())["finished"] is None


def test_a_run_that_was_cut_off_is_continued(tmp_path: Path) -> None:
    run = open_run(tmp_path)
    plan = matrix.plan_order(run.seed, run.rounds, run.variants)
    assert matrix.remaining(tmp_path, run) == plan
    measure(tmp_path, run, *plan[:3])
    again = matrix.open_run(
        tmp_path, 2, tuple(reversed(NAMES)), tuple(reversed(SCENARIOS)), LATER, seed=8
    )
    assert again == run
    assert matrix.remaining(tmp_path, again) == plan[3:]
    assert [(r.round_number, r.variant) for r in matrix.load_records(tmp_path, run)] == plan[:3]


def test_a_skipped_variant_is_not_measured_again(tmp_path: Path) -> None:
    run = open_run(tmp_path)
    matrix.write_record(tmp_path, run, absent("slim", 1, "no registry"))
    assert (1, "slim") not in matrix.remaining(tmp_path, run)


def test_after_a_finished_run_a_new_one_starts_and_the_old_records_are_kept(
    tmp_path: Path,
) -> None:
    run = open_run(tmp_path)
    measure(tmp_path, run, (1, "slim"))
    matrix.finish(tmp_path, run, NOW)
    new = open_run(tmp_path, LATER)
    assert new.id != run.id
    assert len(matrix.remaining(tmp_path, new)) == 4
    kept = tmp_path / "history" / run.id
    assert (kept / "records" / "r01-slim.json").is_file()
    assert json.loads((kept / "run.json").read_text())["finished"] == "2025-11-24T00:01:02Z"


def test_an_unfinished_run_of_another_form_is_kept_as_well(tmp_path: Path) -> None:
    run = open_run(tmp_path)
    measure(tmp_path, run, (1, "slim"))
    new = open_run(tmp_path, rounds=3)
    assert new.rounds == 3
    assert (tmp_path / "history" / run.id / "records" / "r01-slim.json").is_file()


def test_two_runs_of_one_second_and_seed_do_not_overwrite_each_other(tmp_path: Path) -> None:
    for _ in range(3):
        matrix.finish(tmp_path, open_run(tmp_path))
    open_run(tmp_path)
    name = "20251124T000102Z-0007"
    kept = sorted(path.name for path in (tmp_path / "history").iterdir())
    assert kept == [name, f"{name}-2", f"{name}-3"]


def test_seeds_differ_where_none_is_given(tmp_path: Path) -> None:
    seeds = {open_run(tmp_path / str(number), seed=None).seed for number in range(8)}
    assert len(seeds) > 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"id": "../../x"}', "[" * 5000, '{"id": "a", "seed": "x"}']
)
def test_an_unreadable_run_is_moved_away_not_a_crash(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    measure(tmp_path, make_run(1), (1, "slim"))
    (tmp_path / "run.json").write_text(text)
    run = open_run(tmp_path)
    assert matrix.remaining(tmp_path, run) == matrix.plan_order(7, 2, NAMES)
    kept = tmp_path / "history" / "unknown-20251124T000102Z"
    assert (kept / "records" / "r01-slim.json").is_file()
    assert (kept / "run.json").read_text() == text
    assert "a new run is started" in caplog.text


def test_records_without_a_run_belong_to_no_run(tmp_path: Path) -> None:
    measure(tmp_path, make_run(1), (1, "slim"))
    run = open_run(tmp_path)
    assert (1, "slim") in matrix.remaining(tmp_path, run)


@pytest.mark.parametrize("data", [b"", b'{"variant": "slim"', b"\xff\xfe", b"null"])
def test_an_unreadable_record_is_set_aside_with_a_note_and_measured_again(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    run = open_run(tmp_path)
    measure(tmp_path, run, (1, "slim"))
    path = matrix.record_path(tmp_path, run, 1, "slim")
    path.write_bytes(data)
    assert (1, "slim") in matrix.remaining(tmp_path, run)
    aside = tmp_path / "records" / "unreadable"
    assert (aside / "r01-slim.json").read_bytes() == data
    assert "r01-slim.json could not be read" in (aside / "r01-slim.txt").read_text()
    assert "measured again" in caplog.text
    measure(tmp_path, run, (1, "slim"))
    assert (1, "slim") not in matrix.remaining(tmp_path, run)


def test_a_record_in_anothers_place_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = open_run(tmp_path)
    measure(tmp_path, run, (1, "slim"))
    path = matrix.record_path(tmp_path, run, 1, "slim")
    path.rename(matrix.record_path(tmp_path, run, 2, "slim"))
    assert len(matrix.remaining(tmp_path, run)) == 4
    assert "it is of slim in round 1" in caplog.text


def test_half_a_record_is_never_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = open_run(tmp_path)

    def no_space(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("careen.engine.paths.os.replace", no_space)
    with pytest.raises(OSError, match="No space"):
        measure(tmp_path, run, (1, "slim"))
    assert list((tmp_path / "records").iterdir()) == []


def test_record_paths(tmp_path: Path) -> None:
    run = make_run(3)
    path = matrix.record_path(tmp_path, run, 1, "slim")
    assert path == tmp_path / "records" / "r01-slim.json"
    assert (
        matrix.record_path(tmp_path, replace(run, rounds=100), 7, "slim").name == "r007-slim.json"
    )


def test_finish_marks_with_the_time_of_day(tmp_path: Path) -> None:
    run = open_run(tmp_path)
    matrix.finish(tmp_path, run)
    assert json.loads((tmp_path / "run.json").read_text())["finished"].endswith("Z")


def test_variants_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.careen.variants.slim]\n[tool.careen.variants.alpine]\n")
    assert matrix.variants_from_pyproject(path) == ["slim", "alpine"]
    path.write_text("[project]\n")
    assert matrix.variants_from_pyproject(path) == []
    path.write_text("[tool.careen]\nvariants = 3\n")
    assert matrix.variants_from_pyproject(path) == []


def test_no_project_is_a_clean_error(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    with pytest.raises(ConfigError, match=r"pyproject\.toml"):
        matrix.variants_from_pyproject(path)
    path.write_text("[tool")
    with pytest.raises(ConfigError, match=r"pyproject\.toml"):
        matrix.variants_from_pyproject(path)


@pytest.mark.parametrize(
    ("argv", "rounds", "variants"),
    [
        ([], 1, NAMES),
        (["--rounds", "3"], 3, NAMES),
        (["--rounds=100", "--variants=slim"], 100, ("slim",)),
        (["--variants", "slim, current,slim"], 1, ("slim", "current")),
        (["--variants", "slim", "--variants", "current"], 1, ("slim", "current")),
    ],
)
def test_arguments(argv: list[str], rounds: int, variants: tuple[str, ...]) -> None:
    assert matrix.parse_arguments(argv, NAMES) == matrix.Arguments(rounds, variants)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--rounds", "0"], "from 1 to 100 is wanted, not '0'"),
        (["--rounds", "101"], "from 1 to 100"),
        (["--rounds", "9" * 9000], "from 1 to 100"),
        (["--rounds", "-1"], "not '-1'"),
        (["--rounds", "²"], "from 1 to 100"),
        (["--rounds", "three"], "not 'three'"),
        (["--rounds"], "expected one argument"),
        (["--runds", "3"], "did you mean --rounds"),
        (["--round", "3"], "did you mean --rounds"),
        (["--variant=slim"], "did you mean --variants"),
        (["--variants", "slmi"], "did you mean slim"),
        (["--variants", ""], "unknown variant: ''"),
        (["--variants", "slim,"], "unknown variant: ''"),
        (["slim"], "unknown argument: slim"),
        (["--help"], "unknown argument: --help"),
    ],
)
def test_wrong_arguments_are_usage_errors(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        matrix.parse_arguments(argv, NAMES)


def imported(module: str, seen: set[str]) -> None:
    """Follow the imports at the head of a module and of its packages, through careen's own."""
    if module in seen:
        return
    seen.add(module)
    if "." in module:
        imported(module.rpartition(".")[0], seen)
    found = importlib.util.find_spec(module)
    if module.partition(".")[0] != "careen" or found is None or found.origin is None:
        return
    for node in ast.parse(Path(found.origin).read_text()).body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                imported(alias.name, seen)
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported(node.module, seen)
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if module_exists(name):
                    imported(name, seen)


def module_exists(name: str) -> bool:
    try:
        return name.startswith("careen.") and importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of something in a module
        return False


def test_importing_the_matrix_needs_the_standard_library_alone() -> None:
    seen: set[str] = set()
    imported("careen.bench.matrix", seen)
    assert {name for name in seen if name.startswith("careen.")} == {
        "careen.bench",
        "careen.bench.matrix",
        "careen.bench.record",
        "careen.engine",
        "careen.engine.paths",
        "careen.errors",
    }
    assert {name.partition(".")[0] for name in seen} - {"careen"} <= sys.stdlib_module_names
