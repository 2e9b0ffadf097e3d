"""What a scan found, kept beside the build records: a report of a later run compares with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from careen.scan.policy import ImageOutcome, Scanned

SCHEMA_VERSION = 1


def record_path(records: Path, variant: str) -> Path:
    """Give where a variant's scan is kept."""
    return records / f"{variant}.scan.json"


def scan_record(
    image: Scanned, said: ImageOutcome, diff_ids: Sequence[str], now: datetime
) -> dict[str, Any]:
    """Give the record of one image's scan.

    Args:
        image: what was found.
        said: what the policy says of it.
        diff_ids: of its layers, which tell whether an image is still the one that was scanned.
        now: in UTC.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "image": image.name,
        "diff_ids": list(diff_ids),
        "scanned": now.isoformat(timespec="seconds"),
        "outcome": said.outcome,
        "scanners": {report.scanner: report.status for report in image.reports},
        "findings": sorted(
            (
                {
                    "id": one.id,
                    "aliases": list(one.aliases),
                    "package": one.package.name,
                    "source": one.package.source,
                    "version": one.package.version,
                    "severity": one.severity,
                }
                for one in image.findings
            ),
            key=lambda row: (row["package"], row["id"], row["version"]),
        ),
        "secrets": len(said.secrets),
        "waived": sorted({waiver.id for _, waiver in said.waived}),
    }


def record_text(record: dict[str, Any]) -> str:
    """Give a record as the text of its file."""
    return f"{json.dumps(record, indent=1)}\n"


def read_record(records: Path, variant: str) -> dict[str, Any] | None:
    """Give the record of a variant's newest scan; None where there is none that can be read."""
    try:
        found = json.loads(record_path(records, variant).read_text(encoding="utf-8"))
        texts = [found["outcome"], found["scanned"], *found["diff_ids"], *found["waived"]]
        texts += [*found["scanners"].values(), f"{found['secrets']:d}"]
        for one in found["findings"]:
            texts += [one[key] for key in ("id", "package", "source", "version", "severity")]
            texts += one["aliases"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    known = found["schema_version"] == SCHEMA_VERSION
    return dict(found) if known and all(isinstance(text, str) for text in texts) else None
