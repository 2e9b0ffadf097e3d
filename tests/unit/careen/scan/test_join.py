"""What several scanners say is one finding per vulnerability and package."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from careen.scan.join import join
from careen.scan.model import (
    SEVERITIES,
    Installed,
    Origin,
    Package,
    ScannerReport,
    Severity,
    Vulnerability,
)

OPENSSL = Package("deb", "libssl3", "3.0.1-1", source="openssl")


def report(scanner: str, *found: Vulnerability) -> ScannerReport:
    return ScannerReport(scanner, "ran", vulnerabilities=found)


def seen(
    id_: str,
    severity: Severity = "HIGH",
    fixed: str = "",
    *aliases: str,
    package: Package = OPENSSL,
) -> Vulnerability:
    return Vulnerability(id_, package, severity, fixed, aliases)


def test_one_record_for_an_id_and_its_alias() -> None:
    origin = Origin(3, "sha256:1", "RUN apt-get install", in_base=False)
    found = join(
        [
            report("trivy", seen("CVE-2024-1", "LOW", "3.0.3-1")),
            report("snyk", seen("SNYK-9", "HIGH", "3.0.2-1", "CVE-2024-1")),
        ],
        [Installed(OPENSSL, origin)],
    )
    assert [(one.id, one.aliases, one.severity) for one in found] == [
        ("CVE-2024-1", ("SNYK-9",), "HIGH")
    ]
    assert found[0].severities == (("snyk", "HIGH"), ("trivy", "LOW"))
    assert found[0].fixed_version == "3.0.2-1"
    assert found[0].origin == origin


def test_an_advisory_is_no_bridge_between_the_cves_that_it_names() -> None:
    found = join([report("a", seen("DSA-1", "HIGH", "2", "CVE-2024-1", "CVE-2024-2"))], [])
    assert [(one.id, one.aliases) for one in found] == [
        ("CVE-2024-1", ("DSA-1",)),
        ("CVE-2024-2", ("DSA-1",)),
    ]


def test_a_pending_update_adds_its_scanner_to_what_it_mends() -> None:
    update = seen("debian-security:openssl@3.0.5-1", "UNKNOWN", "3.0.5-1")
    found = join(
        [
            report("debian-security", update),
            report("trivy", seen("CVE-2024-1", "HIGH", "3.0.5-1"), seen("CVE-2024-2", "LOW")),
        ],
        [],
    )
    assert [(one.id, one.scanners) for one in found] == [
        ("CVE-2024-1", ("debian-security", "trivy")),
        ("CVE-2024-2", ("trivy",)),
    ]


def test_a_pending_update_stays_where_it_is_graver_or_newer_than_all_others() -> None:
    update = seen("debian-security:openssl@3.0.5-1", "HIGH", "3.0.5-1")
    for other in (seen("CVE-2024-1", "LOW", "3.0.5-1"), seen("CVE-2024-1", "HIGH", "3.0.6-1")):
        found = join([report("debian-security", update), report("trivy", other)], [])
        assert {one.id for one in found} == {"CVE-2024-1", "debian-security:openssl@3.0.5-1"}


_IDS = st.sampled_from(["CVE-2024-1", "CVE-2024-2", "GHSA-a", "PYSEC-b", "debian-security:o@3"])
_FOUND = st.builds(
    Vulnerability,
    id=_IDS,
    package=st.sampled_from([OPENSSL, Package("python", "Flask", "2.0")]),
    severity=st.sampled_from(SEVERITIES),
    fixed_version=st.sampled_from(["", "1", "3", "4.0"]),
    aliases=st.lists(_IDS, max_size=2).map(tuple),
)
_REPORTS = st.lists(
    st.builds(report, st.sampled_from(["a", "b", "c"]), *([_FOUND] * 2)),
    max_size=4,
)


@given(_REPORTS, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_what_is_joined(reports, random) -> None:  # type: ignore[no-untyped-def] # hypothesis' Random
    mixed = [*reports, *reports]
    random.shuffle(mixed)
    assert join(mixed, []) == join(reports, [])


@given(_REPORTS)
def test_no_scanners_word_is_lost(reports: list[ScannerReport]) -> None:
    found = join(reports, [])
    for one in reports:
        for said in one.vulnerabilities:
            if said.id.startswith("CVE-"):
                assert any(
                    one.scanner in finding.scanners
                    and said.id in {finding.id, *finding.aliases}
                    and SEVERITIES.index(finding.severity) <= SEVERITIES.index(said.severity)
                    for finding in found
                )
