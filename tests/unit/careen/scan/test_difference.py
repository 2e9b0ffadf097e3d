"""Two scans and two SBOMs are compared."""

from __future__ import annotations

from typing import Any

import pytest

from careen.errors import UsageError
from careen.report.scan_difference import render_package_changes, render_scan_difference
from careen.scan.difference import compare_sboms, compare_scans


def scan(version: str, *ids: str, unknown: bool = False) -> dict[str, Any]:
    package = {"kind": "deb", "name": "openssl", "version": version}
    findings = [{"id": one, "package": package, "severity": "HIGH"} for one in ids]
    unknowns = [{"name": "grype"}] if unknown else []
    return {"images": [{"findings": findings, "packages": [package], "unknown": unknowns}]}


def test_findings_new_fixed_and_still_there() -> None:
    data = compare_scans(scan("1", "CVE-1", "CVE-2"), scan("2", "CVE-2", "CVE-3", unknown=True))
    ids = {part: [one["id"] for one in data[part]] for part in ("new", "fixed", "still")}
    assert ids == {"new": ["CVE-3"], "fixed": ["CVE-1"], "still": ["CVE-2"]}
    text = render_scan_difference(data)
    assert "~ deb openssl 1 -> 2" in text
    assert "the new scan has unknowns" in text


def test_components_added_removed_and_changed() -> None:
    def bom(*parts: tuple[str, str]) -> dict[str, Any]:
        components = [
            {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}"}
            for name, version in parts
        ]
        return {
            "bomFormat": "CycloneDX",
            "components": [*components, {"type": "file", "name": "x"}],
        }

    data = compare_sboms(bom(("a", "1"), ("b", "1")), bom(("b", "2"), ("c", "1")))
    assert render_package_changes(data) == (
        "+ pypi c 1\n- pypi a 1\n~ pypi b 1 -> 2\npackages: 1 added, 1 removed, 1 changed\n"
    )


def test_what_is_no_document_says_so() -> None:
    with pytest.raises(UsageError):
        compare_scans({}, {})
    with pytest.raises(UsageError):
        compare_sboms({"bomFormat": "SPDX"}, {})
    with pytest.raises(UsageError):
        compare_sboms({"bomFormat": "CycloneDX", "components": [1]}, {"bomFormat": "CycloneDX"})
    with pytest.raises(UsageError):
        compare_sboms([], {"bomFormat": "CycloneDX"})  # type: ignore[arg-type] # a file's JSON may be a list
