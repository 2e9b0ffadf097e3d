"""A pending security update is found, and what the suite cannot tell is unknown."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from tests.unit.careen.image.trees import file, image, layer, text

from careen.engine import security_suite
from careen.engine.apt import Host
from careen.engine.security_suite import Suite, SuitePackage, parse_stanzas, suite_package
from careen.errors import EngineError, ProcessError
from careen.scan import debian_security
from careen.scan.debian_security import DebianSecurity, pending
from careen.scan.model import How, Package, ScannerReport, Target

if TYPE_CHECKING:
    from careen.engine.apt import PrivateApt
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

    def fetch(folder: Path, codename: str, architecture: str, **_: object) -> Suite:
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


def test_a_package_that_is_of_no_architecture_now_is_an_update_too() -> None:
    independent = replace(SUITE, packages=(replace(ROW, architecture="all"),))
    for suite_, architecture in ((independent, "amd64"), (SUITE, "all")):
        rows = [Package("deb", "libssl3t64", "3.5.1-1", architecture)]
        assert len(pending(rows, suite_)) == 1
    assert pending([Package("deb", "libssl3t64", "3.5.1-1", "arm64")], SUITE) == ()


def test_every_architecture_of_an_image_is_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fetch(folder: Path, codename: str, architecture: str, **_: object) -> Suite:
        del folder, codename
        if architecture == "armhf":
            raise EngineError("no route")
        return replace(
            SUITE, architecture=architecture, packages=(replace(ROW, architecture=architecture),)
        )

    monkeypatch.setattr(debian_security, "fetch_suite", fetch)

    def both(architecture: str) -> ScannerReport:
        stanzas = [
            STATUS.format(version=1),
            STATUS.format(version=1).replace("amd64", architecture),
        ]
        system = text("etc/os-release", "ID=debian\nVERSION_CODENAME=trixie\n")
        return scanned(layer(system, text("var/lib/dpkg/status", "\n".join(stanzas))), tmp_path)

    report = both("i386")
    assert [one.package.architecture for one in report.vulnerabilities] == ["amd64", "i386"]
    assert report.status == "ran"
    report = both("armhf")
    assert (report.status, report.reason.count("no route")) == ("unknown", 1)
    assert [one.package.architecture for one in report.vulnerabilities] == ["amd64"]


@pytest.mark.parametrize("status", [None, "", "Package: a\nStatus: deinstall ok config-files\n"])
def test_a_debian_without_its_database_is_unknown(
    status: str | None, suite: list[object], tmp_path: Path
) -> None:
    documents = [text("etc/os-release", "ID=debian\nVERSION_CODENAME=trixie\n")]
    documents += [] if status is None else [text("var/lib/dpkg/status", status)]
    report = scanned(layer(*documents), tmp_path)
    assert (report.status, report.covers) == ("unknown", frozenset())
    assert "database is gone or empty" in report.reason


def test_several_scans_fetch_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fetched: list[str] = []
    gate = threading.Barrier(3)

    class Apt:
        lists = tmp_path

        def __init__(self, *_: object) -> None: ...

        def update(self) -> None:
            fetched.append("once")

    host = Host("debian", "trixie", "http://mirror/debian", "http://mirror/debian-security")
    monkeypatch.setattr(security_suite, "PrivateApt", Apt)
    monkeypatch.setattr(security_suite, "is_available", lambda: True)
    monkeypatch.setattr(security_suite, "read_host", lambda: host)
    monkeypatch.setattr(security_suite, "_read_lists", lambda *_: SUITE)

    def look() -> str:
        gate.wait(5)
        return scanned(built("1"), tmp_path).status

    with ThreadPoolExecutor(3) as pool:
        assert [job.result() for job in [pool.submit(look) for _ in range(3)]] == ["ran"] * 3
    assert fetched == ["once"]


def test_a_suite_that_is_gone_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Apt:
        def __init__(self, said: str) -> None:
            self.said = said

        def update(self) -> None:
            raise ProcessError(("apt-get",), 100, stderr=self.said)

    gone = Apt("E: The repository 'm buster-security Release' does not have a Release file.")
    with pytest.raises(
        EngineError, match="no buster-security: the release is past its end of life"
    ):
        security_suite._update(cast("PrivateApt", gone), "buster-security")
    with pytest.raises(ProcessError):
        security_suite._update(cast("PrivateApt", Apt("E: Connection timed out")), "x-security")


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

    def refuse(*_: object, **__: object) -> Suite:
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
