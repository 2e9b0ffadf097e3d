"""Debian's order of versions: the cases of the manual, and what an order must be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.scan.version_order import version_key


def key(version: str) -> tuple[object, ...]:
    return version_key("deb", version)


def compare(one: str, other: str) -> int:
    return (key(one) > key(other)) - (key(one) < key(other))


VERSIONS = st.from_regex(r"([0-9]:)?[0-9][0-9a-z.+~]{0,8}(-[0-9a-z.+~]{1,5})?", fullmatch=True)
# deb-version(7), "Sorting algorithm", and the tests of dpkg (lib/dpkg/t/t-version.c).
OLDER = [
    ("1.0~beta1~svn1245", "1.0~beta1"),
    ("1.0~beta1", "1.0"),
    ("1.0", "1.0-0.1"),
    ("1.0-1", "1.0-1+deb13u1"),
    ("1.0-1+deb13u1", "1.0-2"),
    ("9", "10"),
    ("1.2.9", "1.2.10"),
    ("2", "1:1"),
    ("0:1", "1:0"),
    ("1.a", "1.+"),
    ("1a", "1+"),
    ("1~", "1"),
    ("1~~", "1~~a"),
    ("1~~a", "1~"),
    ("5.2.37-2", "5.2.37-2+b10"),
    ("1.0-1", "1.0.1-0"),
]


@pytest.mark.parametrize(("older", "newer"), OLDER)
def test_the_manual(older: str, newer: str) -> None:
    assert compare(older, newer) < 0
    assert compare(newer, older) > 0
    assert sorted([newer, older], key=key) == [older, newer]


@pytest.mark.parametrize(("one", "other"), [("1.0", "1.0-0"), ("0:1.0", "1.0"), ("1.01", "1.1")])
def test_equal_though_written_otherwise(one: str, other: str) -> None:
    assert compare(one, other) == 0


@given(VERSIONS, VERSIONS, VERSIONS)
def test_it_is_an_order(a: str, b: str, c: str) -> None:
    assert compare(a, a) == 0
    assert (compare(a, b) > 0) == (compare(b, a) < 0)
    if compare(a, b) <= 0 and compare(b, c) <= 0:
        assert compare(a, c) <= 0


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_makes_it_fail(a: str, b: str) -> None:
    assert compare(a, b) == -compare(b, a) or (compare(a, b) > 0) == (compare(b, a) < 0)
