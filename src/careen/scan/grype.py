"""grype: vulnerabilities of what syft's catalogers find, compiled programs among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from careen.engine.scanner_programs import (
    Call,
    FoundProgram,
    ScannerProgram,
    run_program,
    variables_of,
)
from careen.scan import json_fields
from careen.scan.archive_form import anchore_source, folder_or_docker_archive
from careen.scan.attempt import Tool, attempt, output_of, understood, work_folder
from careen.scan.database import fetched, missing, moment, too_old
from careen.scan.json_fields import Fields, UnreadableError, part, parts, text, texts
from careen.scan.model import Database, Kind, ScannerReport, Vulnerability
from careen.scan.severity import severity
from careen.scan.syft import package_of_artifact
from careen.scan.version_order import lowest_fix

if TYPE_CHECKING:
    from pathlib import Path

    from careen.engine.process import Completed
    from careen.scan.model import How, Target

PROGRAM = ScannerProgram("grype", image="docker.io/anchore/grype:latest")
BLIND_TO = (
    "packages whose manager's database was removed from the image",
    "compiled programs that carry no metadata and are none of those that it knows by sight",
    "packages that an upper layer removed",
)
COVERS: frozenset[Kind] = frozenset({"deb", "apk", "python", "npm", "binary"})


@dataclass(frozen=True)
class Grype:
    """The scanner, see https://github.com/anchore/grype."""

    name: str = "grype"
    tool: Tool = field(default_factory=lambda: Tool(PROGRAM, frozenset({0, 1})))

    def scan(self, target: Target, how: How) -> ScannerReport:
        """Look for vulnerabilities; without a database it cannot look at all."""
        return attempt(self.name, BLIND_TO, lambda: self._look(target, how))

    def update(self, how: How) -> str:
        """Fetch the newest vulnerability database.

        Raises:
            CareenError: it cannot be had.
        """
        program, _ = self.tool.ready(how)
        folder = database_folder(how)

        def fetch(work: Path, seconds: float) -> Completed:
            call = Call(
                ("db", "update"),
                work,
                writes=(folder,),
                environment={
                    "GRYPE_DB_CACHE_DIR": str(folder),
                    "GRYPE_CHECK_FOR_APP_UPDATE": "false",
                },
                network=True,
                timeout_seconds=seconds,
            )
            return run_program(program, call)

        return fetched(self.name, folder, how, fetch, lambda: self._database(program, how))

    def _database(self, program: FoundProgram, how: How) -> Database | None:
        folder = database_folder(how)
        if not folder.is_dir():
            return None
        with work_folder() as work:
            call = Call(
                ("db", "status", "--output", "json"),
                work,
                writes=(folder,),
                environment=environment(folder),
                timeout_seconds=how.timeout_seconds,
            )
            done = run_program(program, call)
        return read_status(done.stdout, folder)

    def _look(self, target: Target, how: How) -> ScannerReport:
        program, version = self.tool.ready(how)
        folder = database_folder(how)
        database = self._database(program, how)
        if database is None:
            return ScannerReport(self.name, "unknown", reason=missing(folder), version=version)
        with work_folder() as work:
            settings, out = work / "grype.yaml", work / "grype.json"
            settings.write_text("{}\n")
            image = folder_or_docker_archive(target, work)
            call = Call(
                arguments(image, out, settings),
                work,
                reads=(image,),
                writes=(folder,),
                environment=environment(folder),
                timeout_seconds=how.timeout_seconds,
            )
            document = output_of(out, run_program(program, call))
        found, supported = understood(f"grype {version}", document, read_matches)
        reason = too_old(database, how)
        return ScannerReport(
            self.name,
            "unknown" if reason else "ran",
            reason=reason,
            version=version,
            database=database,
            covers=frozenset() if reason else COVERS if supported else COVERS - {"deb", "apk"},
            vulnerabilities=found,
        )


def database_folder(how: How) -> Path:
    """Give the folder of grype's database."""
    return how.databases / "grype"


def environment(folder: Path) -> dict[str, str | None]:
    """Give the variables of a run that fetches nothing, and takes an old database too.

    careen says itself how old it is.
    """
    return {
        **variables_of(("GRYPE_", "SYFT_")),
        "GRYPE_DB_CACHE_DIR": str(folder),
        "GRYPE_DB_AUTO_UPDATE": "false",
        "GRYPE_DB_VALIDATE_AGE": "false",
        "GRYPE_CHECK_FOR_APP_UPDATE": "false",
    }


def arguments(image: Path, out: Path, settings: Path) -> tuple[str, ...]:
    """Give the arguments of a scan; *settings* is an empty file of such."""
    return (
        *(anchore_source(image), "--config", str(settings)),
        *("--scope", "squashed", "--by-cve", "--output", "json", "--file", str(out)),
    )


def read_status(document: str, folder: Path) -> Database | None:
    """Read what `grype db status --output json` says; None where there is no valid database.

    The instant is `built` in every version's form.
    """
    try:
        status = json_fields.parse(document)
        built = moment(text(status, "built", needed=True))
    except ValueError:
        return None
    if status.get("valid") is False or status.get("error"):
        return None
    return Database(built, str(folder))


def read_matches(document: str) -> tuple[tuple[Vulnerability, ...], bool]:
    """Read grype's JSON, see grype/presenter/models in its repository.

    Returns:
        What it found, and whether it knew the image's distribution.

    Raises:
        UnreadableError: it is no such report.
    """
    report = json_fields.parse(document)
    if text(part(report, "descriptor", needed=True), "name") != "grype":
        raise UnreadableError("its descriptor does not name grype")
    found = tuple(_match(fields) for fields in parts(report, "matches", needed=True))
    return found, bool(text(part(report, "distro"), "name"))


def _match(fields: Fields) -> Vulnerability:
    vulnerability = part(fields, "vulnerability", needed=True)
    package = package_of_artifact(part(fields, "artifact", needed=True))
    id_ = text(vulnerability, "id", needed=True)
    related = [text(other, "id", needed=True) for other in parts(fields, "relatedVulnerabilities")]
    versions = texts(part(vulnerability, "fix"), "versions")
    return Vulnerability(
        id_,
        package,
        severity(text(vulnerability, "severity")),
        fixed_version=lowest_fix(package.kind, package.version, versions),
        aliases=tuple(dict.fromkeys(other for other in related if other != id_)),
        title=text(vulnerability, "description")[:200],
        url=text(vulnerability, "dataSource"),
    )
