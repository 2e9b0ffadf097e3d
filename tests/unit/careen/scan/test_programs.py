"""Scanners from their program's output to their report, with programs that are none."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from careen.engine.process import Completed
from careen.engine.scanner_programs import Call, FoundProgram, ScannerMissingError, ScannerProgram
from careen.errors import ArchiveError, CareenError, ProcessError
from careen.scan import attempt, docker_scout, grype, snyk, syft, trivy
from careen.scan.archive_form import folder_or_docker_archive
from careen.scan.model import Target

from .outputs import how, image, output, target

if TYPE_CHECKING:
    from collections.abc import Callable

VERSIONS = {
    "trivy": "Version: 0.76.0\n",
    "syft": "syft 1.18.1\n",
    "grype": "grype 0.104.0\n",
    "docker": "version: v1.18.0 (go1.24.4 - linux/amd64)\n",
    "snyk": "1.1300.0\n",
}
STATUS = '{"schemaVersion": "v6.1.2", "built": "2026-11-20T00:00:00Z", "valid": true}'


@dataclass
class Programs:
    """Programs that answer without being started.

    Attributes:
        calls: what was asked, without questions for a version.
        answers: what a call writes to its output file, by the program's name.
        status: the exit status.
    """

    answers: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=lambda: dict(VERSIONS))
    missing: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    status: int = 0
    stderr: str = ""
    asked: int = 0
    database: str = STATUS

    def find(
        self, wanted: ScannerProgram, *, offline: bool, say: Callable[[str], None]
    ) -> FoundProgram:
        if wanted.name in self.missing:
            raise ScannerMissingError(f"{wanted.name} is nowhere")
        return FoundProgram("PATH", Path("/bin") / wanted.name)

    def run(self, program: FoundProgram, call: Call) -> Completed:
        assert program.path is not None
        words = (str(program.path), *call.arguments)
        if call.arguments[-1] in {"--version", "version"}:
            self.asked += 1
            return Completed(words, 0, self.versions[program.path.name], "", 0.1)
        self.calls.append(call)
        if call.arguments[:2] == ("db", "status"):
            return Completed(words, 0, self.database, "", 0.1)
        for path in self._outputs(call):
            path.write_text(self.answers[program.path.name])
        return Completed(words, self.status, "", self.stderr, 0.1)

    def _outputs(self, call: Call) -> list[Path]:
        paths = [Path(word.rpartition("=")[2]) for word in call.arguments]
        return [path for path in paths if path.parent == call.work and "yaml" not in path.name]


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    fake = Programs()
    monkeypatch.setattr(attempt, "find_program", fake.find)
    for module in (attempt, docker_scout, grype, snyk, syft, trivy):
        monkeypatch.setattr(module, "run_program", fake.run)
    return fake


def test_grype_with_a_database(programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "grype").mkdir()
    programs.answers["grype"] = output("grype.json")
    report = grype.Grype().scan(target(Path("/a.tar")), how(tmp_path))
    assert (report.status, report.reason, report.version) == ("ran", "", "0.104.0")
    assert [one.id for one in report.vulnerabilities][1:] == [
        "GHSA-aaaa-bbbb-cccc",
        "CVE-2099-0003",
    ]
    assert report.covers == {"deb", "apk", "python", "npm", "binary"}
    assert not any(call.network for call in programs.calls)


def test_grype_of_an_unknown_distribution_does_not_cover_it(
    programs: Programs, tmp_path: Path
) -> None:
    (tmp_path / "grype").mkdir()
    programs.answers["grype"] = json.dumps({**json.loads(output("grype.json")), "distro": {}})
    report = grype.Grype().scan(target(Path("/a.tar")), how(tmp_path))
    assert report.covers == {"python", "npm", "binary"}


@pytest.mark.parametrize(
    ("database", "reason"),
    [
        ("", "no vulnerability database in"),
        ('{"built": "2026-10-01T00:00:00Z", "valid": true}', "is 56.0 days old, more than 7"),
    ],
)
def test_grype_without_a_fresh_database_is_unknown(
    database: str, reason: str, programs: Programs, tmp_path: Path
) -> None:
    (tmp_path / "grype").mkdir()
    programs.database = database
    programs.answers["grype"] = output("grype.json")
    report = grype.Grype().scan(target(Path("/a.tar")), how(tmp_path))
    assert report.status == "unknown"
    assert reason in report.reason
    assert report.covers == frozenset()


def test_updates_may_use_the_network(programs: Programs, tmp_path: Path) -> None:
    assert "2026-11-20T00:00:00+00:00" in grype.Grype().update(how(tmp_path))
    assert programs.calls[0].network
    assert programs.calls[0].arguments == ("db", "update")
    programs.status, programs.stderr = 1, "no such host"
    with pytest.raises(CareenError, match="no such host"):
        trivy.Trivy().update(how(tmp_path))


@pytest.mark.parametrize("name", ["docker-scout", "snyk"])
def test_a_service_wants_a_login_and_the_network(
    name: str, programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner = docker_scout.DockerScout() if name == "docker-scout" else snyk.Snyk()
    monkeypatch.delenv("SNYK_TOKEN", raising=False)
    report = scanner.scan(target(Path("/a.tar")), how(tmp_path))
    assert report.status == "skipped"
    assert "it wants a login" in report.reason
    report = scanner.scan(target(Path("/a.tar")), how(tmp_path, offline=True))
    assert report.status == "skipped"
    assert "nothing may be fetched" in report.reason
    assert programs.calls == []


def test_a_service_that_is_logged_in_to(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_SCOUT_HUB_USER", "somebody")
    monkeypatch.setenv("SNYK_TOKEN", "token-of-nobody")
    programs.answers = {
        "docker": output("docker-scout.sarif.json"),
        "snyk": output("snyk.sarif.json"),
    }
    for scanner in (docker_scout.DockerScout(), snyk.Snyk()):
        report = scanner.scan(target(Path("/a.tar")), how(tmp_path))
        assert (report.status, report.reason) == ("ran", "")
        assert len(report.vulnerabilities) == 2
        assert report.database is not None
        assert "token-of-nobody" not in repr(report)


def test_a_login_that_docker_no_longer_takes(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_SCOUT_HUB_USER", "somebody")
    programs.answers["docker"] = ""
    programs.status, programs.stderr = 1, "ERROR: Log in with your Docker ID or email address"
    report = docker_scout.DockerScout().scan(target(Path("/a.tar")), how(tmp_path))
    assert report.status == "skipped"


def test_a_docker_without_scout(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(program: FoundProgram, call: Call) -> Completed:
        raise ProcessError(("docker",), 1, stderr="docker: 'scout' is not a docker command.")

    monkeypatch.setattr(attempt, "run_program", refuse)
    report = docker_scout.DockerScout().scan(target(Path("/a.tar")), how(tmp_path))
    assert (report.status, report.reason) == ("skipped", "the Docker CLI has no scout plugin")


def test_snyks_failure_is_none_of_its_findings(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNYK_TOKEN", "x")
    programs.answers["snyk"] = output("snyk.sarif.json")
    programs.status = 1
    assert snyk.Snyk().scan(target(Path("/a.tar")), how(tmp_path)).status == "ran"
    programs.status = 2
    assert snyk.Snyk().scan(target(Path("/a.tar")), how(tmp_path)).status == "failed"


@pytest.mark.parametrize("said", ["", "syft", "syft 0.9.0", "syft 2.0.0"])
def test_a_version_that_nobody_knows_is_failed(
    said: str, programs: Programs, tmp_path: Path
) -> None:
    programs.versions["syft"] = said
    report = syft.Syft().scan(target(Path("/a.tar")), how(tmp_path))
    assert report.status == "failed"
    assert "version" in report.reason


def test_a_version_is_asked_for_once(programs: Programs, tmp_path: Path) -> None:
    programs.answers["syft"] = output("syft.json")
    scanner = syft.Syft()
    for _ in range(3):
        assert scanner.scan(target(Path("/a.tar")), how(tmp_path)).status == "ran"
    assert programs.asked == 1


def test_an_sbom_that_is_none_is_not_written(programs: Programs, tmp_path: Path) -> None:
    programs.answers["syft"] = output("syft.json")  # to all three files
    report = syft.Syft().scan(target(Path("/a.tar"), sbom=tmp_path / "sbom"), how(tmp_path))
    assert report.status == "failed"
    assert "bomFormat is missing" in report.reason
    assert not (tmp_path / "sbom").exists()


def test_a_missing_program_is_skipped(programs: Programs, tmp_path: Path) -> None:
    programs.missing = {"trivy"}
    report = trivy.Trivy().scan(target(Path("/a.tar")), how(tmp_path))
    assert (report.status, report.reason) == ("skipped", "trivy is nowhere")
    assert report.blind_to


def test_an_oci_archive_is_unpacked_and_nothing_else(tmp_path: Path) -> None:
    blob = f"blobs/sha256/{'a' * 64}"
    with tarfile.open(tmp_path / "oci.tar", "w") as archive:
        for name in ("./oci-layout", "index.json", blob, "../out", f"x/{blob}", "/etc/out"):
            member = tarfile.TarInfo(name)
            member.size = 2
            archive.addfile(member, io.BytesIO(b"{}"))
        link = tarfile.TarInfo(f"blobs/sha256/{'b' * 64}")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    wanted = Target("x", tmp_path / "oci.tar", "oci-archive", image())
    folder = folder_or_docker_archive(wanted, tmp_path / "work")
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    assert found == {"oci-layout", "index.json", blob}
    assert not (tmp_path / "out").exists()


def test_a_damaged_oci_archive_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "oci.tar").write_bytes(b"no tar" * 200)
    wanted = Target("x", tmp_path / "oci.tar", "oci-archive", image())
    with pytest.raises(ArchiveError):
        folder_or_docker_archive(wanted, tmp_path / "work")
