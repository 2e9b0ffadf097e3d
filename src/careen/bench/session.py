"""One call of the benchmark: which run it is part of, what it measures, what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from careen.bench import matrix, run, tables
from careen.engine.obtain import obtain
from careen.errors import UsageError
from careen.report.terminal import render_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from careen.config.model import Settings


@dataclass(frozen=True)
class Request:
    """What a command line asks of the benchmark.

    Attributes:
        variants: the matrix's one side.
        rounds: the other.
        seed: of a new run's order, None for a random one.
        only: `ROUND,VARIANT` for one place of the matrix, "" for all that remain.
        report_only: measure nothing, bring together what there is.
    """

    variants: tuple[str, ...]
    rounds: int
    seed: int | None = None
    only: str = ""
    report_only: bool = False


def benchmark(
    settings: Settings, request: Request, say: Callable[[str], None] = lambda _: None
) -> dict[str, Any] | None:
    """Measure what is asked for.

    Returns:
        The results once the request was for all of the matrix or for the report; None after one
        place of it.
    """
    current = run.open_run(settings, request.rounds, request.variants, seed=request.seed)
    if not request.report_only:
        places = _places(settings, request, current)
        if places:
            engine = obtain(settings.engine.kind, say)
            with engine.client:
                run.measure(engine, settings, current, places, say)
    return None if request.only else run.write_results(settings, current)


def preview(settings: Settings, request: Request) -> dict[str, Any]:
    """Give the order of a new run with this request's seed, without starting it."""
    seed = request.seed or 0
    order = matrix.plan_order(seed, request.rounds, request.variants)
    return {
        "seed": seed if request.seed is not None else "random",
        "scenarios": list(settings.benchmark.scenarios),
        "order": [f"round {number}, {name}" for number, name in order],
    }


def render(settings: Settings, results: dict[str, Any]) -> str:
    """Give the tables for a terminal, and where the files are."""
    parts = []
    for table in tables.tables(results):
        parts.append(render_table(table.headers, table.rows, table.footnotes, table.title))
        parts += ["\n".join(table.chart) + "\n"] if table.chart else []
    folder = settings.benchmark.output
    return "\n".join([*parts, f"written: {folder}/tables.md, {folder}/results.json"])


def _places(settings: Settings, request: Request, current: matrix.Run) -> list[tuple[int, str]]:
    if not request.only:
        return matrix.remaining(run.folder_of(settings), current)
    number, _, name = request.only.partition(",")
    if not number.isdecimal() or (int(number), name) not in matrix.plan_order(
        current.seed, current.rounds, current.variants
    ):
        raise UsageError(
            f"--only {request.only}: no such place in this run",
            hint=f"ROUND,VARIANT with a round from 1 to {current.rounds} and one of "
            f"{', '.join(current.variants)}",
        )
    return [(int(number), name)]
