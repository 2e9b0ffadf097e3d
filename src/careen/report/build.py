"""The outcome of a build for a terminal: a row a variant, stand-ins marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.quantities import seconds, size
from careen.report.terminal import render_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAGGER = "†"


def render_build(records: Sequence[Mapping[str, Any]], skipped: Mapping[str, str]) -> str:
    """Give a table of build records (their JSON form) and of the variants that were skipped."""
    rows = [_row(record) for record in records]
    rows += [[name, "skipped", "", "", "", reason] for name, reason in skipped.items()]
    headers = ["variant", "time", "cached", "pull", "unpacked", "image"]
    return render_table(headers, rows, footnotes(records), "Built images")


def footnotes(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say what each stand-in is, and which sizes are estimated."""
    found: dict[str, Mapping[str, str]] = {}
    for record in records:
        found |= record["stand_ins"]
    notes = [
        f"{DAGGER} stand-in for {reference}: {one['summary']}; not the published image; "
        f"recipe {one['recipe']}"
        for reference, one in sorted(found.items())
    ]
    if any((record["sizes"] or {}).get("estimated") for record in records):
        notes.append("~ this engine keeps layers uncompressed: pull sizes are what gzip makes here")
    return notes


def _row(record: Mapping[str, Any]) -> list[str]:
    own = [step for step in record["steps"] if step["kind"] == "dockerfile"]
    cached = sum(1 for step in own if step["cached"])
    sizes = record["sizes"] or {}
    about = "~" if sizes.get("estimated") else ""
    return [
        f"{record['variant']} {DAGGER}" if record["stand_ins"] else record["variant"],
        seconds(record["seconds"]),
        f"{cached}/{len(own)}",
        about + size(sizes.get("pull_bytes")),
        size(sizes.get("unpacked_bytes")),
        record["tag"],
    ]
