"""One call of the benchmark: what is left to do, and what it gives, with nothing measured here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from careen.bench import matrix, run, session
from careen.config.load import load
from careen.engine.client import EngineClient
from careen.engine.find import Endpoint
from careen.engine.obtain import Engine
from careen.engine.packages import Toolbox
from careen.errors import ConfigError, UsageError

from .examples import measured

if TYPE_CHECKING:
    from collections.abc import Callable

    from careen.config.model import Settings

PROJECT = """
[tool.careen]
image = "demo"
[tool.careen.benchmark]
change-file = "app.py"
baseline = "guide"
[tool.careen.variants.slim]
dockerfile = "slim.Dockerfile"
[tool.careen.variants.guide]
dockerfile = "guide.Dockerfile"
"""
BOTH = ("slim", "guide")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    return load(tmp_path, environment={}).settings


class Asked:
    """What the measuring was asked for; it writes made-up records."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.places: list[tuple[int, str]] = []

    def obtain(self, kind: str, say: Callable[[str], None]) -> Engine:
        self.kinds.append(kind)
        client = EngineClient(Endpoint("unix:///none", "test"))
        return Engine(client, ("buildx",), "", {}, Toolbox(Path("/none")), embedded=False)

    def measure(
        self,
        engine: Engine,
        settings: Settings,
        current: matrix.Run,
        places: list[tuple[int, str]],
        say: Callable[[str], None],
    ) -> None:
        self.places += places
        for number, name in places:
            matrix.write_record(run.folder_of(settings), current, measured(name, number))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked()
    monkeypatch.setattr(session, "obtain", found.obtain)
    monkeypatch.setattr(run, "measure", found.measure)
    return found


def test_a_whole_run_measures_everything_and_writes_the_results(
    settings: Settings, asked: Asked
) -> None:
    request = session.Request(BOTH, 2, seed=7)
    results = session.benchmark(settings, request)

    assert asked.places == matrix.plan_order(7, 2, BOTH)
    assert asked.kinds == ["auto"]
    folder = settings.root / "build/benchmark"
    assert json.loads((folder / "results.json").read_bytes()) == json.loads(json.dumps(results))
    assert "slim" in (folder / "tables.md").read_text()
    assert json.loads((folder / "run.json").read_text())["finished"]
    assert results is not None
    shown = session.render(settings, results)
    assert "guide" in shown
    assert shown.endswith("written: build/benchmark/tables.md, build/benchmark/results.json")


def test_one_place_gives_no_results_and_the_rest_is_left_for_later(
    settings: Settings, asked: Asked
) -> None:
    assert session.benchmark(settings, session.Request(BOTH, 2, seed=7, only="2,guide")) is None
    assert asked.places == [(2, "guide")]
    session.benchmark(settings, session.Request(BOTH, 2, seed=7))
    assert sorted(asked.places) == sorted(matrix.plan_order(7, 2, BOTH))


def test_a_report_starts_no_engine(settings: Settings, asked: Asked) -> None:
    results = session.benchmark(settings, session.Request(BOTH, 1, report_only=True))
    assert results is not None
    assert asked.kinds == []


@pytest.mark.parametrize("only", ["3,slim", "0,slim", "1,alpine", "slim", "1", "²,slim", "x,slim"])
def test_a_place_that_is_not_in_the_run_is_told(
    settings: Settings, asked: Asked, only: str
) -> None:
    with pytest.raises(UsageError, match="a round from 1 to 2 and one of slim, guide"):
        session.benchmark(settings, session.Request(BOTH, 2, only=only))
    assert asked.kinds == []


def test_an_unknown_variant_and_an_empty_change_file_are_told(settings: Settings) -> None:
    with pytest.raises(UsageError, match="did you mean slim"):
        run.open_run(settings, 1, ["slmi"])
    empty = settings.benchmark.model_copy(update={"change_file": ""})
    changed = settings.model_copy(update={"benchmark": empty})
    with pytest.raises(ConfigError, match="change-file is empty"):
        run.open_run(changed, 1, ["slim"])


@pytest.mark.parametrize(("seed", "shown"), [(7, 7), (0, 0), (None, "random")])
def test_a_preview_starts_nothing(settings: Settings, seed: int | None, shown: Any) -> None:
    found = session.preview(settings, session.Request(("slim",), 2, seed=seed))
    assert found == {
        "seed": shown,
        "scenarios": ["cold", "code-change", "no-op"],
        "order": ["round 1, slim", "round 2, slim"],
    }
    assert not (settings.root / "build").exists()
