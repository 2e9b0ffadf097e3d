"""The tree that layers merge to, what lies hidden below it, and what each layer does to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from careen.image.layer import FOLDER
from careen.image.places import Folders, Node, Places, by_hand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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


class Changes(NamedTuple):
    """What a layer does to the tree below it. A file is here all that is no folder.

    Attributes:
        added_bytes: of its files at paths that are new.
        changed_bytes: of its files at paths that the tree below has, whatever it has there.
        added_files: its paths that are new.
        changed_files: its paths that the tree below has.
        removed_files: files of the tree below whose path is gone or is a folder now.
    """

    added_bytes: int = 0
    changed_bytes: int = 0
    added_files: int = 0
    changed_files: int = 0
    removed_files: int = 0


@dataclass(frozen=True)
class Merged:
    """The tree that layers merge to.

    Attributes:
        folders: by a folder's path ("" is the root), its children by name. A folder's nodes are
            made when it is asked for.
        hidden: what lies below it, in the order in which it was hidden; files of 0 bytes are left
            out. An inode's bytes are hidden once, when its last link is, under its first path.
        changes: of each layer.
    """

    folders: Mapping[str, Mapping[str, Node]]
    hidden: tuple[Hidden, ...]
    changes: tuple[Changes, ...] = ()

    @cached_property
    def places(self) -> Places:
        """Where everything stands, for who looks at many paths."""
        return self.folders.places if isinstance(self.folders, Folders) else by_hand(self.folders)

    def walk(self) -> Iterator[tuple[str, Node]]:
        """Give (path, node) of every path, each folder before its children, names in order."""
        pending = [("", iter(sorted(self.folders[""].items())))]
        while pending:
            before, children = pending[-1]
            for name, node in children:
                path = before + name
                yield path, node
                if node.entry.kind == FOLDER:
                    pending.append((f"{path}/", iter(sorted(self.folders[path].items()))))
                    break
            else:
                pending.pop()

    def get(self, path: str) -> Node | None:
        """Give the node of a path; links are not followed. The root itself has none."""
        folder, _, name = path.rpartition("/")
        return self.folders.get(folder, {}).get(name)
