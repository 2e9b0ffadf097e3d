"""Gives each file of a merged tree once, whatever the number of its hard links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.image.layer import FILE, HARD_LINK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.image.tree import Merged, Node

FILES = frozenset({FILE, HARD_LINK})  # the kinds of entries that have bytes


def files(merged: Merged) -> Iterator[tuple[str, str, Node]]:
    """Give (folder, name, node) of every file, each inode once.

    A file with hard links stands at the path where its layer has it as a regular file; where that
    path is gone, at the first of its links' paths. Folders, symbolic links and devices are no
    files and have no bytes. The sum of the sizes is the unpacked size.
    """
    seen: set[int] = set()
    links: list[tuple[str, str, Node]] = []
    for folder, children in merged.folders.items():
        for name, node in children.items():
            kind = node.entry.kind
            if kind == FILE:
                if node.inode not in seen:
                    seen.add(node.inode)
                    yield folder, name, node
            elif kind == HARD_LINK:
                links.append((folder, name, node))
    for folder, name, node in sorted(links, key=lambda link: link[:2]):
        if node.inode not in seen:
            seen.add(node.inode)
            yield folder, name, node


def is_file(node: Node) -> bool:
    """Tell whether a node is a file, under its first name or another one."""
    return node.entry.kind in FILES
