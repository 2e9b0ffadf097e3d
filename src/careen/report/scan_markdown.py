"""A scan as Markdown for a pull request; its data is what `careen.scan.document.to_json` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.markdown import code, escaped, table
from careen.report.scan import STAND_IN, brought_by, secret_place, upgrade_text

if TYPE_CHECKING:
    from collections.abc import Mapping


def scan_markdown(data: Mapping[str, Any]) -> str:
    """Give a part for each image: what fails, what nobody knows, what to upgrade."""
    parts = [f"### Scan: {data['outcome']}\n"]
    if data["waivers"]:
        parts.append("".join(f"- waivers: {escaped(one)}\n" for one in data["waivers"]))
    parts += [_image(image) for image in data["images"]]
    parts += [f"{STAND_IN}\n"] if any(image["stand_in"] for image in data["images"]) else []
    return "\n".join(parts)


def _image(image: Mapping[str, Any]) -> str:
    dagger = " †" if image["stand_in"] else ""
    parts = [f"#### {escaped(image['name'])}{dagger}: {image['outcome']}\n"]
    rows = [
        [
            one["severity"],
            code(one["id"]),
            code(one["package"]["name"]),
            code(one["package"]["version"]),
            code(one["fixed_version"]),
            escaped(", ".join(one["severities"])),
            escaped(brought_by(one["origin"])),
        ]
        for one in image["findings"]
        if one["verdict"] == "failed"
    ]
    if rows:
        headers = ["severity", "id", "package", "version", "fixed in", "seen by", "brought by"]
        parts.append(table(headers, rows))
    notes = [f"secret: {secret_place(one)}" for one in image["secrets"]]
    notes += [
        f"unknown{' (allowed)' * one['allowed']}: {one['name']}: {one['reason']}"
        for one in image["unknown"]
    ]
    notes += [f"to pass: {upgrade_text(one)}" for one in image["upgrades"]]
    notes += [f"no fix is known: {one['package']} ({one['id']})" for one in image["without_fix"]]
    notes += [
        f"waived until {one['expires']}: {one['id']} in {one['package']}: {one['reason']}"
        for one in image["waived"]
    ]
    notes.append(f"{len(image['findings'])} findings in all")
    parts.append("".join(f"- {escaped(note)}\n" for note in notes))
    return "\n".join(parts)
