"""Medians, ranges and per-round ratios with their interval; nothing is dropped."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Summary:
    """The figures of a sample."""

    n: int
    median: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Interval:
    """Where the median lies.

    Attributes:
        low: its lower end, included.
        high: its upper end, included.
        method: `order-statistic`, or `range`: the smallest and the largest value, which has no
            confidence that would be worth the name.
        confidence: the exact coverage of an order-statistic interval, at least 0.95.
    """

    low: float
    high: float
    method: Literal["order-statistic", "range"]
    confidence: float | None

    def holds(self, value: float) -> bool:
        """Say whether *value* lies in the interval."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Comparison:
    """A variant's values as ratios to the baseline's, round by round.

    Attributes:
        ratios: by round, in the order of the rounds.
        median: of the ratios.
        interval: of that median.
        difference: False where the interval holds 1, None where one round says nothing.
    """

    ratios: dict[int, float]
    median: float
    interval: Interval
    difference: bool | None


def summarise(values: Iterable[float]) -> Summary | None:
    """Give median, minimum and maximum, or None where there is no value.

    >>> summarise([3.0, 1.0, 2.0])
    Summary(n=3, median=2.0, minimum=1.0, maximum=3.0)
    """
    sample = list(values)
    if not sample:
        return None
    return Summary(len(sample), statistics.median(sample), min(sample), max(sample))


def median_interval(values: Iterable[float]) -> Interval:
    """Give an interval for the median that assumes nothing of the distribution's form.

    Of the sorted values x(1)..x(n), [x(k), x(n+1-k)] covers the median with probability
    1 - 2 P(B <= k-1), B binomial with n and 1/2; k is the largest that still gives 0.95. It
    exists from n = 6 on (n = 5 reaches 0.9375); below, the range is given and called so.
    Source: W. J. Conover, Practical Nonparametric Statistics, 3rd edition, Wiley 1999, section
    3.2; H. A. David and H. N. Nagaraja, Order Statistics, 3rd edition, Wiley 2003, section 7.1.

    Raises:
        ValueError: there is no value.

    >>> median_interval([1, 2, 3, 4, 5, 6, 7, 8, 9])
    Interval(low=2, high=8, method='order-statistic', confidence=0.9609375)
    """
    ordered = sorted(values)
    n = len(ordered)
    if not ordered:
        raise ValueError("no value")
    k, coverage = 0, 0.0
    while (covered := 1 - 2 * sum(comb(n, below) for below in range(k + 1)) / 2**n) >= CONFIDENCE:
        k, coverage = k + 1, covered
    if k == 0:
        return Interval(ordered[0], ordered[-1], "range", None)
    return Interval(ordered[k - 1], ordered[n - k], "order-statistic", coverage)


def compare(values: Mapping[int, float], baseline: Mapping[int, float]) -> Comparison | None:
    """Compare by the ratios of the rounds that have both, or give None where no round has.

    The two were measured minutes apart in a round, so that a slow hour of the machine falls on
    both and leaves their ratio. A round whose baseline is 0 has no ratio.

    >>> compare({1: 2.0, 2: 3.0}, {1: 4.0, 2: 4.0}).median
    0.625
    """
    ratios = {
        number: values[number] / baseline[number]
        for number in sorted(values)
        if baseline.get(number, 0) > 0
    }
    if not ratios:
        return None
    interval = median_interval(ratios.values())
    difference = None if len(ratios) == 1 else not interval.holds(1)
    return Comparison(ratios, statistics.median(ratios.values()), interval, difference)
