"""A scan's document keeps to its schema, and its reports say what fails and what is unknown."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

import careen.scan
from careen.config.model import ScanSettings
from careen.report.junit import junit
from careen.report.scan import render_scan, scan_suites
from careen.report.scan_markdown import scan_markdown
from careen.report.scan_sarif import scan_sarif
from careen.scan.document import to_json
from careen.scan.join import join
from careen.scan.model import (
    Database,
    Installed,
    Origin,
    Package,
    ScannerReport,
    Secret,
    Vulnerability,
)
from careen.scan.policy import Scanned, judge

SCHEMA = json.loads((Path(careen.scan.__file__).parent / "scan.schema.json").read_text())
SSL = Package("deb", "libssl3", "3.0.1-1", source="openssl")
FLASK = Package("python", "flask", "2.0")


@pytest.fixture(name="data")
def _data() -> dict[str, Any]:
    reports = (
        ScannerReport(
            "trivy",
            "ran",
            version="0.76",
            database=Database(datetime(2026, 11, 24, tzinfo=UTC), "/db"),
            covers=frozenset({"deb"}),
            vulnerabilities=(
                Vulnerability("CVE-2026-1", SSL, "CRITICAL", "3.0.9-1", title="bad \x1b[31m|x"),
                Vulnerability("CVE-2026-2", SSL, "HIGH"),
            ),
            packages=(),
        ),
        ScannerReport("pip-audit", "unknown", "its service was not reached"),
        ScannerReport("snyk", "skipped", "no login"),
    )
    installed = (
        Installed(SSL, Origin(2, "sha256:0", "RUN apt-get install -y openssl", in_base=False)),
        Installed(FLASK, Origin()),
    )
    secret = Secret("aws-access-key-id", "an AWS key", "file", "app/.env", 1, 3, removed=True)
    image = Scanned("app:slim", reports, installed, join(reports, installed), (secret,))
    rules = ScanSettings()
    return to_json([image], judge([image], rules, date(2026, 11, 25)), rules)


def test_the_document_keeps_to_its_schema(data: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(json.dumps(data)), SCHEMA)
    assert data["outcome"] == "failed"
    assert [one["verdict"] for one in data["findings"]] == ["failed", "failed"]
    assert [one["package"]["name"] for one in data["images"][0]["missed"]] == ["libssl3"]


def test_the_terminal_within_100_columns(data: dict[str, Any]) -> None:
    text = render_scan(data, width=100)
    for part in (
        "CVE-2026-1",
        "secret: aws-access-key-id in file app/.env:1, layer 3, removed by an upper layer",
        "unknown: pip-audit: its service was not reached",
        "unknown: python: 1 Python distribution: no scanner could know",
        "to pass: apt-get: upgrade openssl (libssl3) to 3.0.9-1",
        "no fix is known: libssl3 (CVE-2026-2)",
        "1 CRITICAL, 1 HIGH: FAILED",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text


def test_markdown_has_the_same(data: dict[str, Any]) -> None:
    text = scan_markdown(data)
    assert "| CRITICAL | `CVE-2026-1` | `libssl3` | `3.0.1-1` | `3.0.9-1` |" in text
    assert "- to pass: apt-get: upgrade openssl (libssl3) to 3.0.9-1" in text


def test_junit_has_failures_errors_and_what_was_skipped(data: dict[str, Any]) -> None:
    root = ET.fromstring(junit(scan_suites(data)))  # noqa: S314 - our own text
    assert root.attrib == {"tests": "7", "failures": "3", "errors": "2", "skipped": "1"}
    assert root.find("testsuite/testcase/[@name='scanner snyk']/skipped") is not None
    assert root.find("testsuite/testcase/[@name='scanner pip-audit']/error") is not None


def test_sarif_shows_findings_secrets_and_what_is_unknown(data: dict[str, Any]) -> None:
    (run,) = scan_sarif(data)["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["CVE-2026-1", "CVE-2026-2", "aws-access-key-id"]
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    told = [one["message"]["text"] for one in invocation["toolExecutionNotifications"]]
    assert "pip-audit: unknown: its service was not reached" in told
    assert "\x1b" not in json.dumps(run)
