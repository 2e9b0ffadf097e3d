"""Cleans the names of a tar's members, and refuses those that point out of the tree."""

from __future__ import annotations

from careen.image.tar.faults import TarFault

_NO_NAMES = frozenset({"", ".", ".."})


class PathCleaner:
    """Cleans paths, and remembers the folders that were clean as they are."""

    __slots__ = ("_clean_folders",)

    def __init__(self) -> None:
        self._clean_folders = {""}

    def clean(self, path: str) -> str:
        """Give a path as `Entry.path` has it: an absolute one is taken as below the root.

        >>> PathCleaner().clean("./usr//lib/")
        'usr/lib'

        Raises:
            TarFault: it has a component `..`.
        """
        # Most paths are clean already, and most folders have been seen: one look-up tells.
        folder, slash, name = path.rpartition("/")
        if folder in self._clean_folders and name not in _NO_NAMES and (folder or not slash):
            return path
        parts = [part for part in path.split("/") if part not in {"", "."}]
        if ".." in parts:
            raise TarFault(f"the path {shown(path)} has a component '..'")
        clean = "/".join(parts)
        if folder and clean == path:
            self._clean_folders.add(folder)
        return clean


def decoded(name: bytes) -> str:
    """Give a name as text; bytes that are no UTF-8 become surrogates (PEP 383)."""
    return name.decode("utf-8", "surrogateescape")


def shown(path: str) -> str:
    """Give a path for a message: quoted, on one line, printable, not too long."""
    return repr(path if len(path) <= 120 else f"{path[:60]}...{path[-57:]}")  # noqa: PLR2004
