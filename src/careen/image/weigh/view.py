"""Finds files of a merged tree as a container's kernel does: links to folders are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.image.layer import FOLDER, HARD_LINK, SYMLINK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from careen.image.layer import Layer
    from careen.image.tree import Merged, Node

# The kernel's limit of links on the way to one file (MAXSYMLINKS), and its PATH_MAX.
_LINKS_LIMIT = 40
_PATH_LIMIT = 4096


class View:
    """A merged tree and the layers whose documents it shows.

    A Debian package's list says `/lib/x86_64-linux-gnu/libc.so.6` of a file that stands at
    `usr/lib/...`, because `lib` is a link to `usr/lib`: `find` finds it.
    """

    def __init__(self, merged: Merged, layers: Sequence[Layer]) -> None:
        self.merged = merged
        self.layers = layers
        self._places = merged.places
        self._real: dict[str, str | None] = {"": ""}

    def folder(self, path: str) -> str | None:
        """Give the path without links of the folder that a path leads to.

        Args:
            path: from the root, with or without a leading `/`; may hold `.`, `..` and links.

        Returns:
            The key of `Merged.folders`, or None where no folder is there: nothing, a file, a loop.
        """
        path = path.strip("/")
        # The paths of folders in the tree have no link in them.
        return path if path in self._places.folders else self._resolve(path, 0)

    def children(self, path: str) -> Mapping[str, Node] | None:
        """Give what is in the folder that a path leads to; None where there is none."""
        real = self.folder(path)
        return None if real is None else self.merged.folders.get(real)

    def find(self, path: str) -> tuple[str, Node] | None:
        """Give the path without links, and the node; a link that the path ends in is not followed.

        >>> view.find("/lib/os-release")
        ('usr/lib/os-release', Node(...))
        """
        folder, _, name = path.rstrip("/").rpartition("/")
        real = self.folder(folder)
        code = None if real is None else self._places.child(real, name)
        return None if code is None else (_join(real or "", name), self._places.node(code))

    def document(self, path: str) -> bytes | None:
        """Give the contents of a file that `careen.image.layer.wanted` names.

        Links are followed to the end: `/etc/os-release` is one in most images.

        Returns:
            None where no such file is in the tree, or nobody kept its contents.
        """
        for _ in range(_LINKS_LIMIT):
            found = self.find(path)
            if found is None:
                return None
            real, node = found
            if node.entry.kind == SYMLINK:
                link = node.entry.link
                path = link if link.startswith("/") else f"{real.rpartition('/')[0]}/{link}"
                continue
            # A layer may have it under a path through a link: lib/x of what stands in usr/lib.
            documents = self.layers[node.layer].documents
            if node.entry.kind == HARD_LINK and node.entry.path not in documents:
                return documents.get(node.entry.link)
            return documents.get(node.entry.path)
        return None

    def _resolve(self, path: str, links: int) -> str | None:
        """Resolve a folder's path a component at a time; what was resolved once is known.

        A path is marked as leading nowhere while it is being resolved, so that a loop ends there.
        """
        known = self._real
        if path in known:
            return known[path]
        known[path] = None
        if links > _LINKS_LIMIT or len(path) > _PATH_LIMIT:
            return None
        here = ""
        for name in path.split("/"):
            next_one = self._step(here, name, links)
            if next_one is None:
                return None
            here = next_one
        known[path] = here
        return here

    def _step(self, here: str, name: str, links: int) -> str | None:
        if name in {"", "."}:
            return here
        if name == "..":
            return here.rpartition("/")[0]
        inner = _join(here, name)
        if inner in self._places.folders:
            return inner
        code = self._places.child(here, name)
        kind = None if code is None else self._places.kind(code)
        if code is None or kind not in {FOLDER, SYMLINK}:
            return None
        if kind == FOLDER:
            return inner
        link = self._places.node(code).entry.link
        target = link if link.startswith("/") else f"{here}/{link}"
        return self._resolve(target.strip("/"), links + 1)


def document(merged: Merged, layers: Sequence[Layer], path: str) -> bytes | None:
    """Give the contents of one kept file of a merged tree, see `View.document`."""
    return View(merged, layers).document(path)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
