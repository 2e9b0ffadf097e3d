"""Runs the benchmark's matrix, or one place of it, and writes the results."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from careen.bench import matrix, results, tables
from careen.bench.measure import Measurer
from careen.build.run import Builder
from careen.engine.paths import write_atomically
from careen.errors import ConfigError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from careen.bench.matrix import Run
    from careen.config.model import Settings
    from careen.engine.obtain import Engine


def folder_of(settings: Settings) -> Path:
    """Give the folder of the benchmark's records and results."""
    return settings.root / settings.benchmark.output


def open_run(
    settings: Settings, rounds: int, variants: Sequence[str], *, seed: int | None = None
) -> Run:
    """Continue the run that was cut off, where it is of the same form, or start one."""
    known = settings.variants
    for name in variants:
        if name not in known:
            raise UsageError(f"unknown variant: {name}", hint=nearest(name, known))
    if not settings.benchmark.change_file and "code-change" in settings.benchmark.scenarios:
        raise ConfigError(
            "benchmark.change-file is empty: which file does a code change change?",
            hint='set [tool.careen.benchmark] change-file = "src/app/main.py"',
        )
    return matrix.open_run(
        folder_of(settings),
        rounds,
        list(variants),
        settings.benchmark.scenarios,
        datetime.now(UTC),
        seed=seed,
    )


def measure(
    engine: Engine,
    settings: Settings,
    run: Run,
    places: Sequence[tuple[int, str]],
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Measure places of the matrix, (round, variant), each into its record.

    Raises:
        EngineError: the engine went away or the disk is full; what was measured is kept.
    """
    folder = folder_of(settings)
    builder = Builder(engine, settings, say)
    measurer = Measurer(engine, settings, builder, say)
    plan = matrix.plan_order(run.seed, run.rounds, run.variants)
    left = set(matrix.remaining(folder, run))
    for number, name in places:
        if (number, name) not in left:
            say(f"round {number}, {name}: measured already, going on")
            continue
        say(f"round {number} of {run.rounds}, {name}")
        order = [variant for one, variant in plan if one == number].index(name)
        record = measurer.measure(run, number, order, name)
        matrix.write_record(folder, run, record)
        if record.status != "measured":
            say(f"{name} {record.status}: {record.reason}")


def write_results(settings: Settings, run: Run) -> dict[str, Any]:
    """Bring the records of a run together, write tables.md and results.json, and finish it."""
    folder = folder_of(settings)
    found = results.summarise(
        run, matrix.load_records(folder, run), baseline=settings.benchmark.baseline
    )
    write_atomically(folder / "results.json", results.to_json(found))
    write_atomically(folder / "tables.md", tables.markdown(found).encode())
    if not matrix.remaining(folder, run):
        matrix.finish(folder, run)
    return found
