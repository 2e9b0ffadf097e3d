"""Snyk: what Snyk's service knows of an image; it wants a token."""

from __future__ import annotations

import os
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from careen.engine.scanner_programs import Call, ScannerProgram, run_program
from careen.errors import CareenError
from careen.scan.archive_form import folder_or_docker_archive
from careen.scan.attempt import SkippedError, Tool, attempt, output_of, understood, work_folder
from careen.scan.model import Database, Kind, ScannerReport
from careen.scan.sarif_input import read_snyk

if TYPE_CHECKING:
    from pathlib import Path

    from careen.scan.model import How, Target

PROGRAM = ScannerProgram("snyk")
BLIND_TO = (
    "packages whose manager's database was removed from the image",
    "compiled programs that carry no metadata",
    "packages that an upper layer removed",
    "which version of a package a vulnerability is fixed in: its SARIF does not say it",
)
COVERS: frozenset[Kind] = frozenset({"deb", "apk", "python", "npm"})
# 0: nothing found, 1: something found; 2 and 3 are failures.
_RAN = frozenset({0, 1})


@dataclass(frozen=True)
class Snyk:
    """The scanner, see https://docs.snyk.io/snyk-cli/commands/container-test."""

    name: str = "snyk"
    tool: Tool = field(default_factory=lambda: Tool(PROGRAM, frozenset({1})))

    def scan(self, target: Target, how: How) -> ScannerReport:
        """Ask Snyk's service; skipped without the program, a token, or the network."""
        return attempt(self.name, BLIND_TO, lambda: self._look(target, how))

    def update(self, how: How) -> str:
        """Say that there is nothing to fetch.

        Raises:
            CareenError: always.
        """
        del how
        raise CareenError("snyk has no database here: it asks Snyk's service")

    def _look(self, target: Target, how: How) -> ScannerReport:
        program, version = self.tool.ready(how)
        if how.offline:
            raise SkippedError("it asks Snyk's service, and nothing may be fetched")
        if not os.environ.get("SNYK_TOKEN"):
            raise SkippedError("it wants a login: SNYK_TOKEN is not set")
        with work_folder() as work:
            out = work / "snyk.sarif.json"
            path = folder_or_docker_archive(target, work)
            if path.is_dir():
                path = packed(path, work / "oci.tar")
            call = Call(
                arguments(path, out, "docker-archive" if path == target.archive else "oci-archive"),
                work,
                environment={"SNYK_DISABLE_ANALYTICS": "1"},
                timeout_seconds=how.timeout_seconds,
            )
            text = output_of(out, run_program(program, call), fine=_RAN)
        return ScannerReport(
            self.name,
            "ran",
            version=version,
            database=Database(how.now, "Snyk's service"),
            covers=COVERS,
            vulnerabilities=understood(f"snyk {version}", text, read_snyk),
        )


def packed(folder: Path, path: Path) -> Path:
    """Pack an OCI layout: Snyk reads no folders."""
    with tarfile.open(path, "w") as archive:
        for name in ("oci-layout", "index.json", "blobs"):
            archive.add(folder / name, name)
    return path


def arguments(path: Path, out: Path, form: str) -> tuple[str, ...]:
    """Give the arguments of a scan of an archive: docker-archive or oci-archive."""
    return (
        *("container", "test", f"{form}:{path}", f"--sarif-file-output={out}"),
        *("--app-vulns", "--severity-threshold=low"),
    )
