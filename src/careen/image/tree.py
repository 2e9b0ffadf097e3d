"""Merges layers to the tree that a container sees, and keeps an account of what it cannot see.

Source of the rules: the OCI image specification's layer.md: changesets, whiteouts, opaque ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from careen.image.layer import Entry, Layer


class Node(NamedTuple):
    """A path of the merged tree.

    Attributes:
        entry: what the layer that it comes from says of it (a hard link's size is 0 there).
        layer: that layer's number, from 0 at the base.
        inode: the same number for all hard links to one file, unique otherwise.
        size: the file's bytes, for a hard link those of its target, 0 for what is no file.
    """

    entry: Entry
    layer: int
    inode: int
    size: int


class Hidden(NamedTuple):
    """Bytes in a layer that no container can see.

    Attributes:
        path: of the file.
        layer: where its bytes are.
        by: the layer that hides them; the same one where a layer has a path twice.
        cause: one of CAUSES in careen.image.accounting.
        size: bytes.
    """

    path: str
    layer: int
    by: int
    cause: str
    size: int


@dataclass(frozen=True)
class Merged:
    """The tree that layers merge to.

    Attributes:
        folders: by a folder's path ("" is the root), its children by name.
        hidden: what lies below it.
    """

    folders: Mapping[str, Mapping[str, Node]]
    hidden: tuple[Hidden, ...]

    def walk(self) -> Iterator[tuple[str, Node]]:
        """Give (path, node) of every path, each folder before its children, names in order."""
        raise NotImplementedError

    def get(self, path: str) -> Node | None:
        """Give the node of a path; links are not followed."""
        raise NotImplementedError


def merge(layers: Sequence[Layer]) -> Merged:
    """Merge layers, the base first."""
    raise NotImplementedError
