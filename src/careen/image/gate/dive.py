"""The three numbers that dive 0.13.1 gives, by its own definition, so that its gates carry over.

Source: dive's dive/filetree/efficiency.go, file_tree.go and dive/image/image.go (0.13.1). They are
kept as they are, faults included; careen.image.accounting has the right numbers. dive keeps a tree
of each layer and looks at the leaves of each, in the order of their names:

- efficiency is the sum of each path's smallest size over the sum of all its sizes;
- wasted bytes are all sizes of the paths that are a leaf of two layers or more;
- user-wasted percent is that over the bytes of all layers but the first (a ratio, in spite of its
  name).

A whiteout is a leaf at the path that it removes. If a folder with an entry of its own is there, its
size is that of all below; else it is 0. If nothing is there, the rest of that layer is left out and
the smallest size of its path is -1.
Opaque whiteouts are ignored, and what replaces a folder hides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from careen.image.layer import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from careen.image.layer import Layer

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh.."


@dataclass(frozen=True)
class DiveNumbers:
    """What dive says of an image.

    Attributes:
        efficiency: a ratio; 1.0 where there are no bytes.
        wasted_bytes: as the module says.
        user_wasted_percent: a ratio; None where dive divides by zero, which it does for an image
            of one layer.
    """

    efficiency: float
    wasted_bytes: int
    user_wasted_percent: float | None

    def to_json(self) -> dict[str, object]:
        """Give it as JSON data, under the same names."""
        return {
            "efficiency": self.efficiency,
            "wasted_bytes": self.wasted_bytes,
            "user_wasted_percent": self.user_wasted_percent,
        }


@dataclass(slots=True)
class _Node:
    size: int = 0
    is_folder: bool = False  # by an entry of its own
    children: dict[str, _Node] = field(default_factory=dict)


@dataclass(slots=True)
class _Path:
    """What was found at one path, over all layers."""

    layers: int = 0
    sizes: int = 0
    smallest: int = -1  # as dive has it, for a path where nothing is found too

    def add(self, size: int) -> None:
        self.smallest = size if self.smallest < 0 else min(self.smallest, size)
        self.sizes += size
        self.layers += 1


def dive_numbers(layers: Sequence[Layer]) -> DiveNumbers:
    """Compute dive's numbers for an image's layers, the base first.

    >>> from careen.image.layer import FILE, Entry, from_entries
    >>> twice = [from_entries([Entry("a", FILE, 10)])] * 2
    >>> dive_numbers(twice)
    DiveNumbers(efficiency=0.5, wasted_bytes=20, user_wasted_percent=2.0)
    """
    trees = [_layer_tree(layer) for layer in layers]
    paths: dict[str, _Path] = {}
    below = _Stack(trees)
    for number, tree in enumerate(trees):
        for path, leaf, is_whiteout in _visit(tree, leaves=True):
            found_at = paths.setdefault(path, _Path())
            size = leaf.size
            if is_whiteout:
                removed = _find(below.up_to(number), path)
                if removed is None:
                    break
                size = _size_below(removed) if removed.is_folder else 0
            found_at.add(size)
    found = sum(path.sizes for path in paths.values())
    least = sum(path.smallest for path in paths.values())
    wasted = sum(path.sizes for path in paths.values() if path.layers > 1)
    user = sum(sum(layer.sizes) for layer in layers[1:])
    return DiveNumbers(least / found if found else 1.0, wasted, wasted / user if user else None)


def _layer_tree(layer: Layer) -> _Node:
    root = _Node()
    for path, kind, size in zip(layer.paths, layer.kinds, layer.sizes, strict=True):
        if path:
            _add(root, path, _Node(size, kind == FOLDER))
    return root


def _add(root: _Node, path: str, data: _Node) -> None:
    """Put an entry in a tree; one that is there keeps its children, whatever it becomes."""
    at = root
    for name in path.split("/"):
        child = at.children.get(name)
        if child is None:
            if name.startswith(_OPAQUE):
                return
            child = at.children[name] = _Node()
        at = child
    at.size, at.is_folder = data.size, data.is_folder


def _visit(root: _Node, *, leaves: bool) -> Iterator[tuple[str, _Node, bool]]:
    """Give (path, node, whether it is a whiteout), children first, names in order.

    A whiteout's path is the one that it removes.
    """
    pending = [("", root, iter(sorted(root.children)))]
    while pending:
        path, node, names = pending[-1]
        name = next(names, None)
        if name is not None:
            child = node.children[name]
            pending.append((f"{path}/{name}", child, iter(sorted(child.children))))
            continue
        pending.pop()
        if pending and not (leaves and node.children):
            above, _, name = path.rpartition("/")
            is_whiteout = name.startswith(_WHITEOUT)
            yield f"{above}/{name.removeprefix(_WHITEOUT)}", node, is_whiteout


def _find(root: _Node, path: str) -> _Node | None:
    at: _Node | None = root
    for name in path.split("/"):
        if name and at is not None:
            at = at.children.get(name)
    return at


def _size_below(node: _Node) -> int:
    total, pending = 0, [node]
    while pending:
        at = pending.pop()
        total += at.size
        pending.extend(at.children.values())
    return total


class _Stack:
    """The layers' trees put on each other, as far as they are asked for."""

    def __init__(self, trees: Sequence[_Node]) -> None:
        self._trees = trees
        self._stacked = _Node()
        self._next = 0

    def up_to(self, number: int) -> _Node:
        """Give the tree of the layers below *number*; below the first, dive takes the first."""
        if number == 0:
            return self._trees[0]
        if self._next == 0:
            _copy(self._trees[0], self._stacked)
        while self._next < number:
            self._put(self._trees[self._next])
            self._next += 1
        return self._stacked

    def _put(self, tree: _Node) -> None:
        for path, node, is_whiteout in _visit(tree, leaves=False):
            if not is_whiteout:
                _add(self._stacked, path.lstrip("/"), node)
                continue
            folder, _, name = path.strip("/").rpartition("/")
            above = _find(self._stacked, folder)
            if above is not None:
                above.children.pop(name, None)


def _copy(source: _Node, target: _Node) -> None:
    pending = [(source, target)]
    while pending:
        old, new = pending.pop()
        for name, child in old.children.items():
            copy = new.children[name] = _Node(child.size, child.is_folder)
            pending.append((child, copy))
