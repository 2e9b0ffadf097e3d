"""Every report of a scan stays well-formed, whatever strangers put into what it found."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careen.config.model import ScanSettings
from careen.report.junit import junit
from careen.report.sarif import link
from careen.report.scan import render_scan, scan_suites
from careen.report.scan_markdown import scan_markdown
from careen.report.scan_sarif import scan_sarif
from careen.scan.document import to_json
from careen.scan.join import join
from careen.scan.model import (
    SEVERITIES,
    Installed,
    Origin,
    Package,
    ScannerReport,
    Secret,
    Vulnerability,
)
from careen.scan.policy import Scanned, judge
from careen.scan.waivers import Waiver

from .sarif_schema import check

if TYPE_CHECKING:
    from careen.scan.model import Status

SEVERITY = st.sampled_from(SEVERITIES)
# Anything, letters that no file can hold (surrogates) and control characters included.
TEXTS = st.text(st.characters(codec=None), max_size=8) | st.sampled_from(
    ["\x1b[31m", "a|b", "`<b>`", "\r\n::error::x", "]]>", "\udcff", "https://a b?c=%&d=%20#e"]
)
PACKAGES = st.builds(Package, st.sampled_from(["deb", "python"]), TEXTS, TEXTS, path=TEXTS)
VULNERABILITIES = st.builds(
    Vulnerability,
    id=st.sampled_from(["CVE-2026-1", "GHSA-1"]) | TEXTS,
    package=PACKAGES,
    severity=SEVERITY,
    fixed_version=TEXTS,
    aliases=st.lists(TEXTS, max_size=1).map(tuple),
    title=TEXTS,
    url=TEXTS | TEXTS.map(lambda text: f"https://example.org/{text}"),
)
SECRETS = st.builds(
    Secret,
    rule=TEXTS,
    title=TEXTS,
    place=st.sampled_from(["file", "environment", "history"]),
    path=TEXTS,
    line=st.none() | st.integers(1, 9),
    instruction=TEXTS,
    masked=TEXTS,
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    found = tuple(draw(st.lists(VULNERABILITIES, max_size=3)))
    statuses: tuple[Status, ...] = ("ran", "unknown", "failed", "skipped")
    status = draw(st.sampled_from(statuses))
    reports = (
        ScannerReport("trivy", "ran", covers=frozenset({"deb"}), vulnerabilities=found),
        ScannerReport("grype", status, draw(TEXTS), version=draw(TEXTS)),
    )
    origin = Origin(1, instruction=draw(TEXTS), in_base=draw(st.sampled_from([True, False, None])))
    installed = tuple(Installed(one.package, origin) for one in found)
    image = Scanned(
        name=draw(TEXTS),
        reports=reports,
        installed=installed,
        findings=join(reports, installed),
        secrets=tuple(draw(st.lists(SECRETS, max_size=2))),
        unseen=tuple(draw(st.lists(TEXTS, max_size=1))),
    )
    rules = ScanSettings()
    waiver = Waiver("CVE-2026-1", draw(TEXTS), date(2026, 12, 31))
    return to_json([image], judge([image], rules, date(2026, 11, 25), (waiver,)), rules)


@settings(max_examples=60)
@given(documents())
def test_whatever_was_found_every_report_is_well_formed(data: dict[str, Any]) -> None:
    log = scan_sarif(data)
    check(log)
    for run in log["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert len(run["results"]) == len(data["findings"]) + len(data["images"][0]["secrets"])
        assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    root = ET.fromstring(junit(scan_suites(data)).encode())  # noqa: S314 - our own text
    failed = [one for one in data["findings"] if one["verdict"] == "failed"]
    count = len(failed) + len(data["images"][0]["secrets"]) + len(data["waivers"])
    assert root.attrib["failures"] == str(count)
    for text in (render_scan(data, width=100), scan_markdown(data)):
        text.encode()
        assert not set(text) & {"\x1b", "\r", "\x85", "\u2028"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://example.org:8/a?id=CVE-1&b=c%20d#x",
            "https://example.org:8/a?id=CVE-1&b=c%20d#x",
        ),
        ("https://example.org/100%/ä b", "https://example.org/100%25/%C3%A4%20b"),
    ],
)
def test_a_link_keeps_its_meaning(url: str, expected: str) -> None:
    assert link(url) == expected
