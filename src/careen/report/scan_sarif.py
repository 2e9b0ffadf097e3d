"""A scan as SARIF 2.1.0, one run for each image, for code scanning.

The data is what `careen.scan.document.to_json` gives. A result is at the file in the image that
holds the package's metadata or the secret, below the base IMAGE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.sarif import link, log, notice, quoted, suppression
from careen.report.scan import brought_by, secret_place
from careen.report.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEVELS = {"CRITICAL": "error", "HIGH": "error", "MEDIUM": "warning"}
# GitHub sorts by this: docs.github.com, "SARIF support for code scanning".
_SCORES = {"CRITICAL": "9.5", "HIGH": "8.0", "MEDIUM": "5.5", "LOW": "2.0", "NEGLIGIBLE": "0.1"}
_STATUSES = {"failed": "error", "unknown": "error", "skipped": "note"}


def scan_sarif(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give a SARIF log; what nobody knows makes a run's invocation unsuccessful."""
    return log([_run(data, image) for image in data["images"]])


def _run(data: Mapping[str, Any], image: Mapping[str, Any]) -> dict[str, Any]:
    rules: dict[str, dict[str, Any]] = {}
    for one in image["findings"]:
        rules.setdefault(one["id"], _rule(one))
    for one in image["secrets"]:
        title = {"text": clean(one["title"])}
        rules.setdefault(one["rule"], {"id": clean(one["rule"]), "shortDescription": title})
    index = {name: at for at, name in enumerate(rules)}
    reasons = {(one["id"], one["package"]): one["reason"] for one in image["waived"]}
    notices = [
        notice(_STATUSES[one["status"]], f"{one['name']}: {one['status']}: {one['reason']}")
        for one in data["scanners"]
        if one["image"] == image["name"] and one["status"] in _STATUSES
    ]
    notices += [
        notice("note" if one["allowed"] else "error", f"unknown: {one['name']}: {one['reason']}")
        for one in image["unknown"]
    ]
    sure = all(one["allowed"] for one in image["unknown"])
    driver = {"name": "careen", "version": data["careen"], "rules": list(rules.values())}
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"careen-scan/{quoted(image['name'])}/"},
        "invocations": [{"executionSuccessful": sure, "toolExecutionNotifications": notices}],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"IMAGE": {"description": {"text": "the image's root"}}},
        "results": [
            *(_result(one, index[one["id"]], reasons) for one in image["findings"]),
            *(_secret(one, index[one["rule"]]) for one in image["secrets"]),
        ],
    }


def _rule(one: Mapping[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": clean(one["id"]),
        "shortDescription": {"text": clean(one["title"]) or clean(one["id"])},
    }
    if one["url"].startswith("https://"):
        rule["helpUri"] = link(clean(one["url"]))
    if one["severity"] in _SCORES:
        rule["properties"] = {"security-severity": _SCORES[one["severity"]], "tags": ["security"]}
    return rule


def _result(
    one: Mapping[str, Any], index: int, reasons: Mapping[tuple[str, str], str]
) -> dict[str, Any]:
    package = one["package"]
    fixed = f"fixed in {one['fixed_version']}" if one["fixed_version"] else "no fix is known"
    text = (
        f"{package['name']} {package['version']} has {one['id']} ({one['severity']}): {fixed}; "
        f"seen by {', '.join(one['severities'])}; brought by {brought_by(one['origin'])}"
    )
    result: dict[str, Any] = {
        "ruleId": clean(one["id"]),
        "ruleIndex": index,
        "level": _LEVELS.get(one["severity"], "note"),
        "message": {"text": clean(text)},
        "locations": [_location(package["path"] or package["name"], None)],
        "partialFingerprints": {"package/v1": clean(f"{package['kind']}/{package['name']}")},
    }
    if one["verdict"] == "waived":
        result |= suppression("external", reasons.get((one["id"], package["name"]), ""))
    return result


def _secret(one: Mapping[str, Any], index: int) -> dict[str, Any]:
    return {
        "ruleId": clean(one["rule"]),
        "ruleIndex": index,
        "level": "error",
        "message": {"text": clean(secret_place(one))},
        "locations": [_location(one["path"] or one["place"], one["line"])],
    }


def _location(path: str, line: int | None) -> dict[str, Any]:
    artifact = {"uri": quoted(path), "uriBaseId": "IMAGE"}
    region = {"startLine": line or 1}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
