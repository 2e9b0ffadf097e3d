"""Versions are ordered as their managers do."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from careen.scan.version_order import lowest_fix, version_key

if TYPE_CHECKING:
    from careen.scan.model import Kind


@pytest.mark.parametrize(
    ("kind", "versions"),
    [
        # deb-version(7), and the cases of dpkg's own tests of its comparison.
        ("deb", ["0~", "0", "0a", "0+", "0.1", "1.9-1", "1.10-1", "1.10-1+b1", "1:0"]),
        ("deb", ["1.0~~", "1.0~~a", "1.0~", "1.0", "1.0-1~deb12u1", "1.0-1", "1.0-1+deb12u1"]),
        ("python", ["no version", "1.0a1", "1.0", "1.0.post1", "1.10"]),
        ("apk", ["1.2_rc1-r0", "1.2-r0", "1.2-r10", "1.10-r0"]),
        ("npm", ["1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0"]),
    ],
)
def test_from_the_lowest_on(kind: Kind, versions: list[str]) -> None:
    keys = [version_key(kind, one) for one in versions]
    assert all(low < high for low, high in itertools.pairwise(keys))


def test_what_debian_takes_for_equal() -> None:
    for left, right in (("1.0", "0:1.0-0"), ("1.00", "1.0"), ("1.", "1.0")):
        assert version_key("deb", left) == version_key("deb", right)


def test_a_version_of_ten_thousand_digits() -> None:
    assert version_key("deb", "9" * 10_000) > version_key("deb", "1")


def test_the_lowest_fix_is_above_what_is_installed() -> None:
    assert lowest_fix("python", "3.1", ["2.9.9, 3.1.2", "3.2", ""]) == "3.1.2"
    assert lowest_fix("deb", "1", []) == ""
