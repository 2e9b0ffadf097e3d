"""Holds a run's results against the variants' budgets; unknown is never passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from careen.config.model import Budgets, Variant

Outcome = Literal["passed", "failed", "unknown"]


@dataclass(frozen=True)
class BudgetCheck:
    """One budget of one variant.

    Attributes:
        variant: its name.
        budget: the key in the configuration, such as `pull-size`; of `cache-efficiency` there
            are two, weighted by bytes and by time.
        limit: in the budget's unit: bytes, seconds, or a share of one.
        value: the median of what was measured; None is unknown.
        outcome: `unknown` where there is no value, and where a round failed though the others
            kept the budget.
        reason: why it is unknown.
        stand_in: whether a stand-in was among the variant's bases.
    """

    variant: str
    budget: str
    limit: float
    value: float | None
    outcome: Outcome
    reason: str
    stand_in: bool

    @property
    def label(self) -> str:
        """The variant's name as tables show it, with a dagger where a stand-in is in it."""
        return f"{self.variant} †" if self.stand_in else self.variant


def check_budgets(
    results: Mapping[str, Any], variants: Mapping[str, Variant]
) -> tuple[BudgetCheck, ...]:
    """Check the budgets of the variants that the run was asked for.

    Args:
        results: what results.schema.json describes.
        variants: the settings' variants.
    """
    checks: list[BudgetCheck] = []
    for name, entry in results["variants"].items():
        if name in variants:
            checks += _variant(name, entry, variants[name].budgets)
    return tuple(checks)


def _variant(name: str, entry: Mapping[str, Any], budgets: Budgets) -> Iterator[BudgetCheck]:
    for budget, limit, figure, at_least in _limits(budgets):
        if limit is None:
            continue
        value = _value(entry, figure)
        held = value is not None and (value >= limit if at_least else value <= limit)
        outcome, reason = _outcome(entry, figure, value, held=held)
        yield BudgetCheck(name, budget, limit, value, outcome, reason, bool(entry["stand_ins"]))


def _limits(budgets: Budgets) -> list[tuple[str, float | None, str, bool]]:
    """Give (budget, limit, figure, whether the figure has to be at least the limit)."""
    return [
        ("pull-size", budgets.pull_size, "pull_bytes", False),
        ("unpacked-size", budgets.unpacked_size, "unpacked_bytes", False),
        ("cold-build-seconds", budgets.cold_build_seconds, "seconds.cold", False),
        ("cache-efficiency (bytes)", budgets.cache_efficiency, "cache_efficiency.bytes", True),
        ("cache-efficiency (time)", budgets.cache_efficiency, "cache_efficiency.time", True),
    ]


def _value(entry: Mapping[str, Any], figure: str) -> float | None:
    found = entry["ranges"].get(figure)
    return found["median"] if found else None


def _outcome(
    entry: Mapping[str, Any], figure: str, value: float | None, *, held: bool
) -> tuple[Outcome, str]:
    if value is None:
        why = entry["reason"] if entry["n"] == 0 else entry["unknown"].get(figure)
        return "unknown", why or "it was not measured in this run"
    if not held:
        return "failed", ""
    if entry["status"] != "measured":
        return "unknown", entry["reason"]
    return "passed", ""
