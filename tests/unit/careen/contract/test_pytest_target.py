"""What pytest's own JUnit file says becomes a check for each module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from careen.contract.pytest_target import checks_of, pytest_checks
from careen.errors import CareenError, ProcessError

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = b"""<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="0" failures="1" skipped="1" tests="5">
<testcase classname="tests.contract.test_health" name="test_a" time="0.5" />
<testcase classname="tests.contract.test_health" name="test_b" time="0.25">
<skipped message="no"/></testcase>
<testcase classname="tests.contract.test_hands" name="test_c" time="0.1">
<failure message="AssertionError: 500&#10;more">text</failure></testcase>
<testcase classname="tests.contract.test_hands" name="test_d" time="0.1"><error>set-up
more</error></testcase>
<testcase classname="tests.contract.test_ocr" name="test_e" time="0.1"><skipped/></testcase>
</testsuite></testsuites>"""


def test_a_check_for_each_module() -> None:
    health, hands, ocr = checks_of(FILE)
    assert (health.name, health.status) == ("pytest: tests.contract.test_health", "passed")
    assert health.measured == "1 of 2 passed, 1 skipped"
    assert health.seconds == 0.75
    assert hands.status == "failed"
    assert hands.reason == "test_c: AssertionError: 500; test_d: set-up"
    assert ocr.status == "skipped"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<x",
        b"<testsuites/>",
        b'<testsuites><testcase classname="a" name="b"><skipped/></testcase></testsuites>',
        b'<!DOCTYPE x [<!ENTITY a "b">]><testsuites><testcase name="b"/></testsuites>',
    ],
)
def test_a_run_without_a_test_is_no_pass(data: bytes) -> None:
    with pytest.raises(CareenError):
        checks_of(data)
    [check] = pytest_checks(["tests"], "http://x", lambda _: data)
    assert check.status == "unknown"


def test_the_address_is_put_in_and_a_failure_to_run_is_unknown() -> None:
    asked: list[Sequence[str]] = []

    def run(words: Sequence[str]) -> bytes:
        asked.append(words)
        raise ProcessError(("pytest",), 4, reason="pytest ends with 4")

    [check] = pytest_checks(["tests", "--base-url={base_url}"], "http://h:1", run)
    assert asked == [("tests", "--base-url=http://h:1")]
    assert check.status == "unknown"
    assert "pytest ends with 4" in check.reason
    assert pytest_checks([], "http://h:1", run) == []
