"""Reads trivy's JSON, schema version 2."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.image.redaction import redacted
from careen.scan import json_fields
from careen.scan.json_fields import Fields, UnreadableError, number, part, parts, text, texts
from careen.scan.model import (
    Kind,
    License,
    Misconfiguration,
    Package,
    Place,
    Secret,
    Vulnerability,
)
from careen.scan.severity import severity
from careen.scan.version_order import lowest_fix

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA_VERSION = 2
# trivy's pkg/fanal/types: its types of operating systems and of language packages.
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("debian", "ubuntu"), "deb"),
    **dict.fromkeys(("alpine", "wolfi", "chainguard", "minimos"), "apk"),
    **dict.fromkeys(
        ("python-pkg", "conda-pkg", "pip", "pipenv", "poetry", "uv", "pylock"), "python"
    ),
    **dict.fromkeys(("node-pkg", "npm", "yarn", "pnpm", "bun"), "npm"),
}
_LANGUAGES: frozenset[Kind] = frozenset({"python", "npm"})
_VARIABLE = re.compile(r'\s*"([A-Za-z_]\w*)=')
_KEY = re.compile(r'\s*"([\w./-]+)": ')


@dataclass(frozen=True)
class Seen:
    """What trivy says of one image.

    Attributes:
        covers: kinds whose vulnerabilities it knows, given a database: an operating system counts
            where trivy knows its release, and the release still gets advisories.
    """

    covers: frozenset[Kind]
    packages: tuple[Package, ...]
    vulnerabilities: tuple[Vulnerability, ...]
    secrets: tuple[Secret, ...]
    misconfigurations: tuple[Misconfiguration, ...]
    licenses: tuple[License, ...]


def read_report(document: str, layers: Sequence[tuple[str, str]]) -> Seen:
    """Read a report.

    Args:
        document: what `trivy image --format json` wrote.
        layers: of the image from the base upwards: diff id and instruction.

    Raises:
        UnreadableError: it is no such report.
    """
    report = json_fields.parse(document)
    if report.get("SchemaVersion") != SCHEMA_VERSION:
        raise UnreadableError(
            f"its schema version is {report.get('SchemaVersion')!r}, not {SCHEMA_VERSION}"
        )
    system = part(part(report, "Metadata", needed=True), "OS")
    results = list(parts(report, "Results"))
    packages = [
        (text(part(fields, "Identifier"), "UID"), _package(fields, _kind(result)))
        for result in results
        for fields in parts(result, "Packages")
    ]
    known = dict(packages)
    image = text(report, "ArtifactName")
    return Seen(
        covers=_covers(system),
        packages=tuple(package for _, package in packages),
        vulnerabilities=tuple(
            _vulnerability(fields, result, known)
            for result in results
            for fields in parts(result, "Vulnerabilities")
        ),
        secrets=tuple(
            _secret(fields, text(result, "Target"), image, layers)
            for result in results
            for fields in parts(result, "Secrets")
        ),
        misconfigurations=tuple(
            _misconfiguration(fields, text(result, "Target"), image)
            for result in results
            for fields in parts(result, "Misconfigurations")
            if text(fields, "Status") in {"", "FAIL"}
        ),
        licenses=tuple(
            _license(fields) for result in results for fields in parts(result, "Licenses")
        ),
    )


def _covers(system: Fields) -> frozenset[Kind]:
    kind = _KINDS.get(text(system, "Family"))
    if kind is None or not text(system, "Name") or system.get("EOSL") is True:
        return _LANGUAGES
    return _LANGUAGES | {kind}


def _kind(result: Fields) -> Kind:
    return _KINDS.get(text(result, "Type"), "other")


def _package(fields: Fields, kind: Kind) -> Package:
    system = kind in {"deb", "apk"}
    return Package(
        kind,
        text(fields, "Name", needed=True),
        _version(fields, ""),
        architecture=text(fields, "Arch") if system else "",
        path=text(fields, "FilePath").lstrip("/"),
        source=text(fields, "SrcName"),
        source_version=_version(fields, "Src"),
    )


def _version(fields: Fields, prefix: str) -> str:
    """Put a version together from the parts that trivy splits it into."""
    epoch = number(fields, f"{prefix}Epoch") or 0
    version = text(fields, f"{prefix}Version")
    release = text(fields, f"{prefix}Release")
    return (f"{epoch}:" if epoch else "") + version + (f"-{release}" if release else "")


def _vulnerability(fields: Fields, result: Fields, known: dict[str, Package]) -> Vulnerability:
    installed = text(fields, "InstalledVersion")
    uid = text(part(fields, "PkgIdentifier"), "UID")
    package = known.get(uid) if uid else None
    if package is None:
        package = Package(
            _kind(result),
            text(fields, "PkgName", needed=True),
            installed,
            path=text(fields, "PkgPath").lstrip("/"),
        )
    return Vulnerability(
        text(fields, "VulnerabilityID", needed=True),
        package,
        severity(text(fields, "Severity")),
        fixed_version=lowest_fix(package.kind, installed, [text(fields, "FixedVersion")]),
        aliases=texts(fields, "VendorIDs"),
        title=text(fields, "Title"),
        url=text(fields, "PrimaryURL"),
    )


def _secret(fields: Fields, target: str, image: str, layers: Sequence[tuple[str, str]]) -> Secret:
    """Give a secret without what trivy shows of it: `Match` and `Code` hold the line around it."""
    diff_id = text(part(fields, "Layer"), "DiffID")
    numbers = [place for place, (known, _) in enumerate(layers, start=1) if diff_id == known]
    layer = numbers[0] if diff_id and numbers else None
    if not diff_id and target in {"", image}:
        place, path = _place_in_configuration(text(fields, "Match"))
    else:
        place, path = "file", target.lstrip("/")
    return Secret(
        rule=text(fields, "RuleID", needed=True),
        title=text(fields, "Title"),
        place=place,
        path=path,
        line=number(fields, "StartLine") if place == "file" else None,
        layer=layer,
        diff_id=diff_id,
        instruction=redacted(layers[layer - 1][1]) if layer else "",
    )


def _place_in_configuration(line: str) -> tuple[Place, str]:
    """Tell from the line of the configuration's JSON, which trivy has masked, where it stands.

    >>> _place_in_configuration('"AWS_ACCESS_KEY_ID=********************"')
    ('environment', 'AWS_ACCESS_KEY_ID')
    >>> _place_in_configuration('"created_by": "RUN GH=****"')
    ('history', '')
    """
    if match := _VARIABLE.match(line):
        return "environment", match[1]
    if match := _KEY.match(line):
        return ("history", "") if match[1] in {"created_by", "comment"} else ("label", match[1])
    return "command", ""


def _misconfiguration(fields: Fields, target: str, image: str) -> Misconfiguration:
    return Misconfiguration(
        text(fields, "ID", needed=True),
        severity(text(fields, "Severity")),
        text(fields, "Title") or text(fields, "Message"),
        path="" if target == image else target.lstrip("/"),
        line=number(part(fields, "CauseMetadata"), "StartLine"),
        advice=text(fields, "Resolution"),
    )


def _license(fields: Fields) -> License:
    return License(
        text(fields, "Name", needed=True),
        severity(text(fields, "Severity")),
        package=text(fields, "PkgName"),
        path=text(fields, "FilePath").lstrip("/"),
    )
