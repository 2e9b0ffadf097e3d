"""Why bytes of a layer are hidden; careen.image.accounting.CAUSES says what each cause means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.image.layer import FILE, FOLDER, HARD_LINK

if TYPE_CHECKING:
    from careen.image.places import Facts

OVERWRITTEN, SAME_CONTENT, REMOVED = "overwritten", "same-content", "removed"
HIDDEN_DIRECTORY, REPLACED, REPEATED = "hidden-directory", "replaced", "repeated"
# Kinds of entries that have bytes.
REGULAR = frozenset({FILE, HARD_LINK})


def cause_of(old: Facts, kind: str, size: int, content: int) -> str:
    """Say why a node is hidden by a file, link or device that takes its path."""
    if (old.kind in REGULAR) != (kind in REGULAR) or old.kind == FOLDER:
        return REPLACED
    return SAME_CONTENT if (old.size, old.content) == (size, content) else OVERWRITTEN
