"""`careen scan` as people run it, with real scanners on a small image and databases of our own."""

from __future__ import annotations

import json
import os
import subprocess
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.engine.conftest import COMMAND, ROOT

from .scanned_image import AWS_KEY, GITHUB_TOKEN, write_image
from .trivy_database import write_database

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """
[tool.careen.scan]
scanners = ["trivy", "syft"]
databases = "databases"
"""
WAIVERS = """
[[waiver]]
id = "CVE-2099-0001"
reason = "the function is not called"
expires = 2099-01-01

[[waiver]]
id = "CVE-2099-0002"
reason = "behind a proxy"
expires = 2099-01-01
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    write_image(tmp_path / "scanned.tar")
    write_database(tmp_path / "databases/trivy", datetime.now(UTC) - timedelta(days=1))
    return tmp_path


def scan(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "scan", *words],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "CAREEN_CACHE_HOME": str(folder / "cache"),
            "NO_COLOR": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    schema = files("careen.scan").joinpath("scan.schema.json").read_text()
    jsonschema.validate(found, json.loads(schema))
    return found


def test_a_scan_names_what_fails_where_it_came_from_and_what_removes_it(folder: Path) -> None:
    words = ("--sarif", "out.sarif", "--junit", "out.xml", "--sbom", "sboms", "--json")
    done = scan(folder, "./scanned.tar", *words)
    assert done.returncode == 1, done.stderr
    data = document(done)
    assert data["outcome"] == "failed"
    assert {(one["name"], one["status"]) for one in data["scanners"]} == {
        ("trivy", "ran"),
        ("syft", "ran"),
        ("secrets", "ran"),
    }
    [image] = data["images"]
    found = {one["id"]: one for one in image["findings"]}
    assert set(found) == {"CVE-2099-0001", "CVE-2099-0002"}
    assert all(one["origin"]["layer"] for one in found.values())
    assert image["upgrades"]
    # In a lower layer, and removed by a later one; never the secret itself.
    secrets = {(one["path"], one["layer"], one["removed"]) for one in image["secrets"]}
    assert ("app/.env", 1, True) in secrets
    everything = done.stdout + done.stderr
    for path in ("out.sarif", "out.xml"):
        everything += (folder / path).read_text()
    assert AWS_KEY not in everything
    assert GITHUB_TOKEN not in everything

    sarif = json.loads((folder / "out.sarif").read_text())
    assert sarif["version"] == "2.1.0"
    assert {one["ruleId"] for run in sarif["runs"] for one in run["results"]} >= set(found)
    suites = ET.fromstring((folder / "out.xml").read_text())  # noqa: S314 - our own
    assert suites.findall(".//failure")
    for end, key in (("cdx.json", "bomFormat"), ("spdx.json", "spdxVersion")):
        [bom] = (folder / "sboms").glob(f"*.{end}")
        assert key in json.loads(bom.read_text())


def test_waivers_and_a_baseline_accept_findings_and_never_secrets(folder: Path) -> None:
    (folder / "waivers.toml").write_text(WAIVERS)
    with (folder / "pyproject.toml").open("a") as file:
        file.write('waivers = "waivers.toml"\n')
    data = document(scan(folder, "./scanned.tar", "--json"))
    [image] = data["images"]
    assert "failed" not in {one["verdict"] for one in image["findings"]}
    assert len(image["waived"]) == sum(one["verdict"] == "waived" for one in image["findings"])
    assert image["secrets"]
    assert data["outcome"] == "failed"

    written = scan(folder, "./scanned.tar", "--write-baseline", "known.json")
    assert written.returncode == 0, written.stderr
    (folder / "waivers.toml").write_text("")
    data = document(scan(folder, "./scanned.tar", "--baseline", "known.json", "--json"))
    assert {one["verdict"] for one in data["images"][0]["findings"]} == {"passed"}

    (folder / "waivers.toml").write_text('[[waiver]]\nid = "CVE-1"\nexpire = 2030-01-01\n')
    wrong = scan(folder, "./scanned.tar")
    assert wrong.returncode == 2
    assert "waivers.toml" in wrong.stderr
    assert "expires" in wrong.stderr


def test_without_a_database_nothing_is_taken_for_clean(folder: Path) -> None:
    (folder / "databases/trivy/db/metadata.json").unlink()
    done = scan(folder, "./scanned.tar", "--offline")
    assert done.returncode == 1
    assert "unknown: trivy: no vulnerability database" in done.stdout.replace("\n      ", " ")
    assert "FAILED" in done.stdout  # the secrets


def test_what_changed_between_two_images(folder: Path) -> None:
    (folder / "again.tar").write_bytes((folder / "scanned.tar").read_bytes())
    done = scan(folder, "./scanned.tar", "./again.tar", "--diff", "--json")
    assert done.returncode == 0, done.stderr
    changes = json.loads(done.stdout)
    assert changes["new"] == changes["fixed"] == []
    assert len(changes["still"]) == 2
