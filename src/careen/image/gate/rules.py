"""The rules of `careen analyze --ci` as data: a limit, what is measured, and whether it holds.

careen's own rules are those of `[tool.careen.analyze]`; dive's three are those of a `.dive-ci` file
and are judged on dive's numbers, as dive 0.13.1 does (its runtime/ci/rule.go), its defaults
included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from careen.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Number = int | float
Source = tuple[str, "Mapping[str, object]"]
DISABLED = "disabled"
# What dive applies where a .dive-ci file says nothing.
DIVE_DEFAULTS: Source = (
    "dive's default",
    {"lowestEfficiency": 0.9, "highestWastedBytes": DISABLED, "highestUserWastedPercent": 0.1},
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_SIZE = re.compile(r"(\d[\d,_]*\.?\d*|\.\d+)\s*([A-Za-z]*)")
_PREFIXES = "kmgtpe"


@dataclass(frozen=True)
class Rule:
    """A limit on one measurement.

    Attributes:
        name: a key of `KINDS`.
        limit: bytes, a ratio or a count; None where the rule is disabled.
        origin: where it was set, such as pyproject.toml or .dive-ci.
    """

    name: str
    limit: Number | None
    origin: str


class _Skipped(NamedTuple):
    reason: str


class Kind(NamedTuple):
    """What a rule's name stands for.

    Attributes:
        parse: gives the limit of a value as it was written; a ValueError says the right form.
        measure: takes the measurement from an image's analysis (docs: schema of `--json`).
        at_most: whether the limit is a most; else it is a least.
        is_dive: whether it is judged on dive's numbers.
    """

    parse: Callable[[object], Number]
    measure: Callable[[Mapping[str, Any]], Number | _Skipped]
    at_most: bool
    is_dive: bool = False


def make_rules(sources: Iterable[Source]) -> tuple[Rule, ...]:
    """Make the rules that several sources set; of one rule, the last source's counts.

    Args:
        sources: (origin, values by the rules' names).

    Raises:
        ConfigError: a name is unknown or a value is not of its form; all of them at once.

    >>> make_rules([("pyproject.toml", {"max-pull-size": "80MB"})])
    (Rule(name='max-pull-size', limit=80000000, origin='pyproject.toml'),)
    """
    found: dict[str, Rule] = {}
    wrong: list[str] = []
    for origin, values in sources:
        for name, value in values.items():
            if name not in KINDS:
                wrong.append(f"{origin}: {name}: unknown rule; {nearest(name, KINDS)}")
                continue
            try:
                found[name] = Rule(name, _limit(name, value), origin)
            except ValueError as error:
                wrong.append(f"{origin}: {name}: {error}, not {value!r}")
    if wrong:
        raise ConfigError("\n".join(wrong), hint="correct these rules, or take them out")
    return tuple(found.values())


def needs_dive(rules: Iterable[Rule]) -> bool:
    """Tell whether a rule is judged on dive's numbers, which are not always computed."""
    return any(KINDS[rule.name].is_dive and rule.limit is not None for rule in rules)


def evaluate(rules: Sequence[Rule], analysis: Mapping[str, Any]) -> list[dict[str, object]]:
    """Judge an image's analysis.

    Args:
        rules: of make_rules.
        analysis: the JSON form of one image.

    Returns:
        For each rule what the analysis has under `rules`: rule, limit, measured, status (passed,
        failed or skipped) and origin; where it is skipped, the reason.
    """
    return [_outcome(rule, analysis) for rule in rules]


def _outcome(rule: Rule, analysis: Mapping[str, Any]) -> dict[str, object]:
    kind = KINDS[rule.name]
    measured = _Skipped("the rule is disabled") if rule.limit is None else kind.measure(analysis)
    outcome: dict[str, object] = {
        "rule": rule.name,
        "limit": rule.limit,
        "measured": None,
        "origin": rule.origin,
    }
    if isinstance(measured, _Skipped) or rule.limit is None:
        reason = measured.reason if isinstance(measured, _Skipped) else ""
        return outcome | {"status": "skipped", "reason": reason}
    holds = measured <= rule.limit if kind.at_most else measured >= rule.limit
    # JSON has no infinity.
    known = None if measured == float("inf") else measured
    return outcome | {"measured": known, "status": "passed" if holds else "failed"}


def _limit(name: str, value: object) -> Number | None:
    if KINDS[name].is_dive and value == DISABLED:
        return None
    return KINDS[name].parse(value)


def _size(value: object) -> int:
    match = _SIZE.fullmatch(_text(value).strip())
    unit = match[2].lower() if match else ""
    power, base = _unit(unit)
    if match is None or power < 0:
        raise ValueError("give a size such as 80MB or 64MiB")
    digits = re.sub("[,_]", "", match[1])
    # Whole numbers stay exact, however large.
    number = float(digits) if "." in digits else int(digits)
    return int(number * base**power)


def _unit(unit: str) -> tuple[int, int]:
    """Give (power, base) of a unit such as mb, mib, mi, m, b or ""; the power is -1 for no unit."""
    stem = unit.removesuffix("b")
    base = 1024 if stem.endswith("i") else 1000
    stem = stem.removesuffix("i")
    if len(stem) > 1 or (not stem and base == 1024):  # noqa: PLR2004 - kibi
        return -1, base
    return (_PREFIXES.find(stem) + 1 or -1) if stem else 0, base


def _ratio(value: object) -> float:
    text = _text(value).strip()
    if not _NUMBER.fullmatch(text) or not 0 <= float(text) <= 1:
        raise ValueError("give a number from 0 to 1 such as 0.95")
    return float(text)


def _count(value: object) -> int:
    text = _text(value).strip()
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < 1:
        raise ValueError("give a whole number of 1 or more")
    return int(text)


def _text(value: object) -> str:
    return "" if isinstance(value, bool) or not isinstance(value, str | int | float) else str(value)


def _number_at(key: str, what: str) -> Callable[[Mapping[str, Any]], Number | _Skipped]:
    def measure(analysis: Mapping[str, Any]) -> Number | _Skipped:
        value = analysis.get(key)
        return _Skipped(f"{what} is unknown") if value is None else value

    return measure


def _layer_count(analysis: Mapping[str, Any]) -> Number | _Skipped:
    layers = analysis.get("layers")
    return _Skipped("the layers are unknown") if layers is None else len(layers)


def _dive_number(key: str) -> Callable[[Mapping[str, Any]], Number | _Skipped]:
    def measure(analysis: Mapping[str, Any]) -> Number | _Skipped:
        dive = analysis.get("dive")
        if dive is None:
            return _Skipped("dive's numbers were not computed; add --dive-compat")
        value: Number | None = dive[key]
        if value is not None:
            return value
        # dive divides by the bytes above the first layer: something over 0 is above every limit.
        if dive["wasted_bytes"]:
            return float("inf")
        return _Skipped("there are no bytes above the first layer")

    return measure


KINDS: Mapping[str, Kind] = {
    "max-pull-size": Kind(_size, _number_at("pull_bytes", "the pull size"), at_most=True),
    "max-reclaimable": Kind(
        _size, _number_at("reclaimable_bytes", "what is reclaimable"), at_most=True
    ),
    "min-efficiency": Kind(_ratio, _number_at("efficiency", "the efficiency"), at_most=False),
    "max-layers": Kind(_count, _layer_count, at_most=True),
    "lowestEfficiency": Kind(_ratio, _dive_number("efficiency"), at_most=False, is_dive=True),
    "highestWastedBytes": Kind(_size, _dive_number("wasted_bytes"), at_most=True, is_dive=True),
    "highestUserWastedPercent": Kind(
        _ratio, _dive_number("user_wasted_percent"), at_most=True, is_dive=True
    ),
}
