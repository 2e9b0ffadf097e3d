from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from careen import __version__
from careen.bench import results
from careen.bench.record import CacheEfficiency, Record, RecordError, Sizes

from .examples import ENGINE, HOST, NODE, absent, make_run, measured, times, whole_run


def summarise(rounds: int, records: list[Record], *variants: str) -> dict[str, Any]:
    found = results.summarise(make_run(rounds, variants), records, baseline="current")
    check = jsonschema.Draft202012Validator(results.schema())
    check.validate(found)
    check.validate(json.loads(results.to_json(found)))
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(results.schema())


@pytest.mark.parametrize("rounds", [1, 2, 3, 7])
def test_a_whole_run_keeps_every_value(rounds: int) -> None:
    records = whole_run(rounds)
    found = summarise(rounds, records)
    assert found["careen"] == __version__
    assert (found["engine"], found["host"], found["rounds"]) == (ENGINE, HOST, rounds)
    assert found["seed"] == 12345
    for name, entry in found["variants"].items():
        own = [record for record in records if record.variant == name]
        cold = [record.seconds["cold"] for record in own if record.status == "measured"]
        assert entry["seconds"]["cold"] == cold
        assert entry["n"] == len(cold)
        assert len(entry["rounds"]) == rounds
    assert results.from_json(results.to_json(found)) == found


def test_ratios_are_by_round_and_to_the_baseline() -> None:
    found = summarise(
        2,
        [
            measured("current", 1, pull=400, seconds=times(100, 50, 1)),
            measured("current", 2, pull=400, seconds=times(200, 50, 1)),
            measured("slim", 1, pull=100, seconds=times(50, 5, 1)),
            measured("slim", 2, pull=100, seconds=times(80, 5, 1)),
        ],
        "current",
        "slim",
    )
    ratios = found["variants"]["slim"]["ratios"]
    assert ratios["cold"] == {
        "n": 2,
        "median": 0.45,
        "low": 0.4,
        "high": 0.5,
        "method": "range",
        "confidence": None,
        "difference": True,
        "per_round": [0.5, 0.4],
    }
    assert ratios["no-op"]["difference"] is False
    assert ratios["pull_bytes"]["median"] == 0.25
    assert ratios["code-change/cold"]["per_round"] == [0.05, 0.025]


def test_a_skipped_variant_stays_with_its_reason_and_no_numbers() -> None:
    entry = summarise(2, whole_run(2))["variants"]["alpine"]
    assert (entry["status"], entry["n"]) == ("skipped", 0)
    assert entry["reason"].startswith("base python:3.13-alpine cannot be had")
    assert entry["pull_bytes"] is None
    assert entry["cache_efficiency"] == {"bytes": None, "time": None}
    assert entry["seconds"] == {"cold": [], "code-change": [], "no-op": []}
    assert entry["base"] == "python:3.13-alpine"


def test_a_round_that_failed_makes_the_variant_failed_and_keeps_the_others() -> None:
    entry = summarise(3, whole_run(3))["variants"]["slim-ml"]
    assert (entry["status"], entry["n"]) == ("failed", 2)
    assert entry["reason"] == "round 2 failed: step 4 of the builder stage failed"
    assert len(entry["seconds"]["cold"]) == 2
    assert entry["ratios"]["cold"]["n"] == 2


def test_a_skipped_round_leaves_the_variant_measured_with_a_reason() -> None:
    found = summarise(2, [measured("current", 1), absent("current", 2, "disk full")], "current")
    entry = found["variants"]["current"]
    assert (entry["status"], entry["reason"]) == ("measured", "round 2 skipped: disk full")


def test_reasons_that_differ_are_all_given() -> None:
    found = summarise(2, [absent("slim", 1, "no registry"), absent("slim", 2, "disk full")], "slim")
    assert found["variants"]["slim"]["reason"] == (
        "round 1 skipped: no registry; round 2 skipped: disk full"
    )


def test_what_was_not_measured_yet_is_said() -> None:
    found = summarise(2, [measured("current", 1)], "current", "slim")
    assert found["flags"] == ["the run is not complete: 3 of 4 measurements are missing"]
    assert found["variants"]["current"]["reason"] == "round 2 not measured"
    slim = found["variants"]["slim"]
    assert (slim["status"], slim["reason"]) == ("skipped", "it was not measured in this run")


def test_a_run_without_any_measurement_describes_no_engine() -> None:
    found = summarise(1, [absent("current", 1, "no registry")], "current")
    assert (found["engine"], found["host"], found["flags"]) == ({}, {}, [])


@pytest.mark.parametrize("key", ["engine", "host"])
def test_another_engine_or_host_is_flagged_and_never_compared(key: str) -> None:
    other: dict[str, Any] = {key: {**(ENGINE if key == "engine" else HOST), "version": "27"}}
    found = summarise(
        2,
        [
            measured("current", 1),
            measured("slim", 1),
            measured("current", 2),
            measured("slim", 2, **other),
        ],
        "current",
        "slim",
    )
    assert found["flags"] == [
        f"not all of this was measured on one {key}: another one for slim in round 2"
    ]
    slim = found["variants"]["slim"]
    assert slim["n"] == 2
    assert slim["ratios"]["cold"]["n"] == 1
    assert key not in slim["rounds"][0]
    assert slim["rounds"][1][key] == other[key]


def test_a_round_wholly_on_another_host_is_compared_within_itself() -> None:
    there: dict[str, Any] = {"host": {**HOST, "cores": 64}}
    found = summarise(
        2,
        [
            measured("current", 1),
            measured("slim", 1),
            measured("current", 2, **there),
            measured("slim", 2, **there),
        ],
        "current",
        "slim",
    )
    assert found["variants"]["slim"]["ratios"]["cold"]["n"] == 2
    assert "current in round 2, slim in round 2" in found["flags"][0]


def test_bases_that_change_between_rounds_are_flagged_and_every_stand_in_counts() -> None:
    found = summarise(
        2, [measured("slim", 1, stand_ins=()), measured("slim", 2, stand_ins=(NODE,))], "slim"
    )
    assert found["flags"] == ["slim was not built of the same bases and sets in all rounds"]
    assert [made["reference"] for made in found["variants"]["slim"]["stand_ins"]] == [
        "node:22-slim"
    ]


def test_an_unknown_figure_is_null_with_a_reason() -> None:
    record = measured(
        "slim",
        1,
        sizes=Sizes(100, None),
        seconds={"cold": 1.0},
        unknown={
            "unpacked_bytes": "the archive could not be read",
            "seconds.no-op": "",
        },
        cache_efficiency=CacheEfficiency(),
    )
    entry = summarise(1, [record], "slim")["variants"]["slim"]
    assert entry["unpacked_bytes"] is None
    assert entry["unknown"]["unpacked_bytes"] == "the archive could not be read"
    assert entry["unknown"]["seconds.no-op"] == "no reason was recorded"
    assert entry["unknown"]["seconds.code-change"] == "no reason was recorded"
    assert entry["unknown"]["cache_efficiency.bytes"] == "no reason was recorded"


def test_why_there_is_no_ratio() -> None:
    alone = summarise(1, [measured("slim", 1)], "slim")["variants"]["slim"]
    assert alone["unknown"]["ratios.cold"] == (
        "the baseline current is not among this run's variants"
    )
    skipped = summarise(
        1, [measured("slim", 1), absent("current", 1, "no registry")], "slim", "current"
    )["variants"]["slim"]
    assert skipped["unknown"]["ratios.cold"] == "the baseline current was skipped: no registry"
    apart = summarise(
        1, [measured("slim", 1), measured("current", 1, host={"cores": 3})], "slim", "current"
    )["variants"]["slim"]
    assert apart["unknown"]["ratios.cold"] == (
        "no round has both figures, measured on the same engine and host"
    )


def test_other_scenarios_need_no_cold_build() -> None:
    run = replace(make_run(1, ("slim",)), scenarios=("no-op",))
    found = results.summarise(run, [measured("slim", 1)], baseline="slim")
    assert "code-change/cold" not in found["variants"]["slim"]["ratios"]
    assert found["variants"]["slim"]["seconds"] == {"no-op": [0.3]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "no JSON"),
        (b"[]", "an object is wanted"),
        (b"{}", "schema_version None is not 1"),
        (b'{"schema_version": 2}', "run the benchmark again"),
        (b'{"schema_version": 1, "engine": {}}', "careen, host, run, rounds"),
    ],
)
def test_results_that_are_none_are_a_clean_error(data: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        results.from_json(data)
