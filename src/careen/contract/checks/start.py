"""The check of how quickly the service can work: from the start call to the first good answer."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from careen.contract.checks.judge import judge
from careen.contract.model import Check
from careen.report.quantities import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.contract.workbench import Start

NAME = "start-to-healthy"


def judge_starts(starts: Sequence[Start], limit_seconds: float | None, health: str) -> Check:
    """Hold the median of several starts against its limit; each of them has to succeed.

    >>> from careen.contract.workbench import Start
    >>> judge_starts([Start(0.4), Start(1.2), Start(0.6)], 1.0, "/health").measured
    'median 0.60 s, max 1.20 s, n = 3'
    """
    expected = f"GET {health} answers 200"
    if limit_seconds is not None:
        expected += f" within {seconds(limit_seconds)} (median)"
    bad = next((start for start in starts if not start.is_good), None)
    taken = [start.seconds for start in starts if start.seconds is not None]
    figures = {"seconds": taken}
    if bad is not None:
        what = bad.what if len(starts) == 1 else f"start {len(starts)}: {bad.what}"
        return Check(NAME, "failed", what, expected, "no good answer", bad.log, figures)
    figures |= {"median_seconds": [median(taken)], "max_seconds": [max(taken)]}
    return judge(
        NAME,
        limit_seconds is None or median(taken) <= limit_seconds,
        expected=expected,
        measured=f"median {seconds(median(taken))}, max {seconds(max(taken))}, n = {len(taken)}",
        figures=figures,
    )
