"""What a browser of an image shows: the tree after each layer, what the layer did, what is waste.

A path's state after layer N is found by comparing the layers merged up to N with those below it.
Everything is worked out when it is asked for: a layer's view costs two merges, of which one is
mostly known from the layer before, and one pass over the paths; a folder's children are listed
when it is opened.
"""

from __future__ import annotations

import fnmatch
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from careen.image.layer import FOLDER
from careen.image.tree import Merged, merge
from careen.image.weigh.inodes import files
from careen.image.weigh.ownership import ownership
from careen.image.weigh.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from careen.image.model import Image
    from careen.image.tree import Hidden, Node
    from careen.image.weigh.ownership import Owner, Ownership

ADDED, CHANGED, REMOVED, UNCHANGED = "added", "changed", "removed", "unchanged"
STATES = (ADDED, CHANGED, REMOVED, UNCHANGED)
BY_NAME, BY_SIZE = "name", "size"
# A merge of 100,000 paths takes about 40 MB.
_KEPT_MERGES, _KEPT_VIEWS = 3, 2
_GLOB = re.compile(r"[*?[]")


class Filter(NamedTuple):
    """What is shown: paths in one of these states; only those with waste, if so wished."""

    states: frozenset[str] = frozenset(STATES)
    only_waste: bool = False


EVERYTHING = Filter()


@dataclass(slots=True)
class Sums:
    """What is in a folder, at any depth.

    Attributes:
        size: bytes of the files that are there after the layer, each inode once: at the path
            where its layer has it as a regular file, see `careen.image.weigh.inodes.files`.
        removed_bytes: of files that the layer below has and this one has no more, by path.
        waste: hidden bytes of this layer, and of lower layers that this one hides.
        counts: paths by state, in the order of STATES.
        wasteful: likewise, those with waste of their own.
    """

    size: int = 0
    removed_bytes: int = 0
    waste: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * len(STATES))
    wasteful: list[int] = field(default_factory=lambda: [0] * len(STATES))

    def add(self, inner: Sums) -> None:
        """Add what is in an inner folder."""
        self.size += inner.size
        self.removed_bytes += inner.removed_bytes
        self.waste += inner.waste
        for at in range(len(STATES)):
            self.counts[at] += inner.counts[at]
            self.wasteful[at] += inner.wasteful[at]


class Row(NamedTuple):
    """One path as it is shown.

    Attributes:
        path: in the merged tree, without a leading `/`.
        name: its last part.
        state: one of STATES.
        node: what is there after the layer; of a removed path, what was there before it.
        size: of a file, its bytes; of a folder, those in it; of a removed one, those that went.
        waste: hidden bytes at the path and in it: of this layer, and of lower layers that this
            one hides.
        opens: whether there is anything in it, a filter or not. A file that took a folder's place
            opens too: it shows what was removed.
        inside: whether something in it is added, changed or removed.
    """

    path: str
    name: str
    state: str
    node: Node
    size: int
    waste: int
    opens: bool
    inside: bool


class LayerView:
    """The tree as it is after a layer, with what the layer removed still in it."""

    def __init__(self, number: int, below: Merged, now: Merged, hidden: Sequence[Hidden]) -> None:
        self.number = number
        self.below = below
        self.now = now
        self._hidden: dict[str, list[Hidden]] = {}
        for one in hidden:
            if number in {one.layer, one.by}:
                self._hidden.setdefault(self._place(one.path), []).append(one)
        self._inside = self._sum()

    def sums(self, folder: str) -> Sums | None:
        """Give what is in a folder ("" is the root); None where nothing is, or was, in it."""
        return self._inside.get(folder)

    def hidden(self, path: str) -> Sequence[Hidden]:
        """Give the hidden bytes at a path: of this layer, and of lower ones that it hides.

        What has its path in neither tree, such as a file that its own layer takes away again,
        stands at the folder above it that has.
        """
        return self._hidden.get(path, ())

    def get(self, path: str) -> Row | None:
        """Give a path's row; None where neither tree has it. The root has none."""
        folder, _, name = path.rpartition("/")
        now = self.now.folders.get(folder, {}).get(name)
        below = self.below.folders.get(folder, {}).get(name)
        node = now or below
        if node is None:
            return None
        state = _state(now, below, self.number)
        inside = self._inside.get(path)
        waste = sum(one.size for one in self._hidden.get(path, ()))
        size = node.size
        if inside is not None:
            waste += inside.waste
            size += inside.removed_bytes if state == REMOVED else inside.size
        return Row(
            path=path,
            name=name,
            state=state,
            node=node,
            size=size,
            waste=waste,
            opens=inside is not None and any(inside.counts),
            inside=inside is not None and any(inside.counts[:3]),
        )

    def children(self, folder: str, order: str = BY_NAME, shown: Filter = EVERYTHING) -> list[Row]:
        """Give what a folder has, in order; by size means the largest first, then by name.

        A folder is shown if it or anything in it is.
        """
        before = f"{folder}/" if folder else ""
        rows = [
            row
            for name in self._names(folder)
            if (row := self.get(before + name)) is not None and self.shows(row, shown)
        ]
        rows.sort(key=_by_size if order == BY_SIZE else _by_name)
        return rows

    def shows(self, row: Row, shown: Filter) -> bool:
        """Tell whether a filter lets a path through, or something in it."""
        if self.matches(row.path, row.state, shown):
            return True
        inside = self._inside.get(row.path)
        if inside is None:
            return False
        counts = inside.wasteful if shown.only_waste else inside.counts
        return any(
            count and state in shown.states for state, count in zip(STATES, counts, strict=True)
        )

    def matches(self, path: str, state: str, shown: Filter) -> bool:
        """Tell whether a filter lets the path itself through."""
        return state in shown.states and (not shown.only_waste or path in self._hidden)

    def paths(self) -> Iterator[tuple[str, str]]:
        """Give (path, state) of every path of both trees, in no order."""
        now, below, number = self.now.folders, self.below.folders, self.number
        for folder in dict.fromkeys((*now, *below)):
            before = f"{folder}/" if folder else ""
            old = below.get(folder, {})
            new = now.get(folder, {})
            for name, node in new.items():
                yield before + name, _state(node, old.get(name), number)
            for name in old:
                if name not in new:
                    yield before + name, REMOVED

    def search(self, wanted: str, order: str = BY_NAME, shown: Filter = EVERYTHING) -> list[str]:
        """Find paths, in the order in which an opened tree shows them; case does not count.

        Args:
            wanted: a part of a path; with `*`, `?` or `[` a pattern for a whole name, or, where
                it has a `/`, for a whole path.
            order: as `children` has it.
            shown: likewise; a folder that is shown only for what is in it is not found.

        >>> view.search("libc.so*")
        ['usr/lib/libc.so.6']
        """
        if not wanted:
            return []
        fits = _matcher(wanted)
        found = [
            path for path, state in self.paths() if fits(path) and self.matches(path, state, shown)
        ]
        if order == BY_NAME:
            return sorted(found, key=lambda path: path.split("/"))
        known: dict[str, tuple[tuple[int, str], ...]] = {"": ()}
        return sorted(found, key=lambda path: self._size_key(path, known))

    def _size_key(
        self, path: str, known: dict[str, tuple[tuple[int, str], ...]]
    ) -> tuple[tuple[int, str], ...]:
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            here, above = "/".join(parts[:count]), "/".join(parts[: count - 1])
            if here not in known:
                row = self.get(here)
                known[here] = (*known[above], (-row.size if row else 0, parts[count - 1]))
        return known[path]

    def _names(self, folder: str) -> Iterator[str]:
        new, old = self.now.folders.get(folder, {}), self.below.folders.get(folder, {})
        yield from new
        yield from (name for name in old if name not in new)

    def _place(self, path: str) -> str:
        """Give the path itself, or the nearest folder above it that one of the trees has."""
        while path and self.now.get(path) is None and self.below.get(path) is None:
            path = path.rpartition("/")[0]
        return path

    def _sum(self) -> dict[str, Sums]:
        """Roll the paths up, the deepest folders first."""
        now, below = self.now.folders, self.below.folders
        inside = {folder: Sums() for folder in (*now, *below)}
        for folder, sums in inside.items():
            self._count(folder, sums)
        for folder, _, node in files(self.now):
            inside[folder].size += node.size
        for folder in sorted(inside, key=_depth, reverse=True):
            if folder:
                inside[folder.rpartition("/")[0]].add(inside[folder])
        for one in self._hidden.get("", ()):
            inside[""].waste += one.size
        return inside

    def _count(self, folder: str, sums: Sums) -> None:
        """Count a folder's own children."""
        before = f"{folder}/" if folder else ""
        new, old = self.now.folders.get(folder, {}), self.below.folders.get(folder, {})
        number, hidden, counts = self.number, self._hidden, sums.counts
        for name, node in new.items():
            at = _NUMBERS[_state(node, old.get(name), number)]
            counts[at] += 1
            if hidden and before + name in hidden:
                sums.wasteful[at] += 1
                sums.waste += sum(one.size for one in hidden[before + name])
        for name, node in old.items():
            if name not in new:
                counts[_NUMBERS[REMOVED]] += 1
                sums.removed_bytes += node.size
                if before + name in hidden:
                    sums.wasteful[_NUMBERS[REMOVED]] += 1
                    sums.waste += sum(one.size for one in hidden[before + name])


class Browser:
    """An image to browse, layer by layer."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self._merges: OrderedDict[int, Merged] = OrderedDict()
        self._views: OrderedDict[int, LayerView] = OrderedDict()
        self._ownerships: dict[int, Ownership] = {}

    @cached_property
    def hidden(self) -> Sequence[Hidden]:
        """What no container can see, of the whole image."""
        return self._merged(len(self.image.layers)).hidden

    @cached_property
    def hidden_bytes(self) -> Sequence[int]:
        """Each layer's bytes that later ones hide, or that it has twice."""
        total = [0] * len(self.image.layers)
        for one in self.hidden:
            total[one.layer] += one.size
        return total

    def view(self, number: int) -> LayerView:
        """Give the tree as it is after a layer, from 0 at the base; the last two are kept.

        Raises:
            EngineError: no engine could unpack the layers, see `careen.image.tree.merge`.
        """
        hidden = self.hidden
        if number not in self._views:
            below = self._merged(number)
            view = LayerView(number, below, self._merged(number + 1), hidden)
            self._views[number] = view
        self._views.move_to_end(number)
        while len(self._views) > _KEPT_VIEWS:
            self._views.popitem(last=False)
        return self._views[number]

    def owner(self, view: LayerView, row: Row) -> Owner | None:
        """Give the package or distribution of a file, as its databases say after the layer.

        Of a removed file it is as they said before it. Who owns the files that the whole image
        still has is found out once; for the others once a layer.
        """
        if row.node.entry.kind == FOLDER:
            return None
        count = len(self.image.layers)
        last = self._owners(count)
        if row.node.inode in last.by_inode:
            return last.of(row.node)
        prefix = view.number if row.state == REMOVED else view.number + 1
        return None if prefix == count else self._owners(prefix).of(row.node)

    def _owners(self, prefix: int) -> Ownership:
        if prefix not in self._ownerships:
            known = {
                number: found
                for number, found in self._ownerships.items()
                if number == len(self.image.layers)
            }
            layers = self.image.layers[:prefix]
            self._ownerships = {
                **known,
                prefix: ownership(View(self._merged(prefix), layers)),
            }
        return self._ownerships[prefix]

    def _merged(self, prefix: int) -> Merged:
        """Merge the first layers; equal prefixes give equal inodes."""
        if prefix not in self._merges:
            self._merges[prefix] = merge(self.image.layers[:prefix])
        self._merges.move_to_end(prefix)
        while len(self._merges) > _KEPT_MERGES:
            self._merges.popitem(last=False)
        return self._merges[prefix]


_NUMBERS: Mapping[str, int] = {state: number for number, state in enumerate(STATES)}


def _state(now: Node | None, below: Node | None, number: int) -> str:
    if now is None:
        return REMOVED
    if below is None:
        return ADDED
    return CHANGED if now.layer == number else UNCHANGED


def _by_name(row: Row) -> str:
    return row.name


def _by_size(row: Row) -> tuple[int, str]:
    return -row.size, row.name


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0


def _matcher(wanted: str) -> Callable[[str], object]:
    text = wanted.casefold()
    if not _GLOB.search(text):
        return lambda path: text in path.casefold()
    fits = re.compile(fnmatch.translate(text.lstrip("/"))).match
    if "/" in text:
        return lambda path: fits(path.casefold())
    return lambda path: fits(path.rpartition("/")[2].casefold())
