"""The account of an image's bytes: what each layer adds, what is hidden and why, what is double.

Of all layers together, each byte of a file is either in the merged tree or hidden, once:
`total_bytes == unpacked_bytes + reclaimable_bytes`. A hard link has no bytes of its own; those of
its file are counted once, in the layer that stores them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from careen.image.causes import (
    HIDDEN_DIRECTORY,
    OVERWRITTEN,
    REMOVED,
    REPEATED,
    REPLACED,
    SAME_CONTENT,
)
from careen.image.layer import FOLDER
from careen.image.markers import is_left_out
from careen.image.places import SHIFT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from careen.image.merged import Hidden, Merged
    from careen.image.places import Places


class Cause(NamedTuple):
    """Why bytes are hidden.

    Attributes:
        meaning: one sentence.
        advice: what to do in the Dockerfile so that they are not there; one sentence.
    """

    meaning: str
    advice: str


CAUSES: Mapping[str, Cause] = {
    OVERWRITTEN: Cause(
        "a later layer has the file again, with other bytes",
        "write the file once: change it in the RUN or COPY that makes it, or copy the final one",
    ),
    SAME_CONTENT: Cause(
        "a later layer has the file again with the same bytes: its mode, owner or time changed",
        "set mode and owner where the file is made: COPY --chmod and --chown, or in the same RUN",
    ),
    REMOVED: Cause(
        "a later layer removes the file, or a folder above it",
        "remove it in the RUN that makes it, or never write it: mount it (RUN --mount=type=bind or "
        "type=cache), or make it in another stage",
    ),
    HIDDEN_DIRECTORY: Cause(
        "a later layer makes a folder above it anew and empty (an opaque folder)",
        "remove and make the folder anew in the RUN that fills it, or fill it in another stage",
    ),
    REPLACED: Cause(
        "a later layer puts something of another kind at its path or above it, such as a link",
        "put the link or folder in place before anything is written there",
    ),
    REPEATED: Cause(
        "the layer itself has the path twice; the last one counts",
        "make the layer's tar anew: a build that appends to a tar leaves both copies in it",
    ),
}


@dataclass(frozen=True)
class LayerAccount:
    """What a layer holds and does.

    Attributes:
        total_bytes: of its files; always added_bytes + changed_bytes.
        added_bytes: of its files at paths that no lower layer has.
        changed_bytes: of its files at paths that lower layers have: replaced, or new metadata.
        removed_bytes: of lower layers, that it takes out of sight, whatever the way.
        hidden_bytes: its own, that no container can see; over all layers: reclaimable_bytes.
        added_files: paths that are new. A file is here all that is no folder.
        changed_files: paths that lower layers have.
        removed_files: files of lower layers whose path is gone or is a folder now.
    """

    total_bytes: int
    added_bytes: int
    changed_bytes: int
    removed_bytes: int
    hidden_bytes: int
    added_files: int
    changed_files: int
    removed_files: int


class CauseTotal(NamedTuple):
    """The bytes that one cause hides, and the number of files they are in."""

    cause: str
    bytes: int
    files: int


@dataclass(frozen=True)
class Account:
    """What an image holds.

    Attributes:
        layers: from the base upwards.
        hidden: the files that no container can see, the largest first.
        unpacked_bytes: of the merged tree, each inode once.
        total_bytes: of the files of all layers.
        reclaimable_bytes: of the hidden files.
        files: paths of the merged tree that are no folders.
        folders: its folders, without the root.
    """

    layers: tuple[LayerAccount, ...]
    hidden: tuple[Hidden, ...]
    unpacked_bytes: int
    total_bytes: int
    reclaimable_bytes: int
    files: int
    folders: int

    @property
    def efficiency(self) -> float:
        """1 - reclaimable / total; 1.0 for an image without bytes."""
        return 1 - self.reclaimable_bytes / self.total_bytes if self.total_bytes else 1.0

    def causes(self) -> list[CauseTotal]:
        """Give the causes that hide something, the most bytes first."""
        totals: dict[str, list[int]] = {}
        for hidden in self.hidden:
            total = totals.setdefault(hidden.cause, [0, 0])
            total[0] += hidden.size
            total[1] += 1
        found = [CauseTotal(cause, *total) for cause, total in totals.items()]
        return sorted(found, key=lambda total: (-total.bytes, total.cause))


def account(merged: Merged) -> Account:
    """Take the account of merged layers.

    >>> from careen.image.layer import FILE, Entry, from_entries
    >>> from careen.image.tree import merge
    >>> base, upper = from_entries([Entry("a", FILE, 5)]), from_entries([Entry("a", FILE, 3)])
    >>> found = account(merge([base, upper]))
    >>> found.total_bytes, found.unpacked_bytes, found.reclaimable_bytes, found.efficiency
    (8, 3, 5, 0.375)
    """
    hidden_bytes, removed_bytes = [0] * len(merged.changes), [0] * len(merged.changes)
    for hidden in merged.hidden:
        hidden_bytes[hidden.layer] += hidden.size
        if hidden.layer != hidden.by:
            removed_bytes[hidden.by] += hidden.size
    layers = tuple(
        LayerAccount(
            total_bytes=changes.added_bytes + changes.changed_bytes,
            added_bytes=changes.added_bytes,
            changed_bytes=changes.changed_bytes,
            removed_bytes=removed_bytes[number],
            hidden_bytes=hidden_bytes[number],
            added_files=changes.added_files,
            changed_files=changes.changed_files,
            removed_files=changes.removed_files,
        )
        for number, changes in enumerate(merged.changes)
    )
    places = merged.places
    return Account(
        layers=layers,
        hidden=tuple(sorted(merged.hidden, key=lambda one: (-one.size, one.path, one.layer))),
        unpacked_bytes=_unpacked_bytes(places),
        total_bytes=sum(layer.total_bytes for layer in layers),
        reclaimable_bytes=sum(hidden_bytes),
        files=_files(places),
        folders=len(places.folders) - 1,
    )


def _unpacked_bytes(places: Places) -> int:
    """Sum the files of the tree: those of the layers, but for what is hidden."""
    found = sum(layer.outline.below_bytes[0] for layer in places.layers)
    found -= sum(file.size for file in places.displaced)
    return found + sum(file.size for file in places.strays.values())


def _files(places: Places) -> int:
    """Count the paths that are no folders."""
    found = sum(layer.outline.paths for layer in places.layers) - len(places.gone)
    by_hand = (odd.node.entry.kind for code, odd in places.odd.items() if code < 0)
    return found + sum(kind != FOLDER for kind in by_hand)


class Duplicate(NamedTuple):
    """Files with the same bytes at several paths.

    Attributes:
        size: bytes of one.
        paths: sorted; of the hard links to one file, one path.
    """

    size: int
    paths: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """What all but one of them take."""
        return self.size * (len(self.paths) - 1)


def duplicates(merged: Merged) -> list[Duplicate]:
    """Find regular files of the merged tree with the same bytes, the most wasted bytes first.

    Two files are the same if their size and their hash (`Entry.content`, 64 bits) are. Hard links
    to one file are no duplicates, nor are empty files. `duplicate_bytes` is the sum of `bytes`.
    """
    places = merged.places
    groups: dict[tuple[int, int], dict[int, str]] = {}
    for path, inode, size, content in _likely(places):
        group = groups.setdefault((size, content), {})
        group[inode] = min(path, group.get(inode, path))
    found = [
        Duplicate(size, tuple(sorted(group.values())))
        for (size, _), group in groups.items()
        if len(group) > 1
    ]
    return sorted(found, key=lambda one: (-one.bytes, one.paths))


def _likely(places: Places) -> Iterator[tuple[str, int, int, int]]:
    """Give (path, inode, size, content) of all files whose hash another file has, and of more."""
    shared = _in_two_layers(places)
    gone, odd = places.gone, places.odd
    for number, layer in enumerate(places.layers):
        base, contents = number << SHIFT, layer.contents
        found = set(layer.outline.twins)
        if shared:
            same = compress(range(len(layer)), map(shared.__contains__, contents))
            found.update(at for at in same if not is_left_out(layer.paths[at]))
        for at in found:
            code = base | at
            if code not in gone and code not in odd:
                yield layer.paths[at], code + 1, layer.sizes[at], contents[at]
    for one in odd.values():
        if one.node.size:
            yield one.path, one.node.inode, one.node.size, one.node.content


def _in_two_layers(places: Places) -> set[int]:
    """Give the contents that several layers have."""
    layers = sorted(places.layers, key=len)
    shared: set[int] = set()
    seen: set[int] = set()
    for place, layer in enumerate(layers, 1):
        shared |= seen.intersection(layer.contents)
        if place < len(layers):  # nobody looks for the contents of the largest
            seen.update(layer.contents)
    shared.discard(0)  # what has no bytes
    return shared
