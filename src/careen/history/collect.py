"""Writes down what the built variants weigh now: the report that a later run is compared with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from careen import __version__
from careen.build import record
from careen.errors import UsageError
from careen.image.analysis import analyze

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from careen.image.model import Image

SCHEMA_VERSION = 1
_FINDING = ("id", "package", "version", "severity")


def collect(
    images: Mapping[str, str],
    records: Path,
    read: Callable[[str], Image],
    made: str,
    scans: Callable[[str], Mapping[str, Any] | None] = lambda _: None,
) -> dict[str, Any]:
    """Give the report of some images.

    Args:
        images: their names by variant.
        records: the folder of the build records.
        read: opens an image by its name.
        made: when, UTC, ISO 8601.
        scans: gives a variant's newest scan, see `careen.scan.record`; None without one.

    Returns:
        The report; all sizes are integers of bytes.

    Raises:
        CareenError: an image cannot be read.
    """
    variants = {
        variant: _variant(read(name), variant, records, scans(variant))
        for variant, name in images.items()
    }
    head = {"schema_version": SCHEMA_VERSION, "careen": __version__, "made": made}
    return head | {"variants": variants}


def parse_report(data: bytes, name: str) -> dict[str, Any]:
    """Read a report that was written before.

    Args:
        data: of the file.
        name: of it, for errors.

    Raises:
        UsageError: it is none, or of another version.
    """
    try:
        found = json.loads(data)
        _check_version(found["schema_version"])
        for one in found["variants"].values():
            _check(one)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{name} is no report of careen: {error}", hint="`careen report` writes one"
        ) from None
    return dict(found)


def _check_version(version: Any) -> None:
    if version != SCHEMA_VERSION:
        raise ValueError(f"it is of version {version}")


def _check(one: Any) -> None:
    numbers = [one["pull_bytes"], one["unpacked_bytes"]]
    numbers += [row["bytes"] for part in ("distributions", "packages") for row in one[part]]
    numbers += [layer["pull_bytes"] for layer in one["layers"]]
    if not all(number is None or isinstance(number, int) for number in numbers):
        raise ValueError("a size is no number of bytes")
    if (scan := one.get("scan")) is not None:
        rows = [row[key] for row in scan["findings"] for key in _FINDING]
        if not all(isinstance(text, str) for text in [*rows, scan["outcome"], scan["scanned"]]):
            raise ValueError("a finding is no text")
    names = [
        row["name"] + row["version"] for part in ("distributions", "packages") for row in one[part]
    ]
    if not all(isinstance(text, str) for text in [*names, one["image"]]):
        raise ValueError("a name is no text")


def _variant(
    image: Image, variant: str, records: Path, scanned: Mapping[str, Any] | None
) -> dict[str, Any]:
    found = analyze(image)
    weight = found["weight"]
    return {
        "image": image.name,
        "platform": image.platform,
        "stand_in": image.is_stand_in,
        "pull_bytes": found["pull_bytes"],
        "estimated": found["estimated"],
        "unpacked_bytes": found["unpacked_bytes"],
        "layers": [
            {key: layer[key] for key in ("diff_id", "instruction", "pull_bytes")}
            for layer in found["layers"]
        ],
        "distributions": _rows(weight["distributions"]),
        "packages": _rows(weight["packages"]),
        "build": _build(records / f"{variant}.json", image.name),
        "scan": _scan(image, scanned),
    }


def _scan(image: Image, scanned: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Give what a scan found, None where none is of this very image."""
    if scanned is None or scanned["diff_ids"] != [facts.diff_id for facts in image.facts]:
        return None
    return {
        "outcome": scanned["outcome"],
        "scanned": scanned["scanned"],
        "secrets": scanned["secrets"],
        "findings": [{key: one[key] for key in _FINDING} for one in scanned["findings"]],
    }


def _rows(weights: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = [{key: one[key] for key in ("name", "version", "bytes")} for one in weights]
    return sorted(rows, key=lambda row: (row["name"], row["version"]))


def _build(path: Path, image: str) -> dict[str, Any] | None:
    """Give how the image was built, None where no record is of it."""
    try:
        found = record.read(path)
    except UsageError:
        return None
    if found.tag != image:
        return None
    return {
        "seconds": round(found.seconds, 3),
        "steps": found.own_steps,
        "cached_steps": found.cached_steps,
    }
