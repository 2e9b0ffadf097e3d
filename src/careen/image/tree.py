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
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from careen.errors import EngineError
from careen.image.layer import FILE, FOLDER, HARD_LINK, SYMLINK, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from careen.image.layer import Layer

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
_META = ".wh..wh."
# Why bytes are hidden; careen.image.accounting.CAUSES says what each means.
OVERWRITTEN, SAME_CONTENT, REMOVED = "overwritten", "same-content", "removed"
HIDDEN_DIRECTORY, REPLACED, REPEATED = "hidden-directory", "replaced", "repeated"
# What the kernel takes in one path: the links that it follows, and the characters.
_MOST_LINKS, _MOST_CHARACTERS = 40, 4096
# All folders' paths together; 100,000 folders have about 5 million characters.
_MOST_FOLDER_CHARACTERS = 64_000_000
_REGULAR = frozenset({FILE, HARD_LINK})


class Node(NamedTuple):
    """A path of the merged tree.

    Attributes:
        entry: what the layer that it comes from says of it (a hard link's size is 0 there; a hard
            link to what is no regular file is given as a second one of its kind). Its path is the
            layer's, which a parent that is a symbolic link may lead elsewhere. A folder that no
            layer has an entry for has mode 0o755 and root as its owner.
        layer: that layer's number, from 0 at the base.
        inode: the same number for all hard links to one file, unique otherwise.
        size: the file's bytes, for a hard link those of its target, 0 for what is no file.
        content: the hash of the file's bytes, see `Entry`; for a hard link that of its target.
    """

    entry: Entry
    layer: int
    inode: int
    size: int
    content: int = 0


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
        folders: by a folder's path ("" is the root), its children by name.
        hidden: what lies below it, in the order in which it was hidden; files of 0 bytes are left
            out. An inode's bytes are hidden once, when its last link is, under its first path.
        changes: of each layer.
    """

    folders: Mapping[str, Mapping[str, Node]]
    hidden: tuple[Hidden, ...]
    changes: tuple[Changes, ...] = ()

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


def merge(layers: Sequence[Layer]) -> Merged:
    """Merge layers, the base first.

    The cost is that of the entries: a subtree is visited once, when it goes.

    Raises:
        EngineError: no engine could unpack the layers: a hard link without its target, a file as
            a parent, a loop of symbolic links, a whiteout of no name.

    >>> from careen.image.layer import from_entries
    >>> base = from_entries([Entry("a/b", FILE, 5), Entry("a/c", FILE, 2)])
    >>> merged = merge([base, from_entries([Entry("a/.wh.b", FILE)])])
    >>> [path for path, _ in merged.walk()], merged.hidden
    (['a', 'a/c'], (Hidden(path='a/b', layer=0, by=1, cause='removed', size=5),))
    """
    tree = _Tree()
    changes = tuple(tree.apply(number, layer) for number, layer in enumerate(layers))
    return Merged(tree.folders, tuple(tree.hidden), changes)


def is_marker(path: str) -> bool:
    """Tell whether a layer's path is no file of the image: a whiteout or aufs's own.

    >>> is_marker("etc/.wh.passwd"), is_marker(".wh..wh.plnk/12"), is_marker("etc/passwd")
    (True, True, False)
    """
    if WHITEOUT not in path:
        return False
    folder, _, name = path.rpartition("/")
    return name.startswith(WHITEOUT) or _is_aufs(folder)


def _is_aufs(folder: str) -> bool:
    return folder.startswith(_META) or f"/{_META}" in folder


@dataclass
class _Inode:
    """A file that has, or had, several links: where its bytes are."""

    links: int
    path: str
    layer: int


class _Tree:
    """The tree while layers are applied to it."""

    def __init__(self) -> None:
        self.folders: dict[str, dict[str, Node]] = {"": {}}
        self.hidden: list[Hidden] = []
        self._shared: dict[int, _Inode] = {}
        self._inodes = count(1)
        self._folder_characters = 0
        # Of the layer that is being applied:
        self._number = 0
        self._had: dict[str, str] = {}  # the kind of what lower layers had, where this one is
        self._bytes = [0, 0]  # at new paths, at those that lower layers have
        self._files = [0, 0]
        self._removed = 0

    def apply(self, number: int, layer: Layer) -> Changes:
        """Apply one layer: first its whiteouts, then its entries in their order."""
        self._number, self._had, self._removed = number, {}, 0
        self._bytes, self._files = [0, 0], [0, 0]
        for path in layer.paths:
            if WHITEOUT in path:
                self._whiteout(path)
        folders, had, number_inode = self.folders, self._had, self._inodes.__next__
        slow = {FOLDER, HARD_LINK}
        new_files = new_bytes = 0
        for path, kind, entry in zip(layer.paths, layer.kinds, layer.entries(), strict=True):
            folder, _, name = path.rpartition("/")
            children = folders.get(folder)
            # What most entries are: a new file in a folder that is there. Names that sort before
            # "0" are left to the other way, because "", ".." and whiteouts are among them.
            if children is None or kind in slow or name in children or name < "0" or path in had:
                self._place(entry)
                continue
            # Twice as quick as Node(...), which a layer's merge mostly consists of.
            children[name] = tuple.__new__(
                Node, (entry, number, number_inode(), entry.size, entry.content)
            )
            new_files += 1
            new_bytes += entry.size
        self._files[0] += new_files
        self._bytes[0] += new_bytes
        (added_bytes, changed_bytes), (added, changed) = self._bytes, self._files
        return Changes(added_bytes, changed_bytes, added, changed, self._removed)

    def _whiteout(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        if not name.startswith(WHITEOUT) or _is_aufs(folder):
            return
        if name.startswith(_META) and name != OPAQUE:
            return
        folder = self._resolve(folder)
        children = self.folders.get(folder)
        if children is None:
            return
        if name == OPAQUE:
            self._drop_below(folder, HIDDEN_DIRECTORY)
            self.folders[folder] = {}
            return
        target = name.removeprefix(WHITEOUT)
        if target in {"", ".", ".."}:
            self._fail(path, "it is the whiteout of no name")
        if target in children:
            self._drop(folder, target, REMOVED)

    def _place(self, entry: Entry) -> None:
        folder, _, name = entry.path.rpartition("/")
        if name in {"", ".", ".."} or is_marker(entry.path):
            return
        if folder not in self.folders:
            folder = self._make(self._resolve(folder), entry.path)
        path = f"{folder}/{name}" if folder else name
        children = self.folders[folder]
        old = children.get(name)
        if entry.kind == FOLDER:
            if old is not None and old.entry.kind == FOLDER:
                self._keep(path, old)
                children[name] = Node(entry, self._number, old.inode, 0)
                return
            if old is not None:
                self._drop(folder, name, REPLACED)
            self._add_folder(folder, name, entry)
            return
        if entry.kind == HARD_LINK:
            node = self._link(entry, path, folder, name)
        else:
            if old is not None:
                self._drop(folder, name, _cause(old, entry.kind, entry.size, entry.content))
            node = Node(entry, self._number, next(self._inodes), entry.size, entry.content)
        self.folders[folder][name] = node
        known = path in self._had
        self._files[known] += 1
        self._bytes[known] += entry.size if entry.kind == FILE else 0
        if known and self._had[path] != FOLDER:
            self._removed -= 1

    def _link(self, entry: Entry, path: str, folder: str, name: str) -> Node:
        """Make the node of a hard link, and take away what has its path."""
        at, _, target_name = entry.link.rpartition("/")
        at = at if at in self.folders else self._resolve(at)
        target = self.folders.get(at, {}).get(target_name)
        old = self.folders[folder].get(name)
        if old is not None:
            kind = target.entry.kind if target else HARD_LINK
            size, content = (target.size, target.content) if target else (0, 0)
            self._drop(folder, name, _cause(old, kind, size, content))
            # The target may have been what went, or have stood below it.
            target = self.folders.get(at, {}).get(target_name)
        if target is None or target.entry.kind == FOLDER:
            what = "a folder" if target else "not there"
            self._fail(path, f"it is a hard link to {entry.link or '/'}, which is {what}")
        target_path = f"{at}/{target_name}" if at else target_name
        inode = self._shared.setdefault(target.inode, _Inode(1, target_path, target.layer))
        inode.links += 1
        if target.entry.kind not in _REGULAR:
            entry = entry._replace(kind=target.entry.kind, link=target.entry.link)
        return Node(entry, self._number, target.inode, target.size, target.content)

    def _resolve(self, folder: str) -> str:
        """Follow the symbolic links in a folder's path, as the kernel does, within the root."""
        if len(folder) > _MOST_CHARACTERS:
            self._fail(folder[:80], f"its path has more than {_MOST_CHARACTERS} characters")
        pending = folder.split("/")[::-1]
        real, links = "", 0
        while pending:
            name = pending.pop()
            if name in {"", "."}:
                continue
            if name == "..":
                real = real.rpartition("/")[0]
                continue
            node = self.folders.get(real, {}).get(name)
            if node is None or node.entry.kind != SYMLINK:
                real = f"{real}/{name}" if real else name
                continue
            links += 1
            target = node.entry.link
            if links > _MOST_LINKS:
                self._fail(folder, f"its path leads through more than {_MOST_LINKS} symbolic links")
            if len(target) > _MOST_CHARACTERS:
                self._fail(folder, "its path leads through too long a symbolic link")
            real = "" if target.startswith("/") else real
            pending.extend(target.split("/")[::-1])
        return real

    def _make(self, folder: str, wanted: str) -> str:
        """Make a folder, and those above it, of which no link is left to follow."""
        absent = []
        at = folder
        while at not in self.folders:
            absent.append(at)
            at = at.rpartition("/")[0]
        for path in reversed(absent):
            above, _, name = path.rpartition("/")
            old = self.folders[above].get(name)
            if old is not None and old.layer == self._number:
                self._fail(wanted, f"{path} is a file in the same layer, not a folder")
            if old is not None:
                self._drop(above, name, REPLACED)
            self._add_folder(above, name, Entry(path, FOLDER, mode=0o755))
        return folder

    def _add_folder(self, above: str, name: str, entry: Entry) -> None:
        path = f"{above}/{name}" if above else name
        self._folder_characters += len(path)
        if self._folder_characters > _MOST_FOLDER_CHARACTERS:
            self._fail(path[:80], "the layers have too many or too deep folders")
        self.folders[above][name] = Node(entry, self._number, next(self._inodes), 0)
        self.folders[path] = {}

    def _drop(self, folder: str, name: str, cause: str) -> None:
        """Take a path, and all below it, out of sight."""
        path = f"{folder}/{name}" if folder else name
        node = self.folders[folder].pop(name)
        self._lose(path, node, cause)
        if node.entry.kind == FOLDER:
            self._drop_below(path, cause)

    def _drop_below(self, folder: str, cause: str) -> None:
        pending = [folder]
        while pending:
            above = pending.pop()
            before = f"{above}/" if above else ""
            for name, node in self.folders.pop(above).items():
                path = before + name
                if node.entry.kind == FOLDER:
                    pending.append(path)
                self._lose(path, node, cause)

    def _lose(self, path: str, node: Node, cause: str) -> None:
        """Account for a node that is gone."""
        if node.layer < self._number:
            self._keep(path, node)
            self._removed += node.entry.kind != FOLDER
        elif node.entry.kind != FOLDER:
            known = path in self._had
            self._files[known] -= 1
            self._removed += known and self._had[path] != FOLDER
        layer = node.layer
        shared = self._shared.get(node.inode)
        if shared is not None:
            shared.links -= 1
            path, layer = shared.path, shared.layer
        if node.size and (shared is None or not shared.links):
            cause = REPEATED if layer == self._number else cause
            self.hidden.append(Hidden(path, layer, self._number, cause, node.size))

    def _keep(self, path: str, node: Node) -> None:
        """Remember what lower layers have at a path that this one changes."""
        if node.layer < self._number:
            self._had[path] = node.entry.kind

    def _fail(self, path: str, what: str) -> NoReturn:
        raise EngineError(
            f"layer {self._number} of the image cannot be applied: {path!r}: {what}",
            hint="no engine can unpack it: build the image again, or fetch it again",
        )


def _cause(old: Node, kind: str, size: int, content: int) -> str:
    """Say why a node is hidden by a file, link or device that takes its path."""
    if (old.entry.kind in _REGULAR) != (kind in _REGULAR) or old.entry.kind == FOLDER:
        return REPLACED
    return SAME_CONTENT if (old.size, old.content) == (size, content) else OVERWRITTEN
