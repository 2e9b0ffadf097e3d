from __future__ import annotations

from typing import Any

import pytest

from careen.bench import results
from careen.bench.budgets import BudgetCheck, check_budgets
from careen.bench.record import CacheEfficiency, Record, Sizes
from careen.config.model import Budgets, Variant

from .examples import absent, make_run, measured, times

BUDGETS = Budgets(pull_size=100, unpacked_size=300, cold_build_seconds=60.0, cache_efficiency=0.97)


def check(*records: Record, rounds: int = 1, budgets: Budgets = BUDGETS) -> dict[str, BudgetCheck]:
    found = results.summarise(make_run(rounds, ("slim",)), records, baseline="slim")
    variants = {"slim": Variant(dockerfile="x", budgets=budgets), "other": Variant(dockerfile="y")}
    return {check.budget: check for check in check_budgets(found, variants)}


def test_what_is_on_its_limit_holds() -> None:
    checks = check(measured(pull=100))
    assert {budget: found.outcome for budget, found in checks.items()} == {
        "pull-size": "passed",
        "unpacked-size": "passed",
        "cold-build-seconds": "passed",
        "cache-efficiency (bytes)": "passed",
        "cache-efficiency (time)": "passed",
    }
    assert checks["pull-size"] == BudgetCheck("slim", "pull-size", 100, 100, "passed", "", True)
    assert checks["pull-size"].label == "slim †"


@pytest.mark.parametrize(
    ("change", "budget"),
    [
        ({"pull": 101}, "pull-size"),
        ({"sizes": Sizes(100, 301)}, "unpacked-size"),
        ({"seconds": times(60.1, 1, 1)}, "cold-build-seconds"),
        ({"cache_efficiency": CacheEfficiency(0.96, 0.97)}, "cache-efficiency (bytes)"),
        ({"cache_efficiency": CacheEfficiency(0.97, 0.96)}, "cache-efficiency (time)"),
    ],
)
def test_what_is_beyond_its_limit_fails(change: dict[str, Any], budget: str) -> None:
    assert check(measured(**{"pull": 100, **change}))[budget].outcome == "failed"


def test_unknown_is_never_passed() -> None:
    checks = check(
        measured(
            sizes=Sizes(None, None),
            seconds={},
            unknown={"pull_bytes": "the manifest could not be read"},
            cache_efficiency=CacheEfficiency(),
        )
    )
    assert {found.outcome for found in checks.values()} == {"unknown"}
    assert checks["pull-size"].reason == "the manifest could not be read"
    assert checks["unpacked-size"].reason == "no reason was recorded"


def test_a_skipped_variant_is_unknown_with_its_reason() -> None:
    checks = check(absent("slim", 1, "no registry"))
    assert {(found.outcome, found.reason) for found in checks.values()} == {
        ("unknown", "no registry")
    }
    assert checks["pull-size"].label == "slim"


def test_a_round_that_failed_leaves_a_kept_budget_unknown_and_a_broken_one_failed() -> None:
    checks = check(
        measured(round_number=1, pull=101, sizes=Sizes(101, 200)),
        absent("slim", 2, "step 4 failed", status="failed"),
        rounds=2,
    )
    assert checks["pull-size"].outcome == "failed"
    assert checks["unpacked-size"].outcome == "unknown"
    assert checks["unpacked-size"].reason == "round 2 failed: step 4 failed"


def test_a_scenario_that_was_not_asked_for_is_unknown() -> None:
    found = results.summarise(make_run(1, ("slim",)), [measured()], baseline="slim")
    del found["variants"]["slim"]["ranges"]["seconds.cold"]
    variants = {"slim": Variant(dockerfile="x", budgets=Budgets(cold_build_seconds=99))}
    (only,) = check_budgets(found, variants)
    assert (only.outcome, only.reason) == ("unknown", "it was not measured in this run")


def test_a_variant_without_budgets_or_settings_has_no_checks() -> None:
    assert check(measured(), budgets=Budgets()) == {}
    found = results.summarise(make_run(1, ("slim",)), [measured()], baseline="slim")
    assert check_budgets(found, {}) == ()
