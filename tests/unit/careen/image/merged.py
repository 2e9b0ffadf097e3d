"""The file bytes of the tree that hand-written layers merge to."""

from __future__ import annotations

from careen.image.accounting import account
from careen.image.layer import FILE, FOLDER, HARD_LINK, SYMLINK, Entry, from_entries
from careen.image.tree import merge

Change = tuple[str, str, int, str]
_KINDS = {"f": FILE, "d": FOLDER, "h": HARD_LINK, "o": SYMLINK}


def merged_bytes(layers: list[list[Change]]) -> int:
    """Merge layers of (path, kind, bytes, link target)."""
    made = [
        from_entries(Entry(path, _KINDS[kind], size, link=link) for path, kind, size, link in layer)
        for layer in layers
    ]
    return account(merge(made)).unpacked_bytes
