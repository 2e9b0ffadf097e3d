"""Reads the SARIF of Docker Scout and of Snyk, each with its own way to name a package."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.scan import json_fields
from careen.scan.json_fields import Fields, UnreadableError, part, parts, text, texts
from careen.scan.model import Kind, Package, Vulnerability
from careen.scan.purl import package_of
from careen.scan.severity import severity
from careen.scan.version_order import lowest_fix

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "2.1.0"
_SNYK_RULE = re.compile(r"(?P<severity>[A-Za-z]+) severity - (?P<title>.*)")
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}")
# The package managers of Snyk's tags.
_SNYK_KINDS: dict[str, Kind] = {
    "deb": "deb", "apk": "apk", "pip": "python", "poetry": "python", "pipenv": "python",
    "npm": "npm", "yarn": "npm", "pnpm": "npm",
}  # fmt: skip


def read_docker_scout(document: str) -> tuple[Vulnerability, ...]:
    """Read what `docker scout cves --format sarif` writes: a rule per vulnerability, with purls.

    Raises:
        ValueError: it is no such report.
    """
    return tuple(
        found
        for run in _runs(document, "docker scout")
        for rule in parts(_driver(run), "rules")
        for found in _scout_rule(rule)
    )


def read_snyk(document: str) -> tuple[Vulnerability, ...]:
    """Read what `snyk container test --sarif` writes: a rule per issue, a result per package.

    See src/lib/formatters/sarif-output.ts and get-sarif-result.ts in Snyk's command line.

    Raises:
        UnreadableError: it is no such report.
    """
    found: list[Vulnerability] = []
    for run in _runs(document, "snyk"):
        rules = {text(rule, "id", needed=True): rule for rule in parts(_driver(run), "rules")}
        for result in parts(run, "results"):
            id_ = text(result, "ruleId", needed=True)
            if id_ not in rules:
                raise UnreadableError(f"there is no rule {id_[:80]}")
            found += _snyk_result(id_, rules[id_], result)
    return tuple(dict.fromkeys(found))


def _runs(document: str, driver: str) -> list[Fields]:
    """Give the runs; a report of none is no clean image but a broken report."""
    report = json_fields.parse(document)
    if report.get("version") != VERSION:
        raise UnreadableError(f"its SARIF version is {report.get('version')!r}, not {VERSION}")
    runs = list(parts(report, "runs", needed=True))
    if not runs:
        raise UnreadableError("it has no run")
    for run in runs:
        name = text(_driver(run), "name", needed=True)
        if not name.lower().startswith(driver):
            raise UnreadableError(f"it is of {name[:80]}, not of {driver}")
    return runs


def _driver(run: Fields) -> Fields:
    return part(part(run, "tool", needed=True), "driver", needed=True)


def _scout_rule(rule: Fields) -> Iterator[Vulnerability]:
    id_ = text(rule, "id", needed=True)
    properties = part(rule, "properties", needed=True)
    purls = texts(properties, "purls") or tuple(filter(None, [text(properties, "purl")]))
    if not purls:
        raise UnreadableError(f"{id_[:80]} names no package")
    fixed = text(properties, "fixed_version")
    for purl in purls:
        package = package_of(purl)
        yield Vulnerability(
            id_,
            package,
            severity(text(properties, "cvssV3_severity")),
            fixed_version=""
            if fixed == "not fixed"
            else lowest_fix(package.kind, package.version, [fixed]),
            title=text(part(rule, "shortDescription"), "text"),
            url=text(rule, "helpUri"),
        )


def _snyk_result(id_: str, rule: Fields, result: Fields) -> Iterator[Vulnerability]:
    short = text(part(rule, "shortDescription", needed=True), "text", needed=True)
    match = _SNYK_RULE.fullmatch(short)
    cves = _CVE.findall(text(part(rule, "fullDescription"), "text"))
    tags = texts(part(rule, "properties"), "tags")
    kinds: list[Kind] = [_SNYK_KINDS[tag] for tag in tags if tag in _SNYK_KINDS]
    kind: Kind = kinds[0] if kinds else "other"
    names = [
        text(place, "fullyQualifiedName", needed=True)
        for location in parts(result, "locations", needed=True)
        for place in parts(location, "logicalLocations", needed=True)
    ]
    if not names:
        raise UnreadableError(f"{id_[:80]} names no package")
    for full in names:
        name, _, version = full.rpartition("@")
        if not name or not version:
            raise UnreadableError(f"{full[:80]} names no package with a version")
        # A deb or apk stands as SOURCE/BINARY.
        source, _, binary = name.rpartition("/") if kind in {"deb", "apk"} else ("", "", name)
        yield Vulnerability(
            cves[0] if cves else id_,
            Package(kind, binary, version, source=source),
            severity(match["severity"] if match else ""),
            aliases=(*cves[1:], id_) if cves else (),
            title=match["title"] if match else short,
            url=f"https://security.snyk.io/vuln/{id_}",
        )
