"""Joins what several scanners say: one finding per vulnerability and package."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from careen.scan.model import SEVERITIES, Finding, Origin
from careen.scan.version_order import lowest_fix, version_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from careen.scan.model import (
        Installed,
        Kind,
        ScannerReport,
        Severity,
        Vulnerability,
    )

PENDING_UPDATE = "debian-security:"


@dataclass(frozen=True)
class _Said:
    """One scanner's word on one vulnerability: *ids* join it with others, *also* does not."""

    scanner: str
    vulnerability: Vulnerability
    ids: frozenset[str]
    also: frozenset[str]


def join(reports: Sequence[ScannerReport], installed: Sequence[Installed]) -> tuple[Finding, ...]:
    """Give one finding for all that share an id or an alias in one package, the gravest first.

    An advisory that names several CVEs is no bridge between them: it counts for each of them. A
    pending update of Debian's security suite that names no CVE is a finding of its own, unless
    others found in the same package what that update mends, and rate it no lower.

    Args:
        reports: of one image, in any order.
        installed: careen's own inventory of it, for where a package came from.
    """
    ours = {one.package.key: one for one in sorted(installed, key=repr)}
    said: dict[tuple[Kind, str, str], list[_Said]] = defaultdict(list)
    for report in reports:
        for one in report.vulnerabilities:
            said[one.package.key] += _split(report.scanner, one)
    found: list[Finding] = []
    for key, words in said.items():
        groups = _groups(sorted(words, key=repr))
        found += _absorbed([_finding(group, ours.get(key)) for group in groups])
    return tuple(sorted(found, key=_order))


def gravest(severities: Iterable[Severity]) -> Severity:
    """Give the gravest; UNKNOWN where there is none.

    >>> gravest(["LOW", "HIGH", "UNKNOWN"])
    'HIGH'
    """
    return min(severities, key=SEVERITIES.index, default="UNKNOWN")


def _split(scanner: str, one: Vulnerability) -> list[_Said]:
    names = frozenset({one.id, *one.aliases})
    cves = sorted(name for name in names if name.startswith("CVE-"))
    if not cves[1:]:
        return [_Said(scanner, one, names, frozenset())]
    return [_Said(scanner, one, frozenset({cve}), names - set(cves)) for cve in cves]


def _groups(words: Sequence[_Said]) -> list[list[_Said]]:
    """Put together what shares an id, also by way of a third (union-find)."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = name = parent[parent[name]]
        return name

    for word in words:
        first, *others = sorted(word.ids)
        for other in others:
            parent[root(other)] = root(first)
    groups: dict[str, list[_Said]] = defaultdict(list)
    for word in words:
        groups[root(min(word.ids))].append(word)
    return list(groups.values())


def _finding(words: Sequence[_Said], ours: Installed | None) -> Finding:
    first = min(words, key=lambda word: (word.scanner, repr(word)))
    names = {name for word in words for name in word.ids}
    cves = sorted(name for name in names if name.startswith("CVE-"))
    by_scanner: dict[str, Severity] = {}
    for word in words:
        before = by_scanner.get(word.scanner, "UNKNOWN")
        by_scanner[word.scanner] = gravest((before, word.vulnerability.severity))
    package = ours.package if ours else first.vulnerability.package
    id_ = cves[0] if cves else first.vulnerability.id
    also = {name for word in words for name in word.also}
    fixes = (word.vulnerability.fixed_version for word in words)
    return Finding(
        id=id_,
        package=package,
        severity=gravest(by_scanner.values()),
        severities=tuple(sorted(by_scanner.items())),
        aliases=tuple(sorted((names | also) - {id_})),
        fixed_version=lowest_fix(package.kind, package.version, fixes),
        origin=ours.origin if ours else Origin(),
        title=next((word.vulnerability.title for word in words if word.vulnerability.title), ""),
        url=next((word.vulnerability.url for word in words if word.vulnerability.url), ""),
    )


def _absorbed(found: Sequence[Finding]) -> list[Finding]:
    pending = [one for one in found if one.id.startswith(PENDING_UPDATE)]
    named = [one for one in found if not one.id.startswith(PENDING_UPDATE)]
    kept = []
    for update in pending:
        mended = [one for one in named if _mends(update, one)]
        worst = gravest(one.severity for one in mended)
        if not mended or SEVERITIES.index(update.severity) < SEVERITIES.index(worst):
            # What nobody else rates as grave is not to vanish in something slighter.
            kept.append(update)
            continue
        seen = dict(update.severities)
        named = [
            replace(one, severities=tuple(sorted((seen | dict(one.severities)).items())))
            if one in mended
            else one
            for one in named
        ]
    return [*named, *kept]


def _mends(update: Finding, one: Finding) -> bool:
    kind = one.package.kind
    version = update.fixed_version or update.id.rpartition("@")[2]
    return bool(one.fixed_version) and version_key(kind, one.fixed_version) <= version_key(
        kind, version
    )


def _order(one: Finding) -> tuple[object, ...]:
    return SEVERITIES.index(one.severity), one.package.key, one.id, one.aliases
