from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.config.values import parse_size
from careen.report import quantities as q

POSITIVE = st.floats(1e-6, 1e9)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999.6, "1.0 kB"),
        (1000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_680_300_000, "1.68 GB"),
        (2e12, "2.00 TB"),
        (3.5e18, "3500.00 PB"),
        (None, "unknown"),
    ],
)
def test_size(count: float | None, text: str) -> None:
    assert q.size(count) == text


@given(st.integers(0, 10**12 - 10**10))
def test_a_written_size_reads_back_to_its_last_digit(count: int) -> None:
    text = q.size(count)
    written, unit = text.split(" ")
    step = 10.0 ** -len(written.partition(".")[2]) * parse_size(f"1{unit}")
    assert abs(parse_size(text) - count) <= step / 2 + 1
    assert float(written) < 1000


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_a_larger_size_never_reads_smaller(one: int, other: int) -> None:
    units = ["B", "kB", "MB", "GB", "TB", "PB"]

    def key(count: int) -> tuple[int, float]:
        written, unit = q.size(count).split(" ")
        return units.index(unit), float(written)

    assert key(min(one, other)) <= key(max(one, other))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 ms"),
        (0.0284, "28 ms"),
        (0.0996, "0.10 s"),
        (0.284, "0.28 s"),
        (0.996, "1.0 s"),
        (3.14, "3.1 s"),
        (99.94, "99.9 s"),
        (99.96, "100 s"),
        (123.4, "123 s"),
        (599.4, "599 s"),
        (599.6, "10 min 00 s"),
        (725, "12 min 05 s"),
        (None, "unknown"),
    ],
)
def test_seconds(value: float | None, text: str) -> None:
    assert q.seconds(value) == text


def read_seconds(text: str) -> float:
    factors = {"ms": 0.001, "s": 1.0, "min": 60.0}
    parts = text.split(" ")
    return sum(float(parts[at]) * factors[parts[at + 1]] for at in range(0, len(parts), 2))


@given(st.floats(0.05, 1e6))
def test_written_seconds_are_true_to_two_digits(value: float) -> None:
    assert read_seconds(q.seconds(value)) == pytest.approx(value, rel=0.05)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_longer_time_never_reads_shorter(one: float, other: float) -> None:
    short, long = sorted((one, other))
    assert read_seconds(q.seconds(short)) <= read_seconds(q.seconds(long))


@given(st.floats(0, 1))
def test_all_and_nothing_are_never_rounded_to(share: float) -> None:
    text = q.percent(share)
    assert (text == "100.0 %") == (share == 1)
    assert (text == "0.0 %") == (share == 0)
    assert float(text.strip("<> %")) == pytest.approx(share * 100, abs=0.11)


def test_more_than_all() -> None:
    assert q.percent(2.5) == "250.0 %"
    assert q.percent(None) == "unknown"


@given(POSITIVE)
def test_numbers_have_three_digits_and_no_exponent(value: float) -> None:
    text = q.number(value)
    assert "e" not in text
    assert float(text) == pytest.approx(value, rel=0.0051)
    assert len(text.replace(".", "").lstrip("0")) >= 3


def test_ratio_and_change() -> None:
    assert q.ratio(0.0123456) == "×0.0123"
    assert q.ratio(9.999) == "×10.0"
    assert q.ratio(0) == "×0.00"
    assert q.ratio(None) == q.change(None) == "unknown"
    assert q.change(0.0) == "100.0 % less"
    assert q.change(0.9999) == "<0.1 % less"
    assert q.change(1.0001) == "<0.1 % more"
    assert q.change(3) == "200.0 % more"


@given(POSITIVE)
def test_change_has_the_ratios_direction(value: float) -> None:
    words = {-1: "less", 0: "same", 1: "more"}
    assert q.change(value).endswith(words[(value > 1) - (value < 1)])


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, 80))
def test_bars_keep_their_width_and_order(one: float, other: float, width: int) -> None:
    largest = max(one, other)
    assert len(q.bar(one, largest, width)) <= width
    assert (q.bar(one, largest, width) == "") == (one == 0)
    assert len(q.bar(min(one, other), largest, width)) <= len(q.bar(largest, largest, width))
    if largest > 0:
        assert q.bar(largest, largest, width) == "█" * width
    assert q.bar(largest * 2 + 1, largest + 1, width) <= "█" * width


def test_parts_of_a_block() -> None:
    assert [q.bar(value, 8, 1) for value in range(9)] == ["", *"▏▎▍▌▋▊▉█"]


def test_between() -> None:
    assert q.between("12 min 05 s", "12 min 09 s") == "12 min 05–12 min 09 s"
    assert q.between("5", "6") == "5–6"


@pytest.mark.parametrize("write", [q.size, q.seconds, q.percent, q.ratio, q.change, q.number])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_what_is_no_quantity_is_an_error(write: object, value: float) -> None:
    assert callable(write)
    with pytest.raises(ValueError, match="no quantity"):
        write(value)
