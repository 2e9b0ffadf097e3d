from __future__ import annotations

import statistics as library
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.bench.statistics import compare, median_interval, summarise

VALUES = st.floats(0.001, 1e6)


def test_summary_of_nothing_is_none() -> None:
    assert summarise([]) is None


@given(st.lists(VALUES, min_size=1, max_size=30))
def test_summary_keeps_every_value(values: list[float]) -> None:
    found = summarise(values)
    assert found is not None
    assert (found.n, found.minimum, found.maximum) == (len(values), min(values), max(values))
    assert found.median == library.median(values)


# Ranks of the 95 % interval of a median, as textbooks print them.
@pytest.mark.parametrize(
    ("n", "low", "high", "confidence"),
    [
        (6, 1, 6, 0.969),
        (7, 1, 7, 0.984),
        (8, 1, 8, 0.992),
        (9, 2, 8, 0.961),
        (10, 2, 9, 0.979),
        (12, 3, 10, 0.961),
        (15, 4, 12, 0.965),
        (17, 5, 13, 0.951),
        (20, 6, 15, 0.959),
    ],
)
def test_interval_has_the_ranks_of_the_published_table(
    n: int, low: int, high: int, confidence: float
) -> None:
    interval = median_interval(range(1, n + 1))
    assert (interval.low, interval.high, interval.method) == (low, high, "order-statistic")
    assert interval.confidence == pytest.approx(confidence, abs=0.0006)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_below_six_values_the_range_is_given_and_called_so(n: int) -> None:
    interval = median_interval(range(1, n + 1))
    assert (interval.low, interval.high) == (1, n)
    assert (interval.method, interval.confidence) == ("range", None)


def test_interval_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no value"):
        median_interval([])


@pytest.mark.parametrize("n", range(6, 13))
def test_coverage_is_what_counting_every_outcome_gives(n: int) -> None:
    # A value falls below the median or above it, each with 1/2: all 2**n ways are equally likely.
    # x(low)..x(high) holds the median when at least `low` and at most `high` - 1 lie below it.
    interval = median_interval(range(1, n + 1))
    ways = [sum(way) for way in product((0, 1), repeat=n)]
    covered = sum(interval.low <= below < interval.high for below in ways) / len(ways)
    assert covered == pytest.approx(interval.confidence)
    narrower = sum(interval.low + 1 <= below < interval.high - 1 for below in ways) / len(ways)
    assert covered >= 0.95 > narrower


@given(st.lists(VALUES, min_size=1, max_size=40), st.randoms())
def test_interval_holds_the_median_and_knows_no_order(values: list[float], chance: object) -> None:
    interval = median_interval(values)
    assert interval.low <= library.median(values) <= interval.high
    assert median_interval(reversed(values)) == interval


@given(st.dictionaries(st.integers(1, 20), VALUES, min_size=1), VALUES)
def test_a_variant_is_no_different_from_itself_and_scales(
    values: dict[int, float], factor: float
) -> None:
    same = compare(values, values)
    assert same is not None
    assert set(same.ratios.values()) == {1.0}
    assert same.difference is (None if len(values) == 1 else False)
    scaled = compare({number: value * factor for number, value in values.items()}, values)
    assert scaled is not None
    assert scaled.median == pytest.approx(factor)


def test_only_rounds_with_both_are_compared_in_their_order() -> None:
    found = compare({3: 1.0, 1: 2.0, 2: 5.0}, {1: 4.0, 3: 4.0, 4: 9.0})
    assert found is not None
    assert list(found.ratios.items()) == [(1, 0.5), (3, 0.25)]
    assert found.difference is True


def test_a_slow_round_leaves_the_ratio() -> None:
    found = compare({1: 1.0, 2: 10.0, 3: 1.1}, {1: 2.0, 2: 20.0, 3: 2.2})
    assert found is not None
    assert (found.interval.low, found.median, found.interval.high) == pytest.approx((0.5,) * 3)


def test_nothing_to_compare_is_none() -> None:
    assert compare({1: 1.0}, {2: 1.0}) is None
    assert compare({1: 1.0}, {1: 0.0}) is None


def test_one_round_says_nothing_of_a_difference() -> None:
    found = compare({1: 1.0}, {1: 4.0})
    assert found is not None
    assert found.difference is None
