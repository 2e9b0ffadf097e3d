"""A pending security update is found, and what the suite cannot tell is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.unit.careen.image.trees import file, image, layer, text

from careen.engine import security_suite
from careen.engine.security_suite import Suite, SuitePackage, parse_stanzas, suite_package
from careen.errors import EngineError
from careen.scan import debian_security
from careen.scan.debian_security import DebianSecurity, pending
from careen.scan.model import How, Package, ScannerReport, Target

if TYPE_CHECKING:
    from careen.image.layer import Layer

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROW = SuitePackage("libssl3t64", "3.5.1-1+deb13u2", "amd64", "openssl", "3.5.1-1+deb13u2")
SUITE = Suite("trixie-security", "amd64", NOW - timedelta(days=1), None, NOW, (ROW,))
STATUS = """Package: libssl3t64
Status: install ok installed
Architecture: amd64
Source: openssl
Version: {version}
"""


def built(version: str, system: str = "ID=debian\nVERSION_CODENAME=trixie\n") -> Layer:
    return layer(
        text("etc/os-release", system), text("var/lib/dpkg/status", STATUS.format(version=version))
    )


def scanned(one: Layer, tmp_path: Path, **changes: object) -> ScannerReport:
    how = replace(How(tmp_path, NOW), **changes)  # type: ignore[arg-type]
    target = Target("app", Path("app.tar"), "docker-archive", image("app", [one]))
    return DebianSecurity().scan(target, how)


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> list[Suite | EngineError]:
    """What fetching gives; the last of them."""
    answers: list[Suite | EngineError] = [SUITE]

    def fetch(folder: Path, codename: str, architecture: str) -> Suite:
        del folder
        assert (codename, architecture) == ("trixie", "amd64")
        if isinstance(answers[-1], EngineError):
            raise answers[-1]
        return answers[-1]

    monkeypatch.setattr(debian_security, "fetch_suite", fetch)
    return answers


@pytest.mark.parametrize(
    ("version", "count"),
    [("3.5.1-1", 1), ("3.5.1-1+deb13u1", 1), ("3.5.1-1+deb13u2", 0), ("3.5.2-1", 0), ("1:3", 0)],
)
def test_below_the_suites_version_is_a_finding(
    version: str, count: int, suite: list[object], tmp_path: Path
) -> None:
    report = scanned(built(version), tmp_path)
    assert (report.status, report.covers) == ("ran", frozenset({"deb"}))
    assert len(report.vulnerabilities) == count
    for one in report.vulnerabilities:
        assert one.id == "debian-security:openssl@3.5.1-1+deb13u2"
        assert (one.severity, one.fixed_version) == ("HIGH", "3.5.1-1+deb13u2")


def test_of_several_versions_of_a_suite_the_newest_counts_and_other_architectures_do_not() -> None:
    rows = (
        replace(ROW, version="3.5.1-1+deb13u1"),
        ROW,
        replace(ROW, architecture="arm64", version="9"),
    )
    found = pending(
        [Package("deb", "libssl3t64", "3.5.1-1", "amd64")], replace(SUITE, packages=rows)
    )
    assert [one.fixed_version for one in found] == ["3.5.1-1+deb13u2"]


def test_without_a_suite_it_is_unknown(suite: list[object], tmp_path: Path) -> None:
    report = scanned(built("1"), tmp_path, offline=True)
    assert (report.status, report.covers) == ("unknown", frozenset())
    assert "--offline" in report.reason
    suite.append(EngineError("no route"))
    report = scanned(built("1"), tmp_path)
    assert report.status == "unknown"
    assert "cannot be fetched: no route" in report.reason


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"date": NOW - timedelta(days=8)}, "days old"),
        ({"valid_until": NOW - timedelta(hours=1)}, "to be believed until"),
    ],
)
def test_an_old_suite_finds_and_is_unknown(
    suite: list[object], tmp_path: Path, changes: dict[str, datetime], said: str
) -> None:
    suite.append(replace(SUITE, **changes))  # type: ignore[arg-type]
    report = scanned(built("1"), tmp_path)
    assert report.status == "unknown"
    assert said in report.reason
    assert len(report.vulnerabilities) == 1


def test_what_is_kept_is_used_while_it_is_fresh(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "debian-security"
    security_suite._write(SUITE, security_suite._path(folder, "trixie", "amd64"))
    assert security_suite.read_suite(folder, "trixie", "amd64") == SUITE

    def refuse(*_: object) -> Suite:
        raise EngineError("no route")

    monkeypatch.setattr(debian_security, "fetch_suite", refuse)
    assert scanned(built("1"), tmp_path).status == "ran"
    later = scanned(built("1"), tmp_path, now=NOW + timedelta(days=2))
    assert later.status == "ran"  # the suite of three days ago is not too old, though not fresh
    assert security_suite.read_suite(folder, "trixie", "arm64") is None
    (folder / "trixie-amd64.json").write_text("{")
    assert security_suite.read_suite(folder, "trixie", "amd64") is None


def test_other_systems_are_skipped_with_that_reason(suite: list[object], tmp_path: Path) -> None:
    for system in ("ID=alpine\nPRETTY_NAME=Alpine\n", ""):
        report = scanned(built("1", system), tmp_path)
        assert report.status == "skipped"
        assert "not of Debian" in report.reason
    assert scanned(layer(file("a")), tmp_path).status == "skipped"


def test_the_codename_of_an_image_that_says_its_number_alone(
    suite: list[object], tmp_path: Path
) -> None:
    assert scanned(built("9:1", "ID=debian\nVERSION_ID=13\n"), tmp_path).status == "ran"


def test_stanzas_of_a_suite() -> None:
    [one] = parse_stanzas("Package: a\nSource: src (1)\nVersion: 2\nArchitecture: all\nX:\n y\n")
    assert suite_package(one) == SuitePackage("a", "2", "all", "src", "1")
    [other] = parse_stanzas("\n\nPackage: b\nVersion: 2\n\n")
    assert suite_package(other) == SuitePackage("b", "2", "", "b", "2")
