"""Follows the symbolic links in a path of the tree that layers are merged to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.image.layer import SYMLINK
from careen.image.outline import MOST_CHARACTERS

if TYPE_CHECKING:
    from careen.image.places import Places

# What the kernel follows in one path.
MOST_LINKS = 40


class UnresolvedError(ValueError):
    """A path leads nowhere: its first argument is the path, its second says why."""


def resolve(places: Places, folder: str) -> str:
    """Follow the symbolic links in a folder's path, as the kernel does, within the root.

    Args:
        places: what stands where.
        folder: from the root; what of it is not there stays as it is.

    Raises:
        UnresolvedError: it is too long, or leads through too many links or too long a one.
    """
    if len(folder) > MOST_CHARACTERS:
        raise UnresolvedError(folder[:80], f"its path has more than {MOST_CHARACTERS} characters")
    pending = folder.split("/")[::-1]
    real, links = "", 0
    while pending:
        name = pending.pop()
        if name in {"", "."}:
            continue
        if name == "..":
            real = real.rpartition("/")[0]
            continue
        code = places.child(real, name)
        if code is None or places.kind(code) != SYMLINK:
            real = f"{real}/{name}" if real else name
            continue
        links += 1
        target = places.node(code).entry.link
        if links > MOST_LINKS:
            raise UnresolvedError(
                folder, f"its path leads through more than {MOST_LINKS} symbolic links"
            )
        if len(target) > MOST_CHARACTERS:
            raise UnresolvedError(folder, "its path leads through too long a symbolic link")
        real = "" if target.startswith("/") else real
        pending.extend(target.split("/")[::-1])
    return real
