"""The load step: fixed requests for some seconds, and what their answers took.

Source: locust 2, `--json`: for each request its number, failures, and a histogram of milliseconds.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from careen.contract.model import Check
from careen.contract.probes import request
from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from careen.config.contract import HttpProbe, Load

NAME = "load"
_PERCENTILES = (50, 95, 99)
_FIGURES = ("requests_per_second", "p50_ms", "p95_ms", "p99_ms")


@dataclass(frozen=True)
class Loaded:
    """What a load step measured, of all requests or of one.

    Attributes:
        requests: that were answered.
        failures: answers that were not as wanted, or none.
        per_second: requests.
        milliseconds: the 50th, 95th and 99th percentile.
    """

    requests: int
    failures: int
    per_second: float
    milliseconds: tuple[float, float, float]

    def figures(self) -> dict[str, Any]:
        """Give them as numbers with their units in their names."""
        p50, p95, p99 = self.milliseconds
        return {
            "requests": self.requests,
            "failures": self.failures,
            "requests_per_second": round(self.per_second, 1),
            "p50_ms": p50,
            "p95_ms": p95,
            "p99_ms": p99,
        }


def load_check(load: Load, send: Callable[[list[dict[str, Any]]], str]) -> Check:
    """Send the load of a contract; it fails where an answer is not as wanted.

    Args:
        load: of the contract.
        send: sends requests for the contract's time, and gives locust's JSON; raises CareenError.
    """
    if not load.requests:
        return Check(NAME, "skipped", "the contract names no requests")
    try:
        whole, each = read(send([_sent(probe) for probe in load.requests]), load.seconds)
    except CareenError as error:
        return Check(NAME, "unknown", str(error.args[0]))
    p50, p95, p99 = whole.milliseconds
    measured = f"{whole.per_second:.0f}/s, p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms"
    figures = whole.figures() | {"each": {name: one.figures() for name, one in each.items()}}
    expected = f"{load.clients} clients for {load.seconds:g} s, every answer as wanted"
    if whole.failures or not whole.requests:
        worst = ", ".join(f"{name}: {one.failures}" for name, one in each.items() if one.failures)
        reason = f"{whole.failures} of {whole.requests} answers were not: {worst}"
        return Check(NAME, "failed", reason, expected, measured, figures=figures)
    return Check(NAME, "passed", "", expected, measured, figures=figures, seconds=load.seconds)


def compared(rounds: Sequence[Check], baseline: Sequence[Check], name: str) -> Check:
    """Join the load steps of several rounds, and compare them with another image's.

    Args:
        rounds: of one image: its load step in each round.
        baseline: of the image that it is compared with, in the same rounds; () for none.
        name: of that image.

    Returns:
        A check with medians; its ratios are medians of each round's ratio, since a machine's
        speed drifts from one round to the next.
    """
    worst = next((one for one in rounds if one.status != "passed"), None)
    if worst is not None or not rounds:
        return worst or Check(NAME, "unknown", "no load was sent")
    own = [dict(one.figures or {}) for one in rounds]
    figures: dict[str, Any] = {key: median(one[key] for one in own) for key in _FIGURES}
    figures["rounds"] = len(own)
    measured = "{requests_per_second:.0f}/s, p50 {p50_ms:.0f}, p95 {p95_ms:.0f} ms".format(
        **figures
    )
    if len(baseline) == len(rounds) and all(one.status == "passed" for one in baseline):
        others = [dict(one.figures or {}) for one in baseline]
        for key in _FIGURES:
            pairs = [(a[key], b[key]) for a, b in zip(own, others, strict=True)]
            if all(b for _, b in pairs):
                figures[f"{key}_ratio"] = round(median(a / b for a, b in pairs), 3)
        figures["baseline"] = name
        ratio = figures.get("requests_per_second_ratio")
        measured += f", {ratio:.2f} x {name}'s rate" if ratio else ""
    expected = f"{rounds[0].expected}, in {len(own)} rounds"
    return Check(NAME, "passed", "", expected, measured, figures=figures)


def read(text: str, seconds: float) -> tuple[Loaded, dict[str, Loaded]]:
    """Read locust's JSON: all requests, and each by its name.

    Raises:
        CareenError: it is not of the form that is known.
    """
    try:
        rows = json.loads(text)
        counted = {
            str(row["name"]): (
                int(row["num_requests"]),
                int(row["num_failures"]),
                {float(key): int(count) for key, count in row["response_times"].items()},
            )
            for row in rows
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CareenError(f"locust wrote what is not known: {error!r}") from None
    each = {
        name: Loaded(number, failed, number / seconds, _percentiles(times))
        for name, (number, failed, times) in counted.items()
    }
    together: dict[float, int] = {}
    for _, _, times in counted.values():
        for key, count in times.items():
            together[key] = together.get(key, 0) + count
    number = sum(one.requests for one in each.values())
    failed = sum(one.failures for one in each.values())
    return Loaded(number, failed, number / seconds, _percentiles(together)), each


def _percentiles(times: Mapping[float, int]) -> tuple[float, float, float]:
    """Give the nearest-rank percentiles of a histogram; 0 where it is empty."""
    p50, p95, p99 = (_percentile(times, percent) for percent in _PERCENTILES)
    return p50, p95, p99


def _percentile(times: Mapping[float, int], percent: int) -> float:
    rank = -(-sum(times.values()) * percent // 100)
    seen = 0
    for value, count in sorted(times.items()):
        seen += count
        if seen >= rank:
            return value
    return 0.0


def _sent(probe: HttpProbe) -> dict[str, Any]:
    headers, body = request(probe)
    return {
        "name": probe.name or f"{probe.method} {probe.path}",
        "method": probe.method,
        "path": probe.path,
        "headers": headers,
        "body_base64": base64.b64encode(body).decode(),
        "status": probe.status,
        "timeout_seconds": probe.timeout_seconds,
    }
