"""Paths in JSON: what they name, and what is said where nothing is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.contract.json_path import AbsentError, parse_path, value_at

KEYS = st.text(max_size=6).filter(lambda text: '"' not in text)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def places(document: Any, before: str = "") -> list[tuple[str, Any]]:
    """Give every value below the top with its path, each key in quotes."""
    found: list[tuple[str, Any]] = []
    items: list[tuple[str, Any]] = []
    if isinstance(document, dict):
        items = [
            (f'{before}{"." if before else ""}"{key}"', value) for key, value in document.items()
        ]
    elif isinstance(document, list):
        items = [(f"{before}[{at}]", value) for at, value in enumerate(document)]
    for path, value in items:
        found += [(path, value), *places(value, path)]
    return found


@given(DOCUMENTS)
def test_every_value_has_a_path(document: Any) -> None:
    for path, value in places(document):
        assert value_at(document, path) == value


@given(st.text(max_size=12))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    try:
        steps = parse_path(text)
    except ValueError:
        return
    assert steps


@pytest.mark.parametrize("text", ["", ".", ".a", "a..b", "a[", "a[x]", "a]b", 'a"b', "[0]x"])
def test_no_paths(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_path(text)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("gone", "there is no gone"),
        ("items[1].id", "items has no 1"),
        ("items.id", "items has no id"),
        ("items[0].id.more", r"items\[0\].id has no more"),
        ("[0]", "there is no 0"),
    ],
)
def test_what_is_not_there(path: str, said: str) -> None:
    with pytest.raises(AbsentError, match=said):
        value_at({"items": [{"id": 7}]}, path)
