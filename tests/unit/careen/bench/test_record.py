from __future__ import annotations

import contextlib
import json
import string
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.bench.record import (
    CacheEfficiency,
    Record,
    RecordError,
    Sizes,
    Steps,
    from_json,
    to_json,
    to_table,
)

from .examples import absent, measured

NAMES = st.text(string.ascii_lowercase, min_size=1)


def test_a_record_survives_its_file() -> None:
    assert from_json(to_json(measured())) == measured()
    skipped = absent("alpine", 2, "no registry")
    assert from_json(to_json(skipped)) == skipped


@given(
    st.dictionaries(NAMES, st.floats(0, 1e9)),
    st.one_of(st.none(), st.floats(0, 1)),
    st.dictionaries(NAMES, st.builds(Steps, st.integers(0, 99), st.integers(0, 99))),
    st.text(),
)
def test_any_record_survives_its_file(
    seconds: dict[str, float], share: float | None, steps: dict[str, Steps], base: str
) -> None:
    record = measured(
        seconds=seconds, cache_efficiency=CacheEfficiency(share, None), steps=steps, base=base
    )
    assert from_json(to_json(record)) == record


@given(st.binary())
def test_garbage_is_a_clean_error(data: bytes) -> None:
    with pytest.raises(RecordError):
        from_json(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(st.sampled_from(sorted(to_table(measured()))), JSON)
def test_any_other_value_in_a_field_is_read_or_a_clean_error(key: str, value: Any) -> None:
    table = to_table(measured()) | {key: value}
    with contextlib.suppress(RecordError):
        assert isinstance(from_json(json.dumps(table).encode()), Record)


@pytest.mark.parametrize("length", range(0, 600, 37))
def test_a_truncated_file_is_a_clean_error(length: int) -> None:
    with pytest.raises(RecordError):
        from_json(to_json(measured())[:length])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"round": 0}, "record: round: a whole number from 1 is wanted, not '0'"),
        ({"order": True}, "order: a whole number from 0"),
        ({"variant": " "}, "variant: a text that is not empty"),
        ({"status": "fine"}, "status: measured or skipped or failed is wanted"),
        ({"seconds": {"cold": -1}}, "seconds: cold: a number from 0"),
        ({"seconds": {"cold": True}}, "seconds: cold: a number is wanted"),
        ({"seconds": []}, "seconds: an object is wanted"),
        ({"sets": "core"}, "sets: a list is wanted"),
        ({"base": 3}, "base: a text is wanted"),
        ({"cache_efficiency": {"bytes": 1.5, "time": None}}, "a share from 0 to 1"),
        ({"cache_efficiency": {"bytes": 1.0}}, "cache_efficiency: time is missing"),
        ({"schema_version": 2}, "schema_version 2 is not 1"),
        ({"secnods": {}}, "unknown field secnods"),
        ({"status": "failed"}, "failed, but without a reason"),
        ({"sizes": None}, "measured, but without sizes"),
        ({"engine": {}}, "without sizes, engine or host"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError, match=message.replace("(", r"\(")):
        from_json(json.dumps(to_table(measured()) | change).encode())


def test_the_nearest_field_is_named() -> None:
    with pytest.raises(RecordError, match="did you mean seconds"):
        from_json(json.dumps(to_table(measured()) | {"secnods": {}}).encode())


def test_nan_is_no_number() -> None:
    data = to_json(measured()).replace(b"60.0", b"NaN")
    with pytest.raises(RecordError, match="NaN is no number"):
        from_json(data)
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(measured(seconds={"cold": float("nan")}))


def test_unknown_sizes_stay_unknown() -> None:
    record = replace(measured(), sizes=Sizes(1, None, None, None))
    assert from_json(to_json(record)).sizes == Sizes(1, None, None, None)
