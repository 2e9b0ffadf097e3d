"""Compares two merged trees: paths that are added, removed, changed, or have other metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.image.layer import FILE, FOLDER, HARD_LINK, SYMLINK, Entry
from careen.image.weigh.inodes import files, is_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from careen.image.layer import Layer
    from careen.image.tree import Merged, Node

# What of a path may change: the first four make it changed, the others are its metadata.
KIND, CONTENT, TARGET, HARD_LINKS = "kind", "content", "target", "hard links"
MODE, OWNER, XATTRS = "mode", "owner", "extended attributes"
_TIME = Entry._fields.index("mtime")
METADATA = frozenset({MODE, OWNER, XATTRS})


@dataclass(frozen=True)
class PathChange:
    """One path that differs.

    Attributes:
        path: from the root.
        what: of the words above, in their order; empty where the path is in one tree only.
        before_bytes: in the first tree; None where it is not there. A file with several hard
            links has its bytes at one path.
        after_bytes: in the second tree.
        before_mode: as `0644 0:0` (mode, user, group), "" where it is not there.
        after_mode: likewise.
    """

    path: str
    what: tuple[str, ...]
    before_bytes: int | None
    after_bytes: int | None
    before_mode: str = ""
    after_mode: str = ""

    @property
    def weight(self) -> int:
        """The larger of the two sizes."""
        return max(self.before_bytes or 0, self.after_bytes or 0)


@dataclass(frozen=True)
class PathChanges:
    """All paths that differ; those of one list the largest first.

    The growth of the unpacked size is: bytes of added less those of removed, and of changed the
    bytes after less those before. Folders are compared by their metadata alone.
    """

    added: tuple[PathChange, ...]
    removed: tuple[PathChange, ...]
    changed: tuple[PathChange, ...]
    metadata: tuple[PathChange, ...]


def compare_trees(
    before: Merged, after: Merged, before_layers: Sequence[Layer], after_layers: Sequence[Layer]
) -> PathChanges:
    """Compare two trees."""
    old, new = _Side(before, before_layers), _Side(after, after_layers)
    added: list[PathChange] = []
    removed: list[PathChange] = []
    both: list[PathChange] = []
    nothing: dict[str, Node] = {}
    for folder in before.folders.keys() | after.folders.keys():
        left = before.folders.get(folder, nothing)
        right = after.folders.get(folder, nothing)
        both += _changes(folder, left, right, old, new)
        for name in left.keys() - right.keys():
            if left[name].entry.kind != FOLDER:
                size = old.size(folder, name, left[name])
                removed.append(PathChange(_join(folder, name), (), size, None))
        for name in right.keys() - left.keys():
            if right[name].entry.kind != FOLDER:
                size = new.size(folder, name, right[name])
                added.append(PathChange(_join(folder, name), (), None, size))
    return PathChanges(
        _largest(added),
        _largest(removed),
        _largest([one for one in both if not METADATA.issuperset(one.what)]),
        _largest([one for one in both if METADATA.issuperset(one.what)]),
    )


class _Side:
    """One tree, with what hard links need: at which path a file's bytes count, and its content."""

    def __init__(self, merged: Merged, layers: Sequence[Layer]) -> None:
        self._merged = merged
        self._layers = layers
        self._contents: dict[int, int] | None = None
        self._stand_ins = {
            (folder, name) for folder, name, node in files(merged) if node.entry.kind == HARD_LINK
        }
        self.has_xattrs = any(layer.xattrs for layer in layers)

    def size(self, folder: str, name: str, node: Node) -> int:
        """Give the bytes that count at a path."""
        if node.entry.kind == HARD_LINK and (folder, name) not in self._stand_ins:
            return 0
        return node.size

    def content(self, node: Node) -> int:
        """Give the hash of a file's content."""
        if node.entry.kind == FILE:
            return node.entry.content
        if self._contents is None:
            self._contents = {
                one.inode: self._lost(one) if one.entry.kind == HARD_LINK else one.entry.content
                for _, _, one in files(self._merged)
            }
        return self._contents[node.inode]

    def xattrs(self, node: Node) -> Mapping[str, bytes]:
        return self._layers[node.layer].xattrs.get(node.entry.path, {})

    def _lost(self, node: Node) -> int:
        """Find the content of a file whose first name is gone from the tree in its layer."""
        layer = self._layers[node.layer]
        found = 0
        for path, kind, content in zip(layer.paths, layer.kinds, layer.contents, strict=True):
            if path == node.entry.link and kind == FILE:
                found = content
        return found


def _changes(
    folder: str,
    left: Mapping[str, Node],
    right: Mapping[str, Node],
    old: _Side,
    new: _Side,
) -> Iterator[PathChange]:
    careful = old.has_xattrs or new.has_xattrs
    for name, before in left.items():
        after = right.get(name)
        if after is None or (not careful and _same(before.entry, after.entry)):
            continue
        sizes = old.size(folder, name, before), new.size(folder, name, after)
        what = tuple(_what(before, after, old, new, moved=sizes[0] != sizes[1]))
        if what:
            yield PathChange(_join(folder, name), what, *sizes, _mode(before), _mode(after))


def _same(first: Entry, second: Entry) -> bool:
    """Tell in one step whether all but the time is the same; of a hard link that is not enough."""
    return (
        first.kind != HARD_LINK
        and first[:_TIME] == second[:_TIME]
        and first[_TIME + 1 :] == second[_TIME + 1 :]
    )


def _what(before: Node, after: Node, old: _Side, new: _Side, *, moved: bool) -> Iterator[str]:
    first, second = before.entry, after.entry
    if is_file(before) and is_file(after):
        if before.size != after.size or old.content(before) != new.content(after):
            yield CONTENT
        elif moved:
            yield HARD_LINKS
    elif first.kind != second.kind:
        yield KIND
    elif first.kind == SYMLINK and first.link != second.link:
        yield TARGET
    if first.mode != second.mode and SYMLINK not in {first.kind, second.kind}:
        yield MODE  # a symbolic link has no mode of its own
    if (first.uid, first.gid) != (second.uid, second.gid):
        yield OWNER
    if old.xattrs(before) != new.xattrs(after):
        yield XATTRS


def _mode(node: Node) -> str:
    return f"{node.entry.mode:04o} {node.entry.uid}:{node.entry.gid}"


def _largest(changes: list[PathChange]) -> tuple[PathChange, ...]:
    return tuple(sorted(changes, key=lambda one: (-one.weight, one.path)))


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
