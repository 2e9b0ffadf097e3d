"""Docker Scout: what Docker's own service knows of an image; it wants a login."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from careen.engine.scanner_programs import Call, ScannerProgram, run_program
from careen.errors import CareenError, ProcessError
from careen.scan.archive_form import folder_or_docker_archive
from careen.scan.attempt import SkippedError, Tool, attempt, output_of, understood, work_folder
from careen.scan.model import Database, Kind, ScannerReport
from careen.scan.sarif_input import read_docker_scout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careen.scan.model import How, Target

PROGRAM = ScannerProgram("docker")
BLIND_TO = (
    "packages whose manager's database was removed from the image",
    "compiled programs that carry no metadata",
    "packages that an upper layer removed",
)
COVERS: frozenset[Kind] = frozenset({"deb", "apk", "python", "npm"})
# Where `docker login` without a server writes to.
_HUB = "https://index.docker.io/v1/"
_NO_PLUGIN = ("not a docker command", "unknown command")
_NO_LOGIN = ("log in with your docker id", "docker login", "not logged in", "unauthorized")


@dataclass(frozen=True)
class DockerScout:
    """The scanner, see https://docs.docker.com/scout/."""

    name: str = "docker-scout"
    tool: Tool = field(
        default_factory=lambda: Tool(PROGRAM, frozenset({0, 1}), ("scout", "version"))
    )

    def scan(self, target: Target, how: How) -> ScannerReport:
        """Ask Docker's service; skipped without the plugin, a login, or the network."""
        return attempt(self.name, BLIND_TO, lambda: self._look(target, how))

    def update(self, how: How) -> str:
        """Say that there is nothing to fetch.

        Raises:
            CareenError: always.
        """
        del how
        raise CareenError("docker-scout has no database here: it asks Docker's service")

    def _look(self, target: Target, how: How) -> ScannerReport:
        try:
            program, version = self.tool.ready(how)
        except ProcessError as error:
            if any(words in str(error).lower() for words in _NO_PLUGIN):
                raise SkippedError("the Docker CLI has no scout plugin") from None
            raise
        if how.offline:
            raise SkippedError("it asks Docker's service, and nothing may be fetched")
        if not logged_in(os.environ):
            raise SkippedError("it wants a login: docker login, or DOCKER_SCOUT_HUB_USER")
        with work_folder() as work:
            out = work / "scout.sarif.json"
            path = folder_or_docker_archive(target, work)
            call = Call(arguments(path, out), work, timeout_seconds=how.timeout_seconds)
            done = run_program(program, call)
            if done.returncode != 0 and any(words in done.stderr.lower() for words in _NO_LOGIN):
                raise SkippedError("it wants a login: docker login, or DOCKER_SCOUT_HUB_USER")
            text = output_of(out, done)
        return ScannerReport(
            self.name,
            "ran",
            version=version,
            database=Database(how.now, "Docker's service"),
            covers=COVERS,
            vulnerabilities=understood(f"docker scout {version}", text, read_docker_scout),
        )


def arguments(path: Path, out: Path) -> tuple[str, ...]:
    """Give the arguments of a scan of an archive of `docker save`, or of an OCI layout's folder."""
    form = "oci-dir" if path.is_dir() else "archive"
    return ("scout", "cves", f"{form}://{path}", "--format", "sarif", "--output", str(out))


def logged_in(environment: Mapping[str, str]) -> bool:
    """Tell whether somebody logged in to Docker's own registry here; no secret is read."""
    if environment.get("DOCKER_SCOUT_HUB_USER"):
        return True
    home = Path(environment.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        return _HUB in json.loads((home / "config.json").read_text())["auths"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
