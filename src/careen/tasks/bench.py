"""The task that measures the variants and writes the tables."""

from __future__ import annotations

from typing import Any

from careen.tasks.adapter import careen_task, say, show_json, words


@careen_task(
    variadic="variants",
    help={
        "variants": "which to measure, bare or separated by commas; all by default",
        "rounds": "how often each is measured; benchmark.rounds by default",
        "seed": "of the random order within the rounds, for a new run",
        "only": "measure one place of the matrix, ROUND,VARIANT: what a nox session does",
        "report": "measure nothing, write the tables of what was measured",
        "json": "print the results as JSON",
        "dry": "print the order in which would be measured",
    },
)
def benchmark(
    context: Any,
    variants: str = "",
    rounds: int = 0,
    seed: int = -1,
    only: str = "",
    report: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Measure size and build times of the variants: cold, after a code change, and unchanged.

    A run that was cut off goes on where it stopped. The results are build/benchmark/tables.md and
    results.json.

    Examples: invoke benchmark; invoke benchmark slim current --rounds 3
    """
    from careen.bench import session
    from careen.config.load import choose, load

    settings = load().settings
    names = choose(settings, words(variants))
    request = session.Request(
        variants=tuple(names),
        rounds=rounds or settings.benchmark.rounds,
        seed=seed if seed >= 0 else None,
        only=only,
        report_only=report,
    )
    if dry:
        show_json(session.preview(settings, request))
        return
    results = session.benchmark(settings, request, say)
    if results is not None:
        show_json(results) if json else print(session.render(settings, results))
