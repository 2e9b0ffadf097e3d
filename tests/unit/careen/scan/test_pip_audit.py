"""What pip-audit writes, and that what its service does not know is never taken for clean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.scan.model import Package
from careen.scan.pip_audit import _rows, read, rounds

DATA = Path(__file__).resolve().parents[3] / "data" / "scan"
INSTALLED = [
    Package("python", "Requests", "2.19.0", path="a"),
    Package("python", "six", "1.16.0", path="b"),
    Package("python", "six", "1.15.0", path="vendored"),
]
FOUND = {
    "dependencies": [
        {
            "name": "requests",
            "version": "2.19.0",
            "vulns": [
                {
                    "id": "PYSEC-2018-28",
                    "fix_versions": ["2.20.0"],
                    "aliases": ["CVE-2018-18074", "GHSA-x84v-xcm2-53pg"],
                    "description": "Requests sends credentials\non.",
                }
            ],
        },
        {"name": "six", "version": "1.16.0", "vulns": []},
    ],
    "fixes": [],
}


def test_a_vulnerability_and_what_was_not_answered() -> None:
    found, unknown = read(_rows(json.dumps(FOUND)), INSTALLED)
    [one] = found
    assert (one.id, one.severity, one.fixed_version) == ("PYSEC-2018-28", "UNKNOWN", "2.20.0")
    assert one.aliases == ("CVE-2018-18074", "GHSA-x84v-xcm2-53pg")
    assert one.package is INSTALLED[0]
    assert list(unknown) == ["six 1.15.0"]


def test_the_captured_answer_without_its_service_is_unknown_for_all() -> None:
    text = (DATA / "pip-audit-unreached.json").read_text()
    found, unknown = read(_rows(text), [Package("python", "requests", "2.19.0")])
    assert found == ()
    assert "could not be audited" in unknown["requests 2.19.0"]


def test_each_version_is_asked_for_and_none_twice() -> None:
    assert rounds(INSTALLED) == [("requests==2.19.0", "six==1.15.0"), ("six==1.16.0",)]
    assert rounds([]) == []


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("pytz", "2004d"),
        ("two words", "1"),
        ("-r http://localhost/a #", "1"),
        ("a @ file:///etc/hosts #", "1"),
        ("--index-url", "1"),
        ("a", "1\n-r b"),
        ("a", "1 --hash=sha256:0"),
        ("", "1"),
    ],
)
def test_what_is_no_name_or_version_is_not_asked_for_and_stays_unknown(
    name: str, version: str
) -> None:
    installed = [Package("python", name, version), INSTALLED[0]]
    assert rounds(installed) == [("requests==2.19.0",)]
    found, unknown = read(_rows(json.dumps(FOUND)), installed)
    assert len(found) == 1
    assert "can be asked for" in "".join(unknown.values())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"dependencies": {}}',
        '{"dependencies": [1]}',
        '{"dependencies": [{"name": 1}]}',
        '{"dependencies": [{"name": "a", "version": "1"}]}',
        '{"dependencies": [{"name": "a", "version": "1", "vulns": [3]}]}',
    ],
)
def test_other_documents_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(_rows(text), [Package("python", "a", "1")])


@given(st.integers(0, len(json.dumps(FOUND))))
def test_a_document_that_is_cut_off_is_refused(at: int) -> None:
    text = json.dumps(FOUND)[:at]
    if at == len(json.dumps(FOUND)):
        return
    with pytest.raises(ValueError, match=r"."):
        read(_rows(text), INSTALLED)
