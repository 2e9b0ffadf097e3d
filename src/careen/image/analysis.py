"""Puts an image's account, weight and duplicates together: what `careen analyze` knows of it.

The JSON form is analysis.schema.json; all sizes are integers of bytes.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from careen import __version__
from careen.image.accounting import CAUSES, Account, account, duplicates
from careen.image.collector import collector_paused
from careen.image.compare.shared import shared
from careen.image.gate.dive import dive_numbers
from careen.image.gate.rules import evaluate
from careen.image.history import clean_instruction
from careen.image.redaction import redacted
from careen.image.tree import merge
from careen.image.weigh.weight import weigh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.image.gate.rules import Rule
    from careen.image.model import Image
    from careen.image.tree import Merged

SCHEMA_VERSION = 1
FILES_LIMIT = 100  # hidden files that are listed
GROUPS_LIMIT = 50  # duplicates that are listed
_HEAD = {"schema_version": SCHEMA_VERSION, "careen": __version__}


def schema() -> dict[str, Any]:
    """Give the JSON Schema of `document`."""
    text = files("careen.image").joinpath("analysis.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def document(analyses: Sequence[dict[str, Any]], images: Sequence[Image]) -> dict[str, Any]:
    """Give the JSON document of one analysed image, or of several with what they share."""
    if len(analyses) == 1:
        return analyses[0]
    return _HEAD | {"images": list(analyses), "shared": shared(images).to_json()}


@collector_paused()
def analyze(
    image: Image,
    *,
    base: Image | None = None,
    rules: Sequence[Rule] = (),
    dive: bool = False,
) -> dict[str, Any]:
    """Analyse an image.

    Args:
        image: with its layers.
        base: what its unique bytes are against; it counts where its layers are the lowest ones.
        rules: judged where there are some.
        dive: give dive's numbers too.
    """
    merged = merge(image.layers)
    found = account(merged)
    shared_layers = _in_base(image, base)
    analysis: dict[str, Any] = {
        **_HEAD,
        "name": image.name,
        "source": image.source,
        "platform": image.platform,
        "digest": image.digest,
        "stand_in": image.is_stand_in,
        "stand_ins": list(image.stand_in_notes),
        "estimated": image.estimated,
        "pull_bytes": image.pull_bytes,
        "unpacked_bytes": found.unpacked_bytes,
        "total_bytes": found.total_bytes,
        "unique_bytes": _unique_bytes(image, shared_layers),
        "base": base.name if base and shared_layers is not None else "",
        "reclaimable_bytes": found.reclaimable_bytes,
        **_duplicates(merged),
        "efficiency": found.efficiency,
        "files": found.files,
        "folders": found.folders,
        "layers": _layers(image, found, shared_layers),
        "waste": _waste(found),
        "weight": weigh(merged, image.layers).to_json(),
    }
    if dive:
        analysis["dive"] = dive_numbers(image.layers).to_json()
    if rules:
        analysis["rules"] = evaluate(rules, analysis)
    return analysis


def _in_base(image: Image, base: Image | None) -> int | None:
    """Give how many of the lowest layers are the base's, None where it is not the base."""
    if base is None:
        return None
    own = [layer.diff_id for layer in image.facts]
    below = [layer.diff_id for layer in base.facts]
    return len(below) if all(below) and own[: len(below)] == below else None


def _unique_bytes(image: Image, shared_layers: int | None) -> int | None:
    if shared_layers is None:
        return None
    return sum(layer.compressed_bytes for layer in image.facts[shared_layers:])


def _layers(image: Image, found: Account, shared_layers: int | None) -> list[dict[str, Any]]:
    return [
        {
            "index": number,
            "digest": facts.digest,
            "diff_id": facts.diff_id,
            "instruction": redacted(clean_instruction(facts.instruction)),
            "compression": facts.compression,
            "verified": facts.verified,
            "pull_bytes": facts.compressed_bytes,
            "total_bytes": layer.total_bytes,
            "added_bytes": layer.added_bytes,
            "changed_bytes": layer.changed_bytes,
            "removed_bytes": layer.removed_bytes,
            "hidden_bytes": layer.hidden_bytes,
            "added_files": layer.added_files,
            "changed_files": layer.changed_files,
            "removed_files": layer.removed_files,
            "in_base": None if shared_layers is None else number < shared_layers,
        }
        for number, (facts, layer) in enumerate(zip(image.facts, found.layers, strict=True))
    ]


def _waste(found: Account) -> dict[str, Any]:
    return {
        "causes": [
            {**cause._asdict(), "advice": CAUSES[cause.cause].advice} for cause in found.causes()
        ],
        "files": [
            {
                "path": one.path,
                "bytes": one.size,
                "layer": one.layer,
                "hidden_by": one.by,
                "cause": one.cause,
            }
            for one in found.hidden[:FILES_LIMIT]
        ],
        "files_total": len(found.hidden),
    }


def _duplicates(merged: Merged) -> dict[str, Any]:
    groups = duplicates(merged)
    return {
        "duplicate_bytes": sum(group.bytes for group in groups),
        "duplicates": {
            "groups": [
                {"bytes": group.bytes, "size": group.size, "paths": list(group.paths)}
                for group in groups[:GROUPS_LIMIT]
            ],
            "groups_total": len(groups),
        },
    }
