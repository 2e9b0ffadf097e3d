"""The tables of several images: one beside the other, and the layers that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.analysis_tables import (
    INSTRUCTION,
    NAME,
    NUMBER,
    Table,
    figures,
    name,
    one_line,
    pull,
)
from careen.report.quantities import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PARTS = ("own_bytes", "shared_bytes")
_COMPARED = ("pull_bytes", "unpacked_bytes", "reclaimable_bytes", "efficiency", "layers")


def comparison(analysis: Mapping[str, Any]) -> Table:
    """Give an image a row, with what is its own and what it shares."""
    shared = {one["name"]: one for one in analysis["shared"]["images"]}
    rows = []
    for image in analysis["images"]:
        values = {figure.key: figure.value for figure in figures(image)}
        part = shared.get(image["name"])
        own = [pull(image, part[key]) if part else UNKNOWN for key in _PARTS]
        rows.append((name(image), *(values[key] for key in _COMPARED), *own))
    headers = ("pull", "unpacked", "reclaimable", "efficiency", "layers", "own", "shared")
    columns = [(header, NUMBER) for header in headers]
    note = f"own: pull bytes of layers that no other image has. {together(analysis)}"
    return Table("images", "Images", (("image", NAME), *columns), tuple(rows), len(rows), note)


def together(analysis: Mapping[str, Any]) -> str:
    """Say what several images cost a host that keeps all of them."""
    union = _pull(analysis, analysis["shared"]["union_bytes"])
    common = _pull(analysis, analysis["shared"]["common_bytes"])
    return f"A host that keeps all of them pulls {union}; layers of {common} are in every image."


def _pull(analysis: Mapping[str, Any], count: int, names: Sequence[str] = ()) -> str:
    """Write compressed bytes of some images, or of all, with `~` where one of them estimates."""
    chosen = [image for image in analysis["images"] if not names or image["name"] in names]
    return pull({"estimated": any(image["estimated"] for image in chosen)}, count)


def shared_layers(analysis: Mapping[str, Any]) -> Table:
    """Give the layers that more than one image has, the largest first."""
    every = len(analysis["images"])
    found = [layer for layer in analysis["shared"]["layers"] if len(layer["images"]) > 1]
    rows = [
        (
            _pull(analysis, layer["pull_bytes"], layer["images"]),
            "all" if len(layer["images"]) == every else one_line(", ".join(layer["images"])),
            one_line(layer["instruction"]) or UNKNOWN,
        )
        for layer in sorted(found, key=lambda layer: -layer["pull_bytes"])
    ]
    columns = (("pull", NUMBER), ("images", NAME), ("instruction", INSTRUCTION))
    note = "" if rows else "These images have no layer in common."
    return Table("shared", "Shared layers", columns, tuple(rows), len(rows), note)
