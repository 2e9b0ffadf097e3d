"""What the charts of an analysis draw: the tiles of its treemaps, the rows of its bars.

Plain data for the page's script; texts are one line each and not escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.analysis_tables import name, one_line, pull
from careen.report.quantities import UNKNOWN, percent, size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Data = dict[str, Any]
# Names of colours in the page's style sheet; the first ones for what is largest.
PALETTE = tuple(f"c{number}" for number in range(8))
REST, WASTE, OWN, BASE, SHARED = "rest", "waste", "own", "base", "shared"
_LONGEST = 400  # characters of a name that a hover shows
# A group of this share of the image is split further before groups get their colours.
_SPLIT_SHARE = 0.35
# A folder whose only child has this share of it is drawn with that child as one tile.
_CHAIN_SHARE = 0.98
_MOST_BARS = 16
_PARTS = (
    ("native_bytes", "native libraries"),
    ("bytecode_bytes", "bytecode"),
    ("test_bytes", "tests"),
)


class _Tiles:
    """Tiles in the order in which they are added, each after its parent."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, str, str, str]] = []
        self._bytes: list[int] = []

    def add(self, parent: int, label: str, count: int, colour: str, path: str = "") -> int:
        """Add a tile and give its number; the path is what a hover shows."""
        self._rows.append((parent, one_line(label)[:_LONGEST], one_line(path)[:_LONGEST], colour))
        self._bytes.append(count)
        return len(self._rows) - 1

    def data(self) -> Data:
        """Give columns; no tile is smaller than its children together, which no treemap draws."""
        totals = self._bytes.copy()
        below = [0] * len(totals)
        for number in range(len(totals) - 1, -1, -1):
            totals[number] = max(totals[number], below[number])
            if (parent := self._rows[number][0]) >= 0:
                below[parent] += totals[number]
        whole = totals[0]
        return {
            "parents": [row[0] for row in self._rows],
            "labels": [row[1] for row in self._rows],
            "paths": [row[2] or row[1] for row in self._rows],
            "colours": [row[3] for row in self._rows],
            "bytes": totals,
            "sizes": [size(count) for count in totals],
            "shares": [percent(count / whole) if whole else UNKNOWN for count in totals],
        }


def by_directory(image: Mapping[str, Any]) -> Data:
    """Give the tiles of all layers' bytes: the folders that a container sees, and the waste."""
    root = image["weight"]["directories"]
    colours = _colours(root)
    tiles = _root(image)
    waiting = [(0, child, "") for child in root.get("children", ())]
    for parent, folder, above in waiting:
        path = f"{above}/{folder['name']}"
        colour = colours.get(path) or colours.get(above) or REST
        inner = folder
        # A tile for each folder of a long chain would be nothing but frames.
        while only := _only_child(inner):
            inner = only
            path = f"{path}/{inner['name']}"
            colour = colours.get(path) or colour
        colours[path] = colour
        label = path[len(above) + 1 :]
        number = tiles.add(parent, label, folder["bytes"], colour, path)
        waiting += [(number, child, path) for child in inner.get("children", ())]
    _waste(image, tiles)
    return tiles.data()


def by_package(image: Mapping[str, Any]) -> Data:
    """Give the tiles of all layers' bytes by who owns them, and the waste."""
    weight = image["weight"]
    tiles = _root(image)
    known = 0
    for title, rows, colour in (
        ("Python distributions", weight["distributions"], PALETTE[0]),
        ("system packages", weight["packages"], PALETTE[1]),
    ):
        total = sum(row["bytes"] for row in rows)
        known += total
        parent = tiles.add(0, title, total, colour) if total else 0
        for row in rows:
            if row["bytes"]:
                path = f"{row['name']} {row['version']}"
                number = tiles.add(parent, row["name"], row["bytes"], colour, path)
                _parts(tiles, number, row, colour)
    unowned = weight["unowned"]
    if unowned["bytes"]:
        parent = tiles.add(0, "no package", unowned["bytes"], PALETTE[2], "owned by no package")
        for row in unowned["directories"]:
            tiles.add(parent, row["path"] or "/", row["bytes"], PALETTE[2])
    left = image["unpacked_bytes"] - known - unowned["bytes"]
    if left > 0:
        tiles.add(0, "other files", left, REST)
    _waste(image, tiles)
    return tiles.data()


def layer_bars(image: Mapping[str, Any]) -> Data:
    """Give the largest layers as bars of pull bytes, in the image's order.

    The hidden part of a layer's pull size is its share of the layer's file bytes.
    """
    by_size = sorted(image["layers"], key=lambda layer: -layer["pull_bytes"])[:_MOST_BARS]
    chosen = sorted(by_size, key=lambda layer: int(layer["index"]))
    hidden = [
        layer["pull_bytes"] * layer["hidden_bytes"] // max(1, layer["total_bytes"])
        for layer in chosen
    ]
    seen = [layer["pull_bytes"] - part for layer, part in zip(chosen, hidden, strict=True)]
    in_base = [bool(layer["in_base"]) for layer in chosen]
    series: list[Data] = [
        {"name": "base", "colour": BASE, "bytes": _only(seen, in_base)},
        {"name": "own", "colour": OWN, "bytes": _only(seen, [not one for one in in_base])},
        {"name": "hidden", "colour": WASTE, "bytes": hidden},
    ]
    return {
        "heads": [f"{layer['index']} · {pull(image, layer['pull_bytes'])}" for layer in chosen],
        "texts": [one_line(layer["instruction"])[:_LONGEST] or UNKNOWN for layer in chosen],
        "hovers": [_layer_hover(image, layer) for layer in chosen],
        "series": [one for one in series if any(one["bytes"])],
        "left_out": len(image["layers"]) - len(chosen),
    }


def image_bars(analysis: Mapping[str, Any]) -> Data:
    """Give several images as bars of pull bytes: layers that they share, and their own."""
    images = {image["name"]: image for image in analysis["images"]}
    rows = [row for row in analysis["shared"]["images"] if row["name"] in images]
    shown = [images[row["name"]] for row in rows]
    return {
        "heads": [
            pull(image, row["shared_bytes"] + row["own_bytes"])
            for image, row in zip(shown, rows, strict=True)
        ],
        "texts": [name(image) for image in shown],
        "hovers": [
            f"{pull(image, row['shared_bytes'])} in shared layers, "
            f"{pull(image, row['own_bytes'])} in its own"
            for image, row in zip(shown, rows, strict=True)
        ],
        "series": [
            {
                "name": "shared",
                "colour": SHARED,
                "bytes": [row["shared_bytes"] for row in rows],
            },
            {"name": "own", "colour": OWN, "bytes": [row["own_bytes"] for row in rows]},
        ],
        "left_out": 0,
    }


def _root(image: Mapping[str, Any]) -> _Tiles:
    tiles = _Tiles()
    whole = image["unpacked_bytes"] + image["reclaimable_bytes"]
    tiles.add(-1, "all layers", whole, REST, "the files of all layers")
    return tiles


def _waste(image: Mapping[str, Any], tiles: _Tiles) -> None:
    if not image["reclaimable_bytes"]:
        return
    title = "no container can see"
    parent = tiles.add(0, title, image["reclaimable_bytes"], WASTE, f"bytes that {title}")
    for cause in image["waste"]["causes"]:
        number = tiles.add(parent, cause["cause"], cause["bytes"], WASTE)
        for file in image["waste"]["files"]:
            if file["cause"] == cause["cause"]:
                last = file["path"].rpartition("/")[2]
                tiles.add(number, last, file["bytes"], WASTE, f"/{file['path']}")


def _parts(tiles: _Tiles, parent: int, row: Mapping[str, Any], colour: str) -> None:
    for key, title in _PARTS:
        if row.get(key):
            tiles.add(parent, title, row[key], colour, f"{row['name']}: {title}")


def _colours(root: Mapping[str, Any]) -> dict[str, str]:
    """Give the folders that get a colour: the root's, those that hold too much split further."""
    limit = root["bytes"] * _SPLIT_SHARE
    groups: list[tuple[str, int]] = []
    waiting = [("", root)]
    for above, folder in waiting:
        for child in folder.get("children", ()):
            path = f"{above}/{child['name']}"
            if child["bytes"] > limit and child.get("children"):
                waiting.append((path, child))
            else:
                groups.append((path, child["bytes"]))
    groups.sort(key=lambda group: -group[1])
    return {path: colour for (path, _), colour in zip(groups, PALETTE, strict=False)}


def _only_child(folder: Mapping[str, Any]) -> Mapping[str, Any] | None:
    children = folder.get("children", ())
    if len(children) == 1 and children[0]["bytes"] >= folder["bytes"] * _CHAIN_SHARE:
        found: Mapping[str, Any] = children[0]
        return found
    return None


def _only(values: Sequence[int], chosen: Sequence[bool]) -> list[int]:
    return [value if one else 0 for value, one in zip(values, chosen, strict=True)]


def _layer_hover(image: Mapping[str, Any], layer: Mapping[str, Any]) -> str:
    words = [
        f"{pull(image, layer['pull_bytes'])} to pull",
        f"{size(layer['total_bytes'])} of files",
    ]
    if layer["hidden_bytes"]:
        words.append(f"{size(layer['hidden_bytes'])} hidden")
    return ", ".join(words)
