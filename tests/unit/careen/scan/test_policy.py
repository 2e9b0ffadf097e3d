"""The policy: what fails, what nobody knows, what is accepted, and what to upgrade."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.config.model import ScanSettings
from careen.errors import ConfigError
from careen.scan.baseline import baseline_keys, baseline_text, read_baseline
from careen.scan.model import (
    SEVERITIES,
    Finding,
    Installed,
    Origin,
    Package,
    ScannerReport,
    Secret,
)
from careen.scan.policy import Scanned, judge
from careen.scan.upgrades import upgrades
from careen.scan.waivers import Waiver, read_waivers

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 25)
SSL = Package("deb", "libssl3", "3.0.1-1", source="openssl")
FLASK = Package("python", "flask", "2.0")
RAN = ScannerReport("trivy", "ran", covers=frozenset({"deb", "python"}))
INSTALLED = (Installed(SSL, Origin()), Installed(FLASK, Origin()))


def finding(id_: str, severity="HIGH", package=SSL, fixed="", in_base=None) -> Finding:  # type: ignore[no-untyped-def] # a literal
    said = (("trivy", severity),)
    return Finding(id_, package, severity, said, (), fixed, Origin(1, in_base=in_base))


def scanned(*findings: Finding, reports: tuple[ScannerReport, ...] = (RAN,)) -> Scanned:
    return Scanned("app", reports, INSTALLED, findings)


def test_nothing_found_by_who_could_know_passes() -> None:
    assert judge([scanned()], ScanSettings(), TODAY).outcome == "passed"
    assert judge([], ScanSettings(), TODAY).outcome == "unknown"


def test_a_skipped_scanner_alone_is_no_unknown() -> None:
    reports = (RAN, ScannerReport("snyk", "skipped", "no login"))
    assert judge([scanned(reports=reports)], ScanSettings(), TODAY).outcome == "passed"


@pytest.mark.parametrize("status", ["unknown", "failed"])
def test_a_scanner_that_could_not_know_is_unknown_unless_allowed(status) -> None:  # type: ignore[no-untyped-def] # a literal
    reports = (RAN, ScannerReport("grype", status, "no database"))
    assert judge([scanned(reports=reports)], ScanSettings(), TODAY).outcome == "unknown"
    allowed = ScanSettings(allow_unknown=("grype",))
    assert judge([scanned(reports=reports)], allowed, TODAY).outcome == "passed"


def test_a_kind_of_package_that_nobody_covers_is_unknown() -> None:
    reports = (ScannerReport("debian-security", "ran", covers=frozenset({"deb"})),)
    image = judge([scanned(reports=reports)], ScanSettings(), TODAY).images[0]
    assert image.outcome == "unknown"
    assert [one.reason for one in image.unknown] == ["1 Python distribution: no scanner could know"]


def test_what_our_inventory_could_not_see_is_unknown() -> None:
    image = Scanned("app", (RAN,), INSTALLED, unseen=("dpkg's status was removed",))
    assert judge([image], ScanSettings(), TODAY).outcome == "unknown"
    allowed = ScanSettings(allow_unknown=("inventory",))
    assert judge([image], allowed, TODAY).outcome == "passed"


def test_an_image_of_which_nothing_is_known_is_unknown() -> None:
    assert judge([Scanned("empty")], ScanSettings(), TODAY).outcome == "unknown"


def test_failed_outranks_unknown_and_both_are_listed() -> None:
    reports = (RAN, ScannerReport("grype", "failed", "it crashed"))
    said = judge([scanned(finding("CVE-1"), reports=reports)], ScanSettings(), TODAY)
    assert said.outcome == "failed"
    assert [one.name for one in said.images[0].unknown] == ["grype"]


def test_secrets_always_fail() -> None:
    image = Scanned("app", (RAN,), INSTALLED, secrets=(Secret("aws", "a key", "file"),))
    assert judge([image], ScanSettings(fail_on=()), TODAY).outcome == "failed"


def test_only_fixed_and_new_only() -> None:
    found = finding("CVE-1")
    assert judge([scanned(found)], ScanSettings(only_fixed=True), TODAY).outcome == "passed"
    new = ScanSettings(new_only=True)
    assert judge([scanned(found)], new, TODAY).outcome == "failed"
    known = baseline_keys(found)
    assert judge([scanned(found)], new, TODAY, baseline=known).outcome == "passed"


def test_waivers_hold_to_their_last_day_and_unused_ones_fail() -> None:
    waiver = Waiver("CVE-1", "not reachable", TODAY, "openssl", 1)
    said = judge([scanned(finding("CVE-1"))], ScanSettings(), TODAY, [waiver])
    assert said.outcome == "passed"
    assert said.images[0].waived[0][1] == waiver
    late = judge([scanned(finding("CVE-1"))], ScanSettings(), date(2026, 11, 26), [waiver])
    assert late.outcome == "failed"
    assert "expired on 2026-11-25" in late.waivers[0]
    unused = judge([scanned()], ScanSettings(), TODAY, [waiver])
    assert unused.outcome == "failed"
    assert "meets no finding" in unused.waivers[0]


def test_a_waiver_is_not_unused_where_a_scanner_failed() -> None:
    waiver = Waiver("CVE-1", "not reachable", TODAY)
    reports = (RAN, ScannerReport("grype", "failed", "it crashed"))
    assert judge([scanned(reports=reports)], ScanSettings(), TODAY, [waiver]).waivers == ()


@given(
    st.lists(st.tuples(st.sampled_from(SEVERITIES), st.sampled_from(["", "9"])), max_size=5),
    st.sets(st.sampled_from(SEVERITIES)),
    st.sets(st.sampled_from(SEVERITIES)),
    st.booleans(),
)
def test_a_stricter_policy_passes_nothing_that_a_laxer_fails(found, lax, more, only_fixed) -> None:  # type: ignore[no-untyped-def] # literals
    image = scanned(*(finding(f"CVE-{at}", sev, SSL, fix) for at, (sev, fix) in enumerate(found)))
    laxer = ScanSettings(fail_on=tuple(lax), only_fixed=only_fixed)
    stricter = ScanSettings(fail_on=tuple(lax | more))
    if judge([image], laxer, TODAY).outcome == "failed":
        assert judge([image], stricter, TODAY).outcome == "failed"


def test_the_lowest_version_that_removes_all_one_entry_per_source() -> None:
    crypto = Package("deb", "libcrypto3", "3.0.1-1", source="openssl")
    failing = [
        finding("CVE-1", fixed="3.0.9-1"),
        finding("CVE-2", package=crypto, fixed="3.0.10-1"),
        finding("CVE-3", package=FLASK, fixed="2.1"),
        finding("CVE-4", package=FLASK),
    ]
    assert [(one.how, one.package, one.to, one.ids) for one in upgrades(failing)] == [
        ("apt", "openssl", "3.0.10-1", ("CVE-1", "CVE-2")),
        ("requirements", "flask", "2.1", ("CVE-3",)),
    ]


def test_one_newer_base_where_all_came_with_it() -> None:
    failing = [
        finding("CVE-1", fixed="3.0.9-1", in_base=True),
        finding("CVE-3", package=FLASK, fixed="2.1", in_base=True),
    ]
    (base,) = upgrades(failing)
    assert base.how == "base"
    assert base.packages == (("openssl", "3.0.9-1"), ("flask", "2.1"))


def test_a_newer_base_beside_what_is_ours_is_the_shortest_list() -> None:
    zlib = Package("deb", "zlib1g", "1.2", source="zlib")
    failing = [
        finding("CVE-1", fixed="3.0.9-1", in_base=True),
        finding("CVE-2", package=zlib, fixed="1.3", in_base=True),
        finding("CVE-3", package=FLASK, fixed="2.1", in_base=False),
    ]
    base, flask = upgrades(failing)
    assert (base.how, base.ids) == ("base", ("CVE-1", "CVE-2"))
    assert (flask.how, flask.package, flask.to) == ("requirements", "flask", "2.1")


def test_a_package_of_the_base_and_of_ours_is_upgraded_by_itself() -> None:
    failing = [
        finding("CVE-1", fixed="3.0.9-1", in_base=True),
        finding("CVE-2", fixed="3.0.8-1", in_base=False),
    ]
    (one,) = upgrades(failing)
    assert (one.how, one.to, one.packages) == ("apt", "3.0.9-1", (("libssl3", "3.0.9-1"),))


def test_what_each_scanner_leaves_out_of_its_inventory_was_looked_at_by_none() -> None:
    blind = ScannerReport("trivy", "ran", covers=frozenset({"deb", "python"}), packages=(SSL,))
    image = judge([scanned(reports=(blind,))], ScanSettings(), TODAY).images[0]
    assert [(one.name, one.reason) for one in image.unknown] == [
        ("python", "1 Python distribution: in no scanner's inventory: flask")
    ]
    assert image.outcome == "unknown"
    allowed = ScanSettings(allow_unknown=("python",))
    assert judge([scanned(reports=(blind,))], allowed, TODAY).outcome == "passed"


@pytest.mark.parametrize(
    "other",
    [
        ScannerReport("grype", "ran", covers=frozenset({"python"}), packages=(FLASK,)),
        ScannerReport("pip-audit", "ran", covers=frozenset({"python"})),
    ],
)
def test_one_scanner_that_saw_a_package_is_enough(other: ScannerReport) -> None:
    blind = ScannerReport("trivy", "ran", covers=frozenset({"deb", "python"}), packages=(SSL,))
    assert judge([scanned(reports=(blind, other))], ScanSettings(), TODAY).outcome == "passed"


def test_a_scanner_that_does_not_cover_a_kind_does_not_vouch_for_it() -> None:
    blind = ScannerReport("trivy", "ran", covers=frozenset({"deb", "python"}), packages=(SSL,))
    syft = ScannerReport("syft", "ran", packages=(SSL, FLASK))
    assert judge([scanned(reports=(blind, syft))], ScanSettings(), TODAY).outcome == "unknown"


def test_all_faults_of_a_waiver_file_at_once_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(
        '[[waiver]]\nid = "CVE-1"\nreson = "typo"\nexpires = "2026-12-31"\n\n'
        '[[waiver]]\nid = "aws"\nreason = "x"\nexpires = 2026-12-31\n\n'
        '[[waiver]]\nid = "CVE-2"\nreason = "x"\nexpires = 2026-12-31\n'
        '[[waiver]]\nid = "CVE-2"\nreason = "y"\nexpires = 2026-12-31\n'
    )
    with pytest.raises(ConfigError) as caught:
        read_waivers(path, ["aws"])
    text = str(caught.value)
    for part in (
        ":3: unknown key 'reson'. did you mean reason?",
        ":1: reason is missing",
        ":4: expires is no date",
        ":7: aws finds secrets",
        ":15: CVE-2 is waived already in line 11",
    ):
        assert part in text


@pytest.mark.parametrize("text", ["[[waiver]]\nid = \n", "waiver = 1\n", "\nx = 1\n"])
def test_a_broken_waiver_file_says_where(tmp_path: Path, text: str) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"waivers\.toml:[12]: "):
        read_waivers(path)


def test_a_waiver_is_read(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text('[[waiver]]\nid = "CVE-1"\nreason = "x"\nexpires = 2026-12-31\n')
    assert read_waivers(path) == (Waiver("CVE-1", "x", date(2026, 12, 31), "", 1),)


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    found = [finding("CVE-2"), finding("CVE-1", package=FLASK)]
    path.write_text(baseline_text(found))
    assert baseline_text(found) == baseline_text(found[::-1])
    assert read_baseline(path) == frozenset().union(*map(baseline_keys, found))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema_version": 1}', '{"schema_version": 1, "packages": {"a": 1}}']
)
def test_a_broken_baseline(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(ConfigError):
        read_baseline(path)
