"""Where in a merged tree each entry of its layers stands: numbers for all, objects for the few.

An entry's code is the number of its layer times 2^32 plus its own number in the layer. Nearly all
that is to be known of a path stands in its layer's columns, so that a code is enough for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from careen.image.layer import FILE, HARD_LINK, Entry
from careen.image.markers import is_left_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from careen.image.layer import Layer

SHIFT = 32
MASK = (1 << SHIFT) - 1


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


class Facts(NamedTuple):
    """What of a node the layers' columns say at once; the fields are the node's."""

    kind: str
    layer: int
    inode: int
    size: int
    content: int


class Odd(NamedTuple):
    """A path whose node is not just what its layer's columns say."""

    folder: str
    name: str
    node: Node

    @property
    def path(self) -> str:
        """The path in the tree."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


class File(NamedTuple):
    """A regular file at a path; its mode is that of the entry which has this path."""

    folder: str
    name: str
    mode: int
    size: int


class Places:
    """The places of all entries.

    Attributes:
        layers: the base first.
        folders: by a folder's path ("" is the root), the codes of its children by name. Or, until
            somebody asks for them, the number of the layer that alone has something there: it is
            all that stands in that layer's outline, but for hard links and implied folders.
        odd: by code, all hard links, what stands behind a symbolic link, and the folders that no
            layer has an entry for, whose codes are negative.
        gone: the codes of all that is hidden, folders left out.
    """

    def __init__(self, layers: Sequence[Layer] = ()) -> None:
        self.layers = tuple(layers)
        self.folders: dict[str, dict[str, int] | int] = {"": {}}
        self.odd: dict[int, Odd] = {}
        self.gone: set[int] = set()

    def inside(self, folder: str) -> dict[str, int]:
        """Give the codes of what is in a folder, by name.

        Raises:
            KeyError: no folder is there.
        """
        found = self.folders[folder]
        if isinstance(found, int):
            found = self.folders[folder] = self._unfolded(found, folder)
        return found

    def children(self, folder: str) -> dict[str, int] | None:
        """Give what `inside` does; None where no folder is there."""
        return self.inside(folder) if folder in self.folders else None

    def child(self, folder: str, name: str) -> int | None:
        """Give the code of one path."""
        children = self.children(folder)
        return None if children is None else children.get(name)

    def facts(self, code: int) -> Facts:
        """Give what is known of a code without an object for its entry."""
        odd = self.odd.get(code)
        if odd is not None:
            node = odd.node
            return Facts(node.entry.kind, node.layer, node.inode, node.size, node.content)
        number, at = code >> SHIFT, code & MASK
        layer = self.layers[number]
        return Facts(layer.kinds[at], number, code + 1, layer.sizes[at], layer.contents[at])

    def kind(self, code: int) -> str:
        """Give the kind of the entry with a code."""
        odd = self.odd.get(code)
        return odd.node.entry.kind if odd else self.layers[code >> SHIFT].kinds[code & MASK]

    def inode(self, code: int) -> int:
        """Give the inode, see `Node`."""
        odd = self.odd.get(code)
        return odd.node.inode if odd else code + 1

    def node(self, code: int) -> Node:
        """Make the node with a code."""
        odd = self.odd.get(code)
        if odd is not None:
            return odd.node
        number = code >> SHIFT
        entry = self.layers[number].entry(code & MASK)
        return Node(entry, number, code + 1, entry.size, entry.content)

    def nodes(self, folder: str) -> dict[str, Node]:
        """Make the nodes of a folder, by name.

        Raises:
            KeyError: no folder is there.
        """
        number = self.folders[folder]
        if not isinstance(number, int):
            return {name: self.node(code) for name, code in number.items()}
        layer = self.layers[number]
        cut, inode = len(folder) + 1, (number << SHIFT) + 1
        found: dict[str, Node] = {}
        for start, stop in layer.outline.runs(layer.outline.numbers[folder]):
            for at, entry in enumerate(layer.entries(start, stop), inode + start):
                path, size, content = entry[0], entry[2], entry[8]
                # Twice as quick as Node(...), which a look at all nodes mostly consists of.
                found[path[cut:]] = tuple.__new__(Node, (entry, number, at, size, content))
        return found

    @cached_property
    def plain_files(self) -> dict[str, int]:
        """By path, inodes of regular files that stand just where their layers have them.

        Not all: what an unusual layer has is not among them.
        """
        found: dict[str, int] = {}
        for number, layer in enumerate(self.layers):
            if not layer.outline.is_plain:
                continue
            base = (number << SHIFT) + 1
            inodes = zip(layer.paths, range(base, base + len(layer)), strict=True)
            # In the order of the layers: a path that several of them have is the last one's.
            found.update(compress(inodes, map(FILE.__eq__, layer.kinds)))
            for at in layer.outline.markers:
                if is_left_out(layer.paths[at]):
                    found.pop(layer.paths[at], None)
        for code in (*self.gone, *self.odd):
            path = self.layers[code >> SHIFT].paths[code & MASK] if code >= 0 else ""
            if found.get(path) == code + 1:
                del found[path]
        return found

    def is_as_its_layer_says(self, inode: int) -> bool:
        """Tell whether a regular file stands just where its layer has it."""
        code = inode - 1
        if not 0 <= code < len(self.layers) << SHIFT or code in self.gone or code in self.odd:
            return False
        layer, at = self.layers[code >> SHIFT], code & MASK
        return at < len(layer) and layer.kinds[at] == FILE

    @cached_property
    def displaced(self) -> list[File]:
        """The regular files, as their layers have them, that are hidden or stand elsewhere.

        All sums over the layers' regular files, less these, with those of `strays`, are sums over
        the merged tree's files, each of which counts once.
        """
        found = []
        for code in (*self.gone, *(code for code in self.odd if code >= 0)):
            layer, at = self.layers[code >> SHIFT], code & MASK
            if layer.kinds[at] == FILE:
                folder, _, name = layer.paths[at].rpartition("/")
                found.append(File(folder, name, layer.modes[at], layer.sizes[at]))
        return found

    @cached_property
    def strays(self) -> dict[int, File]:
        """By inode, the files that do not stand where a layer has them as regular files.

        A parent is a symbolic link; or only hard links are left, of which the first one counts.
        """
        found: dict[int, File] = {}
        links = []
        for odd in self.odd.values():
            if odd.node.entry.kind == FILE:
                found.setdefault(odd.node.inode, _file(odd))
            elif odd.node.entry.kind == HARD_LINK:
                links.append(odd)
        for odd in sorted(links, key=lambda one: one[:2]):
            inode = odd.node.inode
            if inode not in found and not self.is_as_its_layer_says(inode):
                found[inode] = _file(odd)
        return found

    def _unfolded(self, number: int, folder: str) -> dict[str, int]:
        layer = self.layers[number]
        base, cut = number << SHIFT, len(folder) + 1
        found: dict[str, int] = {}
        for start, stop in layer.outline.runs(layer.outline.numbers[folder]):
            names = [path[cut:] for path in layer.paths[start:stop]]
            found.update(zip(names, range(base + start, base + stop), strict=True))
        return found


def _file(odd: Odd) -> File:
    return File(odd.folder, odd.name, odd.node.entry.mode, odd.node.size)


def by_hand(folders: Mapping[str, Mapping[str, Node]]) -> Places:
    """Give the places of a tree that was not merged of layers."""
    places = Places()
    code = -1
    for folder, children in folders.items():
        codes = {}
        for name, node in children.items():
            codes[name] = code
            places.odd[code] = Odd(folder, name, node)
            code -= 1
        places.folders[folder] = codes
    return places


class Folders(Mapping[str, Mapping[str, Node]]):
    """A tree's folders as a mapping; a folder's nodes are made when it is asked for."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._known: dict[str, dict[str, Node]] = {}

    def __getitem__(self, folder: str) -> Mapping[str, Node]:
        known = self._known.get(folder)
        if known is None:
            known = self._known[folder] = self.places.nodes(folder)
        return known

    def __contains__(self, folder: object) -> bool:
        return folder in self.places.folders

    def __iter__(self) -> Iterator[str]:
        return iter(self.places.folders)

    def __len__(self) -> int:
        return len(self.places.folders)
