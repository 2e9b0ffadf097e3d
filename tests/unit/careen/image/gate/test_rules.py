from __future__ import annotations

import math
from typing import Any

import pytest

from careen.errors import ConfigError
from careen.image.gate.rules import DIVE_DEFAULTS, KINDS, Rule, evaluate, make_rules, needs_dive

ANALYSIS: dict[str, Any] = {
    "pull_bytes": 70_400_000,
    "reclaimable_bytes": 4_000_000,
    "efficiency": 0.98,
    "layers": [{}, {}, {}],
    "dive": {"efficiency": 0.97, "wasted_bytes": 5_000_000, "user_wasted_percent": 0.2},
}


def limit(name: str, value: object) -> object:
    (rule,) = make_rules([("here", {name: value})])
    return rule.limit


def judge(name: str, value: object, analysis: dict[str, Any] = ANALYSIS) -> dict[str, object]:
    (outcome,) = evaluate(make_rules([("here", {name: value})]), analysis)
    return outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (0, 0),
        (20_000_000, 20_000_000),
        ("20000000", 20_000_000),
        ("20MB", 20_000_000),
        ("20 mb", 20_000_000),
        ("20M", 20_000_000),
        ("20MiB", 20 << 20),
        ("20Mi", 20 << 20),
        ("1.5 GB", 1_500_000_000),
        (".5k", 500),
        ("7B", 7),
        ("1,000,000", 1_000_000),
        ("1_000", 1000),
        ("2TiB", 2 << 40),
        ("1EB", 10**18),
    ],
)
def test_sizes(text: object, expected: int) -> None:
    assert limit("max-pull-size", text) == expected
    assert limit("highestWastedBytes", text) == expected


@pytest.mark.parametrize(
    "value", ["", "MB", "20 MBs", "-1", -1, "20iB", "20 MM", True, None, [], "1e3"]
)
def test_what_is_no_size(value: object) -> None:
    with pytest.raises(ConfigError, match="max-reclaimable: give a size such as 80MB"):
        make_rules([("here", {"max-reclaimable": value})])


@pytest.mark.parametrize(("value", "expected"), [(0, 0.0), (1, 1.0), ("0.95", 0.95), (".5", 0.5)])
def test_ratios(value: object, expected: float) -> None:
    assert limit("min-efficiency", value) == expected
    assert limit("lowestEfficiency", value) == expected


@pytest.mark.parametrize("value", ["95%", "1.01", 2, -0.1, "nan", "inf", "", True, None, "1e9999"])
def test_what_is_no_ratio(value: object) -> None:
    with pytest.raises(ConfigError, match="give a number from 0 to 1"):
        make_rules([("here", {"highestUserWastedPercent": value})])


@pytest.mark.parametrize("value", [0, -1, 1.5, "many", True, None, "9" * 10])
def test_what_is_no_count(value: object) -> None:
    with pytest.raises(ConfigError, match="give a whole number of 1 or more"):
        make_rules([("here", {"max-layers": value})])


def test_all_bad_rules_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        make_rules(
            [
                ("pyproject.toml", {"max-pul-size": 1, "max-layers": "x", "min-efficiency": 0.5}),
                (".dive-ci", {"lowestEfficiency": 1.5}),
            ]
        )

    assert str(caught.value).splitlines()[:3] == [
        "pyproject.toml: max-pul-size: unknown rule; did you mean max-pull-size?",
        "pyproject.toml: max-layers: give a whole number of 1 or more, not 'x'",
        ".dive-ci: lowestEfficiency: give a number from 0 to 1 such as 0.95, not 1.5",
    ]


def test_the_last_source_counts() -> None:
    rules = make_rules([("a", {"max-layers": 3}), ("b", {"max-layers": 5})])

    assert rules == (Rule("max-layers", 5, "b"),)


@pytest.mark.parametrize(
    ("name", "holds", "fails", "measured"),
    [
        ("max-pull-size", 70_400_000, 70_399_999, 70_400_000),
        ("max-reclaimable", "4MB", "3.9MB", 4_000_000),
        ("min-efficiency", 0.98, 0.981, 0.98),
        ("max-layers", 3, 2, 3),
        ("lowestEfficiency", "0.97", "0.98", 0.97),
        ("highestWastedBytes", "5MB", "4.9MB", 5_000_000),
        ("highestUserWastedPercent", 0.2, 0.19, 0.2),
    ],
)
def test_a_limit_may_be_met(name: str, holds: object, fails: object, measured: object) -> None:
    passed, failed = judge(name, holds), judge(name, fails)

    assert passed == {
        "rule": name,
        "limit": limit(name, holds),
        "measured": measured,
        "status": "passed",
        "origin": "here",
    }
    assert (failed["status"], failed["measured"]) == ("failed", measured)


def test_every_rule_is_tested_for_what_is_unknown() -> None:
    assert len(KINDS) == 7
    for name, value in dict.fromkeys(KINDS, 1).items():
        outcome = judge(name, value, {"pull_bytes": None, "dive": None})
        assert outcome["status"] == "skipped"
        assert outcome["measured"] is None
        assert outcome["reason"]


def test_a_disabled_rule_of_dive_is_skipped() -> None:
    assert judge("highestWastedBytes", "disabled") == {
        "rule": "highestWastedBytes",
        "limit": None,
        "measured": None,
        "status": "skipped",
        "origin": "here",
        "reason": "the rule is disabled",
    }
    with pytest.raises(ConfigError):
        limit("max-layers", "disabled")


@pytest.mark.parametrize(("wasted", "status"), [(0, "skipped"), (1, "failed")])
def test_dives_division_by_zero(wasted: int, status: str) -> None:
    dive = {"efficiency": 1.0, "wasted_bytes": wasted, "user_wasted_percent": None}
    outcome = judge("highestUserWastedPercent", 1, {"dive": dive})

    assert outcome["status"] == status
    assert outcome["measured"] is None
    assert math.inf not in outcome.values()


def test_dives_numbers_are_needed_where_its_rules_are_judged() -> None:
    assert needs_dive(make_rules([DIVE_DEFAULTS]))
    assert not needs_dive(
        make_rules([("here", {"max-layers": 3, "highestWastedBytes": "disabled"})])
    )
