"""Merges layers to the tree that a container sees, and keeps an account of what it cannot see.

Source of the rules: the OCI image specification, layer.md (whiteouts, opaque whiteouts,
changesets), and where it is silent, what containerd's archive.Apply does on one root folder:

- A whiteout hides what lower layers have, wherever in its layer it stands, and makes no folders.
- A folder over a folder keeps the children and takes the new metadata; anything else that takes a
  path hides all that was there.
- A parent that has no entry is made. A parent that is a symbolic link is followed within the root
  (`..` ends at the root). A parent that is a file of a lower layer becomes a folder, as overlay
  file systems have it; one of the same layer is an error, as it is for every engine.
- A hard link needs its target before it, in the same layer or below; it is an error otherwise.
- Aufs's own files (`.wh..wh.plnk` and its like) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress, count
from typing import TYPE_CHECKING, NoReturn

from careen.errors import EngineError
from careen.image.causes import HIDDEN_DIRECTORY, REGULAR, REMOVED, REPEATED, REPLACED, cause_of
from careen.image.layer import FILE, FOLDER, HARD_LINK, Entry
from careen.image.links import UnresolvedError, resolve
from careen.image.markers import (
    META,
    NO_NAMES,
    OPAQUE,
    WHITEOUT,
    is_aufs,
    is_left_out,
    is_marker,
)
from careen.image.merged import Changes, Hidden, Merged
from careen.image.outline import MOST_FOLDER_CHARACTERS
from careen.image.places import MASK, SHIFT, Facts, Folders, Node, Odd, Places

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from careen.image.layer import Layer
    from careen.image.outline import Outline

__all__ = ["Changes", "Hidden", "Merged", "Node", "is_marker", "merge"]


def merge(layers: Sequence[Layer]) -> Merged:
    """Merge layers, the base first.

    The cost is that of the entries in folders that lower layers have: a folder that only one layer
    has is taken as a whole. A subtree is visited once, when it goes.

    Raises:
        EngineError: no engine could unpack the layers: a hard link without its target, a file as
            a parent, a loop of symbolic links, a whiteout of no name.

    >>> from careen.image.layer import from_entries
    >>> base = from_entries([Entry("a/b", FILE, 5), Entry("a/c", FILE, 2)])
    >>> merged = merge([base, from_entries([Entry("a/.wh.b", FILE)])])
    >>> [path for path, _ in merged.walk()], merged.hidden
    (['a', 'a/c'], (Hidden(path='a/b', layer=0, by=1, cause='removed', size=5),))
    """
    return _merge(layers)


def _merge(layers: Sequence[Layer], *, whole_folders: bool = True) -> Merged:
    """Merge layers; without *whole_folders* each entry goes the same way, which tests compare."""
    tree = _Tree(layers, whole_folders=whole_folders)
    changes = tuple(tree.apply(number) for number in range(len(layers)))
    return Merged(Folders(tree.places), tuple(tree.hidden), changes)


@dataclass
class _Inode:
    """A file that has, or had, several links: where its bytes are."""

    links: int
    path: str
    layer: int


class _Tree:
    """The tree while layers are applied to it."""

    def __init__(self, layers: Sequence[Layer], *, whole_folders: bool) -> None:
        self.places = Places(layers)
        self.hidden: list[Hidden] = []
        self._folders = self.places.folders
        self._odd = self.places.odd
        self._inside = self.places.inside
        self._whole_folders = whole_folders
        self._shared: dict[int, _Inode] = {}
        self._made = count(-1, -1)
        self._folder_characters = 0
        # Of the layer that is being applied:
        self._number = 0
        self._layer: Layer
        self._had: dict[str, str] = {}  # the kind of what lower layers had, where this one is
        self._bytes = [0, 0]  # at new paths, at those that lower layers have
        self._files = [0, 0]
        self._removed = 0

    def apply(self, number: int) -> Changes:
        """Apply one layer: first its whiteouts, then its entries in their order."""
        layer = self.places.layers[number]
        self._number, self._layer = number, layer
        self._had, self._removed = {}, 0
        self._bytes, self._files = [0, 0], [0, 0]
        outline = layer.outline
        for at in outline.markers:
            self._whiteout(layer.paths[at])
        self._place_all(self._take_folders(outline))
        if outline.excess:
            self._fail_of_folders(outline.excess)
        (added_bytes, changed_bytes), (added, changed) = self._bytes, self._files
        return Changes(added_bytes, changed_bytes, added, changed, self._removed)

    def _take_folders(self, outline: Outline) -> Iterable[int]:
        """Take as they are the folders that only this layer has; give the entries that are left.

        Those are all where one of the folders is not new in an ordinary way: a lower layer has
        something else at its path, such as a symbolic link.
        """
        everything = range(len(self._layer))
        if not outline.is_plain or not self._whole_folders:
            return everything
        known = list(map(self._folders.__contains__, outline.folders))
        tops = (
            outline.folders[folder]
            for folder, above in enumerate(outline.parents)
            if not known[folder] and known[above]
        )
        if all(known) or any(self._at(path) is not None for path in tops):
            return everything
        new = [path for path, is_known in zip(outline.folders, known, strict=True) if not is_known]
        self._count_folders(new)
        self._folders.update(dict.fromkeys(new, self._number))
        for folder in outline.implied:
            if not known[folder]:
                self._imply(outline.folders[folder])
        left = list(outline.links)
        for folder in compress(range(len(known)), known):
            for start, stop in outline.runs(folder):
                left.extend(range(start, stop))
        left.sort()
        self._count_taken(outline, left, new)
        return left

    def _count_taken(self, outline: Outline, left: Iterable[int], new: Iterable[str]) -> None:
        """Count the files in folders that were taken: all but those that are left."""
        kinds, sizes = self._layer.kinds, self._layer.sizes
        self._files[0] += outline.paths - sum(kinds[at] != FOLDER for at in left)
        self._bytes[0] += outline.below_bytes[0] - sum(
            sizes[at] for at in left if kinds[at] == FILE
        )
        # Some may stand where this layer's whiteouts have taken something away.
        taken = frozenset(new) if self._had else frozenset()
        for path, kind in self._had.items():
            folder, _, name = path.rpartition("/")
            code = self.places.child(folder, name) if folder in taken else None
            if code is None or self.places.kind(code) == FOLDER:
                continue
            size = self._layer.sizes[code & MASK]
            self._files[0] -= 1
            self._files[1] += 1
            self._bytes[0] -= size
            self._bytes[1] += size
            self._removed -= kind != FOLDER

    def _place_all(self, entries: Iterable[int]) -> None:
        layer, folders, had = self._layer, self._folders, self._had
        paths, kinds, base = layer.paths, layer.kinds, self._number << SHIFT
        slow = {FOLDER, HARD_LINK}
        new_files = new_bytes = 0
        for at in entries:
            path = paths[at]
            folder, _, name = path.rpartition("/")
            children = folders.get(folder)
            if isinstance(children, int):
                children = self._inside(folder)
            # What most entries are: a new file in a folder that is there. Names that sort before
            # "0" are left to the other way, because "", ".." and whiteouts are among them.
            if (
                children is None
                or kinds[at] in slow
                or name in children
                or name < "0"
                or path in had
            ):
                self._place(at)
                continue
            children[name] = base | at
            new_files += 1
            new_bytes += layer.sizes[at]
        self._files[0] += new_files
        self._bytes[0] += new_bytes

    def _whiteout(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        if not name.startswith(WHITEOUT) or is_aufs(folder):
            return
        if name.startswith(META) and name != OPAQUE:
            return
        folder = self._resolve(folder)
        children = self.places.children(folder)
        if children is None:
            return
        if name == OPAQUE:
            self._drop_below(folder, HIDDEN_DIRECTORY)
            self._folders[folder] = {}
            return
        target = name.removeprefix(WHITEOUT)
        if target in NO_NAMES:
            self._fail(path, "it is the whiteout of no name")
        if target in children:
            self._drop(folder, target, REMOVED)

    def _place(self, at: int) -> None:
        layer = self._layer
        written, kind = layer.paths[at], layer.kinds[at]
        literal, _, name = written.rpartition("/")
        if is_left_out(written):
            return
        folder = literal
        if folder not in self._folders:
            folder = self._make(self._resolve(folder), written)
        path = f"{folder}/{name}" if folder else name
        children = self._inside(folder)
        old, code = children.get(name), self._number << SHIFT | at
        if kind == FOLDER:
            self._place_folder(path, folder, name, code)
            return
        if kind == HARD_LINK:
            node = self._link(layer.entry(at), path, folder, name)
            self._odd[code] = Odd(folder, name, node)
        else:
            if old is not None:
                facts = self.places.facts(old)
                cause = cause_of(facts, kind, layer.sizes[at], layer.contents[at])
                self._drop(folder, name, cause)
            if folder != literal:
                self._odd[code] = Odd(folder, name, self.places.node(code))
        children[name] = code
        known = path in self._had
        self._files[known] += 1
        self._bytes[known] += layer.sizes[at] if kind == FILE else 0
        if known and self._had[path] != FOLDER:
            self._removed -= 1

    def _place_folder(self, path: str, folder: str, name: str, code: int) -> None:
        old = self.places.child(folder, name)
        if old is None:
            self._add_folder(folder, name, code)
            return
        facts = self.places.facts(old)
        if facts.kind != FOLDER:
            self._drop(folder, name, REPLACED)
            self._add_folder(folder, name, code)
            return
        # Its children stay; its metadata are this layer's.
        self._keep(path, facts)
        self._odd.pop(old, None)
        self._inside(folder)[name] = code

    def _link(self, entry: Entry, path: str, folder: str, name: str) -> Node:
        """Make the node of a hard link, and take away what has its path."""
        at, _, target_name = entry.link.rpartition("/")
        at = at if at in self._folders else self._resolve(at)
        target = self.places.child(at, target_name)
        old = self.places.child(folder, name)
        if old is not None:
            found = None if target is None else self.places.facts(target)
            kind = found.kind if found else HARD_LINK
            size, content = (found.size, found.content) if found else (0, 0)
            self._drop(folder, name, cause_of(self.places.facts(old), kind, size, content))
            # The target may have been what went, or have stood below it.
            target = self.places.child(at, target_name)
        if target is None or self.places.kind(target) == FOLDER:
            what = "not there" if target is None else "a folder"
            self._fail(path, f"it is a hard link to {entry.link or '/'}, which is {what}")
        node = self.places.node(target)
        target_path = f"{at}/{target_name}" if at else target_name
        inode = self._shared.setdefault(node.inode, _Inode(1, target_path, node.layer))
        inode.links += 1
        if node.entry.kind not in REGULAR:
            entry = entry._replace(kind=node.entry.kind, link=node.entry.link)
        return Node(entry, self._number, node.inode, node.size, node.content)

    def _resolve(self, folder: str) -> str:
        try:
            return resolve(self.places, folder)
        except UnresolvedError as error:
            self._fail(*error.args)

    def _make(self, folder: str, wanted: str) -> str:
        """Make a folder, and those above it, of which no link is left to follow."""
        absent = []
        at = folder
        while at not in self._folders:
            absent.append(at)
            at = at.rpartition("/")[0]
        for path in reversed(absent):
            above, _, name = path.rpartition("/")
            old = self.places.child(above, name)
            if old is not None and self.places.facts(old).layer == self._number:
                self._fail(wanted, f"{path} is a file in the same layer, not a folder")
            if old is not None:
                self._drop(above, name, REPLACED)
            self._imply(path)
        return folder

    def _imply(self, path: str) -> None:
        """Add a folder that has no entry."""
        above, _, name = path.rpartition("/")
        code = next(self._made)
        node = Node(Entry(path, FOLDER, mode=0o755), self._number, code, 0)
        self._odd[code] = Odd(above, name, node)
        self._add_folder(above, name, code)

    def _add_folder(self, above: str, name: str, code: int) -> None:
        path = f"{above}/{name}" if above else name
        if path not in self._folders:
            self._count_folders([path])
            self._folders[path] = {}
        self._inside(above)[name] = code

    def _at(self, path: str) -> int | None:
        folder, _, name = path.rpartition("/")
        return self.places.child(folder, name)

    def _count_folders(self, paths: Sequence[str]) -> None:
        self._folder_characters += sum(map(len, paths))
        if self._folder_characters > MOST_FOLDER_CHARACTERS:
            self._fail_of_folders(paths[-1][:80])

    def _drop(self, folder: str, name: str, cause: str) -> None:
        """Take a path, and all below it, out of sight."""
        path = f"{folder}/{name}" if folder else name
        code = self._inside(folder).pop(name)
        if self._lose(path, code, cause) == FOLDER:
            self._drop_below(path, cause)

    def _drop_below(self, folder: str, cause: str) -> None:
        pending = [folder]
        while pending:
            above = pending.pop()
            before = f"{above}/" if above else ""
            children = self._inside(above)
            del self._folders[above]
            for name, code in children.items():
                path = before + name
                if self._lose(path, code, cause) == FOLDER:
                    pending.append(path)

    def _lose(self, path: str, code: int, cause: str) -> str:
        """Account for a node that is gone; give its kind."""
        facts = self.places.facts(code)
        kind, layer = facts.kind, facts.layer
        self._odd.pop(code, None)
        if kind != FOLDER:
            self.places.gone.add(code)
        if layer < self._number:
            self._keep(path, facts)
            self._removed += kind != FOLDER
        elif kind != FOLDER:
            known = path in self._had
            self._files[known] -= 1
            self._removed += known and self._had[path] != FOLDER
        shared = self._shared.get(facts.inode)
        if shared is not None:
            shared.links -= 1
            path, layer = shared.path, shared.layer
        if facts.size and (shared is None or not shared.links):
            cause = REPEATED if layer == self._number else cause
            self.hidden.append(Hidden(path, layer, self._number, cause, facts.size))
        return kind

    def _keep(self, path: str, facts: Facts) -> None:
        """Remember what lower layers have at a path that this one changes."""
        if facts.layer < self._number:
            self._had[path] = facts.kind

    def _fail_of_folders(self, path: str) -> NoReturn:
        self._fail(path, "the layers have too many or too deep folders")

    def _fail(self, path: str, what: str) -> NoReturn:
        raise EngineError(
            f"layer {self._number} of the image cannot be applied: {path!r}: {what}",
            hint="no engine can unpack it: build the image again, or fetch it again",
        )
