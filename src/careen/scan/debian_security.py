"""debian-security: packages of the image that have a pending update in their security suite.

Nobody rates what a suite has, and a fix is there: each pending update counts as HIGH, which is
careen's own choice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from careen.engine.security_suite import Suite, fetch_suite, read_suite
from careen.errors import CareenError
from careen.image.tree import merge
from careen.image.weigh.packages import DEB, packages, release
from careen.image.weigh.view import View
from careen.scan.attempt import SkippedError, attempt, too_old
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
        architecture = next(
            (one.architecture for one in installed if one.architecture not in {"", "all"}), "amd64"
        )
        suite, why = _suite(how.databases / NAME, codename, architecture, how)
        report = ScannerReport(NAME, "ran", version=codename, packages=tuple(installed))
        if suite is None:
            return replace(report, status="unknown", reason=why)
        database = Database(suite.date, suite.name)
        report = replace(report, database=database, vulnerabilities=pending(installed, suite))
        stale = too_old(database, how) or _expired(suite, how)
        if stale:
            return replace(report, status="unknown", reason="\n".join(filter(None, [stale, why])))
        return replace(report, covers=frozenset({"deb"}))


def pending(installed: Iterable[Package], suite: Suite) -> tuple[Vulnerability, ...]:
    """Give the packages whose version is below the one that the suite has."""
    newest: dict[tuple[str, str], tuple[str, str, str]] = {}
    for one in suite.packages:
        known = newest.get((one.name, one.architecture))
        if known is None or version_key("deb", known[0]) < version_key("deb", one.version):
            newest[one.name, one.architecture] = (one.version, one.source, one.source_version)
    found = []
    for package in installed:
        fix = newest.get((package.name, package.architecture))
        if fix is None or version_key("deb", package.version) >= version_key("deb", fix[0]):
            continue
        version, source, source_version = fix
        found.append(
            Vulnerability(
                f"{NAME}:{source}@{source_version}",
                package,
                SEVERITY,
                fixed_version=version,
                title=f"pending security update of {source}",
                url=f"https://tracker.debian.org/pkg/{source}",
            )
        )
    return tuple(found)


def _suite(folder: Path, codename: str, architecture: str, how: How) -> tuple[Suite | None, str]:
    """Give the suite, a fresh one where it can be had, and why not where it cannot."""
    kept = read_suite(folder, codename, architecture)
    if kept is not None and abs(how.now - kept.fetched) < FRESH:
        return kept, ""
    if how.offline:
        why = "" if kept else f"the security suite of {codename} is not kept in {folder}: --offline"
        return kept, why
    how.say(f"{NAME}: fetching the security suite of {codename}")
    try:
        return fetch_suite(folder, codename, architecture), ""
    except CareenError as error:
        return kept, f"the security suite of {codename} cannot be fetched: {error}"


def _expired(suite: Suite, how: How) -> str:
    if suite.valid_until is None or how.now <= suite.valid_until:
        return ""
    return f"{suite.name} was to be believed until {suite.valid_until:%Y-%m-%d %H:%M} UTC"
