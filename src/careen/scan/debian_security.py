"""debian-security: packages of the image that have a pending update in their security suite.

Nobody rates what a suite has, and a fix is there: each pending update counts as HIGH, which is
careen's own choice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from careen.engine.security_suite import Suite, SuitePackage, fetch_suite, read_suite
from careen.errors import CareenError
from careen.image.tree import merge
from careen.image.weigh.packages import DEB, packages, release
from careen.image.weigh.view import View
from careen.scan.attempt import SkippedError, attempt
from careen.scan.database import too_old
from careen.scan.model import Database, Package, ScannerReport, Severity, Vulnerability
from careen.scan.version_order import version_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from careen.image.model import Image
    from careen.scan.model import How, Target

NAME = "debian-security"
BLIND_TO = (
    "vulnerabilities that Debian has not fixed in its security suite",
    "which vulnerabilities an update fixes, and how grave they are",
    "all that is no package of Debian: Python distributions, compiled programs",
)
SEVERITY: Severity = "HIGH"
FRESH = timedelta(hours=6)
# Codenames of releases whose images may say no VERSION_CODENAME, by VERSION_ID.
_CODENAMES = {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky"}


@dataclass(frozen=True)
class DebianSecurity:
    """The scanner, see https://www.debian.org/security/."""

    name: str = NAME

    def scan(self, target: Target, how: How) -> ScannerReport:
        """Compare the image's packages with the signed security suite of its release."""
        return attempt(self.name, BLIND_TO, lambda: self._look(target.image, how))

    def update(self, how: How) -> str:
        """Fetch again each suite that is kept.

        Raises:
            CareenError: none is kept yet: the first scan of an image fetches its own.
        """
        kept = sorted((how.databases / NAME).glob("*-*.json"))
        if not kept:
            raise CareenError("no suite is kept yet: the first scan of an image fetches its own")
        lines = []
        for path in kept:
            codename, _, architecture = path.stem.partition("-")
            suite = fetch_suite(how.databases / NAME, codename, architecture)
            lines.append(f"{suite.name} {architecture} of {suite.date:%Y-%m-%d %H:%M} UTC")
        return ", ".join(lines)

    def _look(self, image: Image, how: How) -> ScannerReport:
        view = View(merge(image.layers), image.layers)
        system = release(view)
        if system is None or system.name != "debian":
            title = (system.title or system.name) if system else "of no system that it names"
            raise SkippedError(f"the image is not of Debian: {title}")
        codename = system.codename or _CODENAMES.get(system.version, "")
        if not codename:
            raise SkippedError(f"the image's release of Debian is not known: {system.title}")
        debs = [one for one in packages(view) if one.kind == DEB]
        report = ScannerReport(NAME, "ran", version=codename)
        if not debs:
            return replace(
                report,
                status="unknown",
                reason="the image is of Debian, and its package database is gone or empty",
            )
        installed = [
            Package(
                "deb",
                one.name,
                one.version,
                one.architecture,
                source=one.source,
                source_version=one.source_version,
            )
            for one in debs
        ]
        report = replace(report, packages=tuple(installed))
        folder = how.databases / NAME
        asked = [_suite(folder, codename, one, how) for one in _architectures(installed)]
        suites = [suite for suite, _ in asked if suite is not None]
        whys = [why for _, why in asked if why]
        if not suites:
            return replace(report, status="unknown", reason="\n".join(whys))
        oldest = min(suites, key=lambda suite: suite.date)
        database = Database(oldest.date, oldest.name)
        report = replace(report, database=database, vulnerabilities=pending(installed, *suites))
        stale = _stale(suites, database, how)
        if stale or len(suites) < len(asked):
            return replace(report, status="unknown", reason="\n".join([*stale, *whys]))
        return replace(report, covers=frozenset({"deb"}))


def pending(installed: Iterable[Package], *suites: Suite) -> tuple[Vulnerability, ...]:
    """Give the packages whose version is below the one that a suite has.

    A package may turn from one of an architecture to one of none (`all`), or back: as for apt,
    that is an update too.
    """
    newest: dict[tuple[str, str], SuitePackage] = {}
    for suite in suites:
        for one in suite.packages:
            places = {one.architecture, suite.architecture if one.architecture == "all" else "all"}
            for place in places:
                known = newest.get((one.name, place))
                if known is None or _below(known.version, one.version):
                    newest[one.name, place] = one
    found = []
    for package in installed:
        fix = newest.get((package.name, package.architecture))
        if fix is None or not _below(package.version, fix.version):
            continue
        found.append(
            Vulnerability(
                f"{NAME}:{fix.source}@{fix.source_version}",
                package,
                SEVERITY,
                fixed_version=fix.version,
                title=f"pending security update of {fix.source}",
                url=f"https://tracker.debian.org/pkg/{fix.source}",
            )
        )
    return tuple(found)


def _below(one: str, other: str) -> bool:
    return version_key("deb", one) < version_key("deb", other)


def _architectures(installed: Iterable[Package]) -> list[str]:
    """Give all that an image has packages of: an i386 program may stand on an amd64 image."""
    found = {one.architecture for one in installed} - {"", "all"}
    return sorted(found) or ["amd64"]


def _suite(folder: Path, codename: str, architecture: str, how: How) -> tuple[Suite | None, str]:
    """Give the suite, a fresh one where it can be had, and why not where it cannot."""

    def fresh(suite: Suite) -> bool:
        return abs(how.now - suite.fetched) < FRESH

    kept = read_suite(folder, codename, architecture)
    if kept is not None and fresh(kept):
        return kept, ""
    if how.offline:
        why = "" if kept else f"the security suite of {codename} is not kept in {folder}: --offline"
        return kept, why
    how.say(f"{NAME}: fetching the security suite of {codename}")
    try:
        return fetch_suite(folder, codename, architecture, fresh=fresh), ""
    except CareenError as error:
        return kept, f"the security suite of {codename} cannot be fetched: {error}"


def _stale(suites: Iterable[Suite], database: Database, how: How) -> list[str]:
    """Say why suites tell nothing about what they do not have; [] where they do."""
    age = too_old(database, how)
    return [age] if age else [why for one in suites if (why := _expired(one, how))][:1]


def _expired(suite: Suite, how: How) -> str:
    if suite.valid_until is None or how.now <= suite.valid_until:
        return ""
    return f"{suite.name} was to be believed until {suite.valid_until:%Y-%m-%d %H:%M} UTC"
