"""What locust's statistics mean, and how rounds are compared."""

from __future__ import annotations

import json
from base64 import b64decode
from statistics import quantiles
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.config.contract import Load
from careen.contract.load import compared, load_check, read
from careen.contract.model import Check
from careen.errors import CareenError, EngineError


def row(name: str, times: dict[int, int], failures: int = 0) -> dict[str, Any]:
    return {
        "name": name,
        "num_requests": sum(times.values()),
        "num_failures": failures,
        "response_times": {str(key): count for key, count in times.items()},
    }


LOAD = Load.model_validate(
    {"seconds": 2.0, "requests": [{"path": "/a"}, {"path": "/b", "json-body": 1}]}
)


def test_a_load_that_held() -> None:
    asked: list[list[dict[str, Any]]] = []

    def send(requests: list[dict[str, Any]]) -> str:
        asked.append(requests)
        return json.dumps([row("GET /a", {1: 90, 5: 10}), row("GET /b", {2: 99, 50: 1})])

    check = load_check(LOAD, send)
    assert check.status == "passed"
    assert check.measured == "100/s, p50 2, p95 5, p99 5 ms"
    assert check.figures is not None
    assert check.figures["each"]["GET /b"]["p99_ms"] == 2
    assert [one["path"] for one in asked[0]] == ["/a", "/b"]
    assert (b64decode(asked[0][1]["body_base64"]), asked[0][1]["headers"]) == (
        b"1",
        {"Content-Type": "application/json"},
    )


def test_answers_that_were_not_as_wanted() -> None:
    check = load_check(
        LOAD, lambda _: json.dumps([row("GET /a", {1: 9}, 2), row("GET /b", {1: 1})])
    )
    assert (check.status, check.reason) == ("failed", "2 of 10 answers were not: GET /a: 2")


def test_no_answers_at_all_are_no_pass() -> None:
    assert load_check(LOAD, lambda _: "[]").status == "failed"


def test_what_cannot_be_sent_is_unknown_and_what_is_not_asked_is_skipped() -> None:
    def send(_: object) -> str:
        raise EngineError("locust is not in this environment")

    assert load_check(LOAD, send).status == "unknown"
    assert load_check(Load(), send).status == "skipped"


@pytest.mark.parametrize("text", ["", "{}x", '{"a": 1}', '[{"name": "a"}]', "[1]"])
def test_other_output_is_refused(text: str) -> None:
    with pytest.raises(CareenError, match="locust wrote"):
        read(text, 1.0)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=200))
def test_percentiles_are_nearest_ranks(times: list[int]) -> None:
    counts = {value: times.count(value) for value in set(times)}
    whole, _ = read(json.dumps([row("a", counts)]), 1.0)
    ordered = sorted(times)
    for found, percent in zip(whole.milliseconds, (50, 95, 99), strict=True):
        rank = -(-len(ordered) * percent // 100)
        assert found == ordered[rank - 1]
    if len(times) > 1:
        assert min(quantiles(times, n=2)[0], ordered[0]) <= whole.milliseconds[2]


def step(rate: float, status: str = "passed") -> Check:
    figures = {"requests_per_second": rate, "p50_ms": 4.0, "p95_ms": 8.0, "p99_ms": 9.0}
    return Check("load", status, "why" if status != "passed" else "", "4 clients", figures=figures)  # type: ignore[arg-type]


def test_ratios_are_of_each_round() -> None:
    # The machine was twice as slow in the second round: the ratio is the same in both.
    found = compared(
        [step(400), step(200), step(390)], [step(200), step(100), step(200)], "current"
    )
    assert found.figures is not None
    assert found.figures["requests_per_second_ratio"] == 2.0
    assert found.figures["p95_ms_ratio"] == 1.0
    assert found.figures["rounds"] == 3
    assert "390/s" in found.measured
    assert "2.00 x current's rate" in found.measured


def test_without_a_baseline_there_is_no_ratio() -> None:
    for baseline in ([], [step(1)], [step(1), step(1, "failed")]):
        found = compared([step(400), step(200)], baseline, "current")
        assert found.figures is not None
        assert "requests_per_second_ratio" not in found.figures


def test_a_round_that_failed_fails_the_whole() -> None:
    assert compared([step(400), step(1, "failed")], [], "current").status == "failed"
    assert compared([], [], "current").status == "unknown"
