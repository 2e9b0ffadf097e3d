"""A scan for a terminal, and as suites of JUnit's cases: what fails, what nobody knows, what to do.

The data is what `careen.scan.document.to_json` gives; all names in it are a stranger's text.
"""

from __future__ import annotations

import sys
from collections import Counter
from textwrap import fill
from typing import TYPE_CHECKING, Any

from careen.report.markdown import one_line
from careen.report.terminal import render_table, terminal_width

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOW = {
    "apt": "apt-get: upgrade {package} to {to}",
    "apk": "apk: upgrade {package} to {to}",
    "requirements": "requirements: pin {package} to {to}",
    "npm": "npm: {package} to {to}",
    "rebuild": "{package}: a build of {to}",
}
STAND_IN = (
    "† on a stand-in base that careen made: what it holds is not what the published one holds"
)
_ENDS = {
    "passed": "passed",
    "failed": "FAILED",
    "unknown": "UNKNOWN: what nobody could see is not taken for clean",
}


def render_scan(data: Mapping[str, Any], *, width: int | None = None) -> str:
    """Give each image's failures, then what is unknown and why, what to upgrade, the counts."""
    parts = [_image(data, image, width) for image in data["images"]]
    ends = [f"waivers: {one_line(fault)}" for fault in data["waivers"]]
    ends += [STAND_IN] if any(image["stand_in"] for image in data["images"]) else []
    ends.append(f"{len(data['images'])} scanned: {_ENDS[data['outcome']]}")
    return "\n".join([*parts, *(_wrapped(line, width) for line in ends)]) + "\n"


def scan_suites(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give one suite per image for `careen.report.junit.junit`.

    Cases: each scanner, each finding, each secret, each unknown that is no scanner's.
    """
    suites = []
    for image in data["images"]:
        scanners = [one for one in data["scanners"] if one["image"] == image["name"]]
        allowed = {one["name"] for one in image["unknown"] if one["allowed"]}
        cases = [_scanner_case(one, allowed) for one in scanners]
        cases += [
            {
                "name": f"{one['id']} in {one['package']['name']} {one['package']['version']}",
                "status": {"waived": "skipped"}.get(one["verdict"], one["verdict"]),
                "message": f"{one['severity']}: {one['title']}",
                "text": f"fixed in {one['fixed_version']}" if one["fixed_version"] else "no fix",
            }
            for one in image["findings"]
        ]
        cases += [
            {"name": f"secret: {secret_place(one)}", "status": "failed", "message": one["title"]}
            for one in image["secrets"]
        ]
        names = {one["name"] for one in scanners}
        cases += [
            {
                "name": f"unknown: {one['name']}",
                "status": "skipped" if one["allowed"] else "unknown",
                "message": one["reason"],
            }
            for one in image["unknown"]
            if one["name"] not in names
        ]
        suites.append({"name": image["name"], "cases": cases})
    if data["waivers"]:
        cases = [{"name": one, "status": "failed", "message": one} for one in data["waivers"]]
        suites.append({"name": "waivers", "cases": cases})
    return suites


def secret_place(one: Mapping[str, Any]) -> str:
    """Say where a secret stands, and what it is of, without it."""
    line = f":{one['line']}" if one["line"] is not None else ""
    layer = f", layer {one['layer']}" if one["layer"] is not None else ""
    gone = ", removed by an upper layer but still there" if one["removed"] else ""
    masked = f" {one['masked']}" if one["masked"] else ""
    return f"{one['rule']}{masked} in {one['place']} {one['path']}{line}{layer}{gone}"


def brought_by(origin: Mapping[str, Any]) -> str:
    """Say which layer and instruction brought a package, and whether it is the base's."""
    whose = {True: "base", False: "ours", None: ""}[origin["in_base"]]
    layer = f"layer {origin['layer']}" if origin["layer"] is not None else ""
    text = one_line(origin["instruction"])[:60]
    return ", ".join(part for part in (whose, layer, text) if part) or "—"


def upgrade_text(one: Mapping[str, Any]) -> str:
    """Say what to upgrade to what, and how."""
    if one["how"] == "base":
        parts = ", ".join(f"{part['name']} {part['to']}" for part in one["packages"])
        return one_line(f"take a newer base image, with {parts} or later")
    binaries = ", ".join(part["name"] for part in one["packages"])
    package = f"{one['package']} ({binaries})" if binaries else one["package"]
    return one_line(_HOW[one["how"]].format(package=package, to=one["to"]))


def _image(data: Mapping[str, Any], image: Mapping[str, Any], width: int | None) -> str:
    failing = [one for one in image["findings"] if one["verdict"] == "failed"]
    lines = []
    if failing:
        rows = [
            [
                one["severity"],
                one["id"],
                one["package"]["name"],
                f"{one['package']['version']} -> {one['fixed_version'] or 'no fix'}",
                ", ".join(one["severities"]),
                brought_by(one["origin"]),
            ]
            for one in failing
        ]
        headers = ["severity", "id", "package", "version -> fixed", "seen by", "brought by"]
        title = f"{_named(image)}: what fails"
        lines.append(render_table(headers, rows, [], title, width=width))
    else:
        lines.append(f"{_named(image)}: no finding fails")
    table = lines.pop()
    lines += [f"  secret: {one_line(secret_place(one))}" for one in image["secrets"]]
    lines += [
        f"  unknown{' (allowed)' * one['allowed']}: {one['name']}: {one_line(one['reason'])}"
        for one in image["unknown"]
    ]
    lines += [
        f"  skipped: {one['name']}: {one_line(one['reason'])}"
        for one in data["scanners"]
        if one["image"] == image["name"] and one["status"] == "skipped"
    ]
    lines += [
        f"  ran: {_version(one)}"
        for one in data["scanners"]
        if one["image"] == image["name"] and one["status"] == "ran"
    ]
    missed = Counter(one["scanner"] for one in image["missed"])
    lines += [f"  {name} did not see {n} of the image's packages" for name, n in missed.items()]
    lines += [f"  to pass: {upgrade_text(one)}" for one in image["upgrades"]]
    without = sorted({f"{one['package']} ({one['id']})" for one in image["without_fix"]})
    if without:
        lines.append(f"  no fix is known: {one_line(', '.join(without))}")
    worst = Counter(one["severity"] for one in image["misconfigurations"])
    if worst:
        told = ", ".join(f"{n} {severity}" for severity, n in worst.items())
        lines.append(f"  misconfigurations, which fail nothing: {told}; --json has them")
    counts = Counter(one["severity"] for one in image["findings"])
    told = ", ".join(f"{n} {severity}" for severity, n in counts.items()) or "no findings"
    waived = f", {len(image['waived'])} waived" if image["waived"] else ""
    lines.append(f"  {told}{waived}: {_ENDS[image['outcome']]}")
    return "\n".join([table, *(_wrapped(line, width) for line in lines)]) + "\n"


def _named(image: Mapping[str, Any]) -> str:
    return one_line(image["name"]) + (" †" if image["stand_in"] else "")


def _version(one: Mapping[str, Any]) -> str:
    """Say what looked, and how old what it knows is."""
    updated = (one["database"] or {}).get("updated")
    known = f", database of {updated[:10]}" if updated else ""
    return one_line(f"{one['name']} {one['version']}".strip()) + known


def _wrapped(line: str, width: int | None) -> str:
    """Break a long line at its blanks; what follows is indented below it."""
    most = terminal_width(sys.stdout) if width is None else width
    return fill(
        line,
        most,
        subsequent_indent=" " * 6,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _scanner_case(one: Mapping[str, Any], allowed: set[str]) -> dict[str, Any]:
    status = {"ran": "passed", "skipped": "skipped"}.get(one["status"], "unknown")
    if status == "unknown" and one["name"] in allowed:
        status = "skipped"
    return {
        "name": f"scanner {one['name']}",
        "status": status,
        "message": one["reason"],
        "seconds": one["seconds"],
    }
