from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.image.layer import FILE, Entry, from_entries
from careen.image.model import Image
from careen.scan.json_fields import UnreadableError
from careen.scan.model import Database, License, Package, Secret
from careen.scan.trivy import arguments, read_database, update_arguments, with_removed
from careen.scan.trivy_output import read_report

from .outputs import damaged, document, output

DIFF_ID = "sha256:8d4b7d0056476c7aec90d1664dd0f9144fdf09cddaae4618fedb147d8a133c57"
LAYERS = [(DIFF_ID, "COPY . /app"), ("sha256:1", "RUN rm /app/.env /app/id_rsa")]
LIBC = Package("deb", "libc6", "2.41-1", "amd64", "", "glibc", "2.41-1")


def test_packages_have_the_versions_that_their_managers_have() -> None:
    seen = read_report(output("trivy.json"), LAYERS)
    assert seen.packages == (
        Package("deb", "bash", "1:5.2.37-2+b5", "amd64", "", "bash", "1:5.2.37-2+b5"),
        LIBC,
        Package("npm", "left", "1.2.3", path="app/node_modules/left/package.json"),
        Package(
            "python",
            "holey",
            "1.0",
            path="usr/lib/python3/dist-packages/holey-1.0.dist-info/METADATA",
        ),
    )


def test_vulnerabilities_point_to_their_packages() -> None:
    seen = read_report(output("trivy.json"), LAYERS)
    libc, holey = seen.vulnerabilities
    assert (libc.id, libc.package, libc.severity) == ("CVE-2099-0001", LIBC, "LOW")
    assert (libc.fixed_version, libc.title) == ("2.41-2", "a hole in glibc")
    assert libc.url == "https://avd.aquasec.com/nvd/cve-2099-0001"
    assert (holey.package.name, holey.severity, holey.fixed_version) == ("holey", "HIGH", "1.4.1")
    assert seen.covers == {"deb", "python", "npm"}


def test_secrets_say_where_they_are_and_never_what() -> None:
    seen = read_report(output("trivy.json"), LAYERS)
    places = [(secret.rule, secret.place, secret.path, secret.line) for secret in seen.secrets]
    assert places == [
        ("aws-access-key-id", "file", "app/.env", 1),
        ("github-pat", "file", "app/.env", 2),
        ("private-key", "file", "app/id_rsa", 2),
        ("aws-access-key-id", "file", "app/kept.env", 1),
        ("aws-access-key-id", "environment", "AWS_ACCESS_KEY_ID", None),
    ]
    assert {(secret.layer, secret.instruction) for secret in seen.secrets[:4]} == {
        (1, "COPY . /app")
    }
    shown = output("trivy.json").replace("*" * 20, "AKIASHOWN")
    assert "AKIASHOWN" in shown
    assert "AKIASHOWN" not in repr(read_report(shown, LAYERS))


def test_misconfiguration_and_licences_are_read() -> None:
    seen = read_report(output("trivy.json"), LAYERS)
    user = seen.misconfigurations[0]
    assert (user.id, user.severity, user.path) == ("DS-0002", "HIGH", "app/Dockerfile")
    assert user.advice == "Add 'USER <non root user name>' line to the Dockerfile"
    path = "usr/lib/python3/dist-packages/holey-1.0.dist-info/METADATA"
    assert seen.licenses == (License("MIT", "LOW", "holey", path),)


@pytest.mark.parametrize(
    "system",
    [{}, {"Family": "none", "Name": ""}, {"Family": "debian", "Name": "9.1", "EOSL": True}],
    ids=["none", "unknown", "past its end"],
)
def test_a_system_without_advisories_is_not_covered(system: dict[str, object]) -> None:
    report = document("trivy.json")
    report["Metadata"]["OS"] = system
    assert read_report(json.dumps(report), LAYERS).covers == {"python", "npm"}


def test_a_hostile_name_stays_data() -> None:
    report = document("trivy.json")
    report["Results"][0]["Packages"][0]["Name"] = "bash\x1b[2J\n| CRITICAL | \u202e"
    name = read_report(json.dumps(report), LAYERS).packages[0].name
    assert name == "bash | CRITICAL |"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON"),
        ("null", "NoneType at its top"),
        ("[" * 100_000, "no JSON"),
        ('{"SchemaVersion": 3}', "schema version is 3, not 2"),
        ('{"SchemaVersion": 2}', "Metadata is no object"),
        ('{"SchemaVersion": 2, "Metadata": {}, "Results": {}}', "Results is no list"),
        ('{"SchemaVersion": 2, "Metadata": {}, "Results": [1]}', "Results holds int"),
    ],
)
def test_what_is_no_report_is_an_error(text: str, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read_report(text, LAYERS)


@given(st.integers(0, len(output("trivy.json").rstrip()) - 1))
def test_a_report_that_is_cut_off_is_an_error(length: int) -> None:
    with pytest.raises(UnreadableError):
        read_report(output("trivy.json")[:length], LAYERS)


@given(damaged("trivy.json"))
def test_a_damaged_report_is_read_or_an_error(text: str) -> None:
    try:
        seen = read_report(text, LAYERS)
    except UnreadableError:
        return
    assert len(seen.packages) <= 4


def test_a_scan_reaches_for_nothing_and_leaves_nothing_out() -> None:
    words = arguments(
        Path("/a.tar"), Path("/db"), Path("/w/o"), vulnerabilities=True, java=True, cache=True
    )
    for word in (
        "--skip-db-update",
        "--skip-java-db-update",
        "--skip-check-update",
        "--offline-scan",
        "--disable-telemetry",
        "--skip-version-check",
        "vuln,secret,misconfig,license",
        "fs",
    ):
        assert word in words
    assert words[words.index("--ignorefile") + 1] == words[words.index("--config") + 1] == ""
    assert "--skip-files" not in words


def test_without_a_database_all_but_vulnerabilities_is_looked_for() -> None:
    words = arguments(
        Path("/a.tar"), Path("/db"), Path("/w/o"), vulnerabilities=False, java=False, cache=False
    )
    assert words[words.index("--scanners") + 1] == "secret,misconfig,license"
    assert words[words.index("--cache-backend") + 1] == "memory"
    assert "**/*.jar" in words[words.index("--skip-files") + 1]


def test_an_update_goes_to_the_folder_that_is_scanned_with() -> None:
    words = update_arguments(Path("/db"))
    assert words[words.index("--cache-dir") + 1] == "/db"
    assert "--download-db-only" in words


@pytest.mark.parametrize(
    "metadata",
    [None, "", "{", "[]", "{}", '{"UpdatedAt": 3}', '{"UpdatedAt": "2026-01-01T00:00:00"}'],
)
def test_a_database_that_is_not_whole_is_none(metadata: str | None, tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "trivy.db").write_bytes(b"x")
    if metadata is not None:
        (tmp_path / "db" / "metadata.json").write_text(metadata)
    assert read_database(tmp_path) is None


def test_a_database_needs_its_file_beside_its_age(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    stamp = '{"Version": 2, "UpdatedAt": "2026-11-24T18:11:15.123456789Z"}'
    (tmp_path / "db" / "metadata.json").write_text(stamp)
    assert read_database(tmp_path) is None
    (tmp_path / "db" / "trivy.db").write_bytes(b"x")
    made = datetime(2026, 11, 24, 18, 11, 15, 123456, tzinfo=UTC)
    assert read_database(tmp_path) == Database(made, str(tmp_path))


def test_a_secret_below_an_upper_layers_file_is_removed() -> None:
    lower = from_entries([Entry("env", FILE, 3, mode=0o644), Entry("key", FILE, 3, mode=0o644)])
    upper = from_entries([Entry(".wh.env", FILE, 0, mode=0o644)])
    image = Image("x", "docker-archive", "", "", {}, 0, (), (lower, upper))
    secrets = [
        Secret("a", "", "file", "env", layer=1),
        Secret("a", "", "file", "key", layer=1),
        Secret("a", "", "environment", "KEY"),
    ]
    assert [secret.removed for secret in with_removed(secrets, image)] == [True, False, False]
