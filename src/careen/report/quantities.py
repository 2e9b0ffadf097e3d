"""Writes bytes, seconds, shares and ratios for people; everywhere else they stay plain numbers."""

from __future__ import annotations

import math

UNKNOWN = "unknown"
# With the digits behind the point: 1.7 GB would hide 50 MB.
_UNITS = (("kB", 1), ("MB", 1), ("GB", 2), ("TB", 2), ("PB", 2))
_BLOCKS = " ▏▎▍▌▋▊▉"


def size(count: float | None) -> str:
    """Write a number of bytes in decimal units (1 MB is 10**6 bytes), None as `unknown`.

    Raises:
        ValueError: it is negative or not finite.

    >>> size(12_345_678)
    '12.3 MB'
    """
    if count is None:
        return UNKNOWN
    _check(count)
    if round(count) < 1000:  # noqa: PLR2004
        return f"{round(count)} B"
    value = count / 1000
    for unit, digits in _UNITS[:-1]:
        if round(value, digits) < 1000:  # noqa: PLR2004 - 999,950 bytes are 1.0 MB, not 1000.0 kB
            return f"{value:.{digits}f} {unit}"
        value /= 1000
    unit, digits = _UNITS[-1]
    return f"{value:.{digits}f} {unit}"


def seconds(value: float | None) -> str:
    """Write a time: milliseconds, then seconds, then minutes from ten of them on.

    Raises:
        ValueError: it is negative or not finite.

    >>> [seconds(value) for value in (0.0284, 0.284, 3.14, 123.4, 725)]
    ['28 ms', '0.28 s', '3.1 s', '123 s', '12 min 05 s']
    """
    if value is None:
        return UNKNOWN
    _check(value)
    if round(value * 1000) < 100:  # noqa: PLR2004
        return f"{value * 1000:.0f} ms"
    if round(value, 2) < 1:
        return f"{value:.2f} s"
    if round(value, 1) < 100:  # noqa: PLR2004
        return f"{value:.1f} s"
    whole = round(value)
    return f"{whole} s" if whole < 600 else f"{whole // 60} min {whole % 60:02d} s"  # noqa: PLR2004


def percent(share: float | None) -> str:
    """Write a share of one; what is not all never reads 100 %, what is not nothing never 0 %.

    Raises:
        ValueError: it is negative or not finite.

    >>> percent(0.9831), percent(0.99999), percent(1.0)
    ('98.3 %', '>99.9 %', '100.0 %')
    """
    if share is None:
        return UNKNOWN
    _check(share)
    tenths = round(share * 1000)
    if share < 1 and tenths == 1000:  # noqa: PLR2004
        return ">99.9 %"
    if share > 0 and tenths == 0:
        return "<0.1 %"
    return f"{tenths / 10:.1f} %"


def number(value: float) -> str:
    """Write a positive number with three significant digits and no exponent.

    >>> number(0.2468), number(1), number(123.4)
    ('0.247', '1.00', '123')
    """
    _check(value)
    exponent = int(f"{value:.2e}".split("e")[1])
    return f"{value:.{max(0, 2 - exponent)}f}"


def ratio(value: float | None) -> str:
    """Write a ratio to a baseline.

    >>> ratio(0.2468)
    '×0.247'
    """
    return UNKNOWN if value is None else f"×{number(value)}"


def change(value: float | None) -> str:
    """Write what a ratio means: how much less or more than the baseline.

    >>> change(0.2468), change(1.05), change(1.0)
    ('75.3 % less', '5.0 % more', 'the same')
    """
    if value is None:
        return UNKNOWN
    _check(value)
    if value == 1:
        return "the same"
    return f"{percent(abs(1 - value))} {'less' if value < 1 else 'more'}"


def between(low: str, high: str) -> str:
    """Join two written quantities to a range, the unit once where it is the same.

    >>> between("3.0 s", "3.4 s"), between("95 ms", "0.12 s")
    ('3.0–3.4 s', '95 ms–0.12 s')
    """
    first, _, unit = low.rpartition(" ")
    return f"{first}–{high}" if first and high.rpartition(" ")[2] == unit else f"{low}–{high}"


def bar(value: float, largest: float, width: int) -> str:
    """Draw a bar of at most *width* characters; what is more than nothing is never invisible.

    >>> bar(50, 100, 8)
    '████'
    """
    if value <= 0 or largest <= 0:
        return ""
    eighths = max(1, round(min(value / largest, 1.0) * width * 8))
    return "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()


def _check(value: float) -> None:
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"no quantity: {value}")
