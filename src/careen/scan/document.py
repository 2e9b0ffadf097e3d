"""The JSON form of a scan; `scan.schema.json` describes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from careen import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.scan.model import Finding, Package, ScannerReport
    from careen.scan.policy import ImageOutcome, Outcome, Rules, Scanned

SCHEMA_VERSION = 1


def to_json(images: Sequence[Scanned], outcome: Outcome, rules: Rules) -> dict[str, Any]:
    """Give the document; *outcome* is what `careen.scan.policy.judge` says of *images*."""
    judged = list(zip(images, outcome.images, strict=True))
    return {
        "schema_version": SCHEMA_VERSION,
        "careen": __version__,
        "outcome": outcome.outcome,
        "fail_on": list(rules.fail_on),
        "waivers": list(outcome.waivers),
        "scanners": [_scanner(one.name, report) for one in images for report in one.reports],
        "findings": [
            {"image": one.name} | _finding(found, said)
            for one, said in judged
            for found in one.findings
        ],
        "images": [_image(one, said) for one, said in judged],
    }


def missed(image: Scanned) -> list[tuple[str, Package]]:
    """Compare inventories: packages of ours that a scanner with an inventory did not see.

    Kinds that a scanner saw nothing of, and does not cover, are not its own to miss.
    """
    ours = {one.package.key: one.package for one in image.installed}
    found = []
    for report in image.reports:
        if report.packages is None or report.status not in {"ran", "unknown"}:
            continue
        seen = {one.key for one in report.packages}
        kinds = report.covers | {kind for kind, _, _ in seen}
        found += [
            (report.scanner, ours[key])
            for key in sorted(ours)
            if key not in seen and key[0] in kinds
        ]
    return found


def _scanner(image: str, report: ScannerReport) -> dict[str, Any]:
    database = report.database
    updated = database.updated if database else None
    return {
        "image": image,
        "name": report.scanner,
        "status": report.status,
        "reason": report.reason,
        "version": report.version,
        "database": database
        and {"updated": updated and updated.isoformat(), "origin": database.origin},
        "covers": sorted(report.covers),
        "blind_to": list(report.blind_to),
        "seconds": report.seconds,
    }


def _finding(one: Finding, said: ImageOutcome) -> dict[str, Any]:
    waived = any(one == found for found, _ in said.waived)
    return {
        "id": one.id,
        "aliases": list(one.aliases),
        "package": asdict(one.package),
        "severity": one.severity,
        "severities": dict(one.severities),
        "fixed_version": one.fixed_version,
        "origin": asdict(one.origin),
        "title": one.title,
        "url": one.url,
        "verdict": "failed" if one in said.failing else "waived" if waived else "passed",
    }


def _image(one: Scanned, said: ImageOutcome) -> dict[str, Any]:
    licenses: dict[str, int] = {}
    for name in sorted(licence.name for report in one.reports for licence in report.licenses):
        licenses[name] = licenses.get(name, 0) + 1
    return {
        "name": one.name,
        "stand_in": one.stand_in,
        "outcome": said.outcome,
        "findings": [_finding(found, said) for found in one.findings],
        "secrets": [asdict(secret) for secret in said.secrets],
        "misconfigurations": [
            {"scanner": report.scanner} | asdict(found)
            for report in one.reports
            for found in report.misconfigurations
        ],
        "licenses": licenses,
        "packages": [asdict(installed.package) for installed in one.installed],
        "unseen": list(one.unseen),
        "missed": [
            {"scanner": scanner, "package": asdict(package)} for scanner, package in missed(one)
        ],
        "upgrades": [
            {
                "how": upgrade.how,
                "package": upgrade.package,
                "installed": list(upgrade.installed),
                "to": upgrade.to,
                "ids": list(upgrade.ids),
                "packages": [{"name": name, "to": to} for name, to in upgrade.packages],
            }
            for upgrade in said.upgrades
        ],
        "without_fix": [
            {"id": found.id, "package": found.package.name} for found in said.without_fix
        ],
        "waived": [
            {
                "id": found.id,
                "package": found.package.name,
                "reason": waiver.reason,
                "expires": waiver.expires.isoformat(),
            }
            for found, waiver in said.waived
        ],
        "unknown": [asdict(unknown) for unknown in said.unknown],
    }
