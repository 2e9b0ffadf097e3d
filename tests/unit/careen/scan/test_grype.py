from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.scan.grype import arguments, environment, read_matches, read_status
from careen.scan.json_fields import UnreadableError
from careen.scan.model import Database

from .outputs import damaged, document, output


def test_matches_are_read() -> None:
    found, supported = read_matches(output("grype.json"))
    assert supported
    assert [
        (one.id, one.aliases, one.severity, one.fixed_version, one.package.kind) for one in found
    ] == [
        ("CVE-2099-0001", (), "NEGLIGIBLE", "2.41-2", "deb"),
        ("GHSA-aaaa-bbbb-cccc", ("CVE-2099-0002",), "HIGH", "1.4.1", "python"),
        ("CVE-2099-0003", (), "MEDIUM", "", "binary"),
    ]


def test_a_distribution_that_it_does_not_know_is_told() -> None:
    report = document("grype.json")
    report["distro"] = {"name": "", "version": ""}
    assert read_matches(json.dumps(report))[1] is False


@given(st.integers(0, len(output("grype.json").rstrip()) - 1))
def test_matches_that_are_cut_off_are_an_error(length: int) -> None:
    with pytest.raises(UnreadableError):
        read_matches(output("grype.json")[:length])


@given(damaged("grype.json"))
def test_damaged_matches_are_read_or_an_error(text: str) -> None:
    try:
        found, _ = read_matches(text)
    except UnreadableError:
        return
    assert len(found) <= 3


@pytest.mark.parametrize(
    "status",
    [
        '{"schemaVersion": "v6.1.2", "built": "2026-11-20T00:00:00Z", "valid": true}',
        '{"schemaVersion": 5, "built": "2026-11-20T00:00:00Z", "error": null}',
    ],
    ids=["version 6", "version 5"],
)
def test_the_status_of_either_schema_tells_the_age(status: str) -> None:
    built = datetime(2026, 11, 20, tzinfo=UTC)
    assert read_status(status, Path("/db")) == Database(built, "/db")


@pytest.mark.parametrize(
    "status",
    [
        "",
        "no database",
        "{}",
        '{"built": "yesterday"}',
        '{"built": "2026-11-20T00:00:00Z", "valid": false}',
        '{"built": "2026-11-20T00:00:00Z", "error": "checksum"}',
    ],
)
def test_a_database_that_is_not_valid_is_none(status: str) -> None:
    assert read_status(status, Path("/db")) is None


def test_a_scan_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRYPE_ONLY_FIXED", "true")
    given_ = environment(Path("/db"))
    assert given_["GRYPE_DB_AUTO_UPDATE"] == given_["GRYPE_CHECK_FOR_APP_UPDATE"] == "false"
    assert given_["GRYPE_ONLY_FIXED"] is None
    words = arguments(Path("/a.tar"), Path("/w/o"), Path("/w/grype.yaml"))
    assert words[0] == "docker-archive:/a.tar"
