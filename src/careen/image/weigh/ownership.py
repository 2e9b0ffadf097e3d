"""Says who owns each file of a merged tree: an operating system's package or a distribution.

A file has one owner. A package's list comes first, because Debian's own python3-* packages hold
distributions too; then distributions, those in upper folders first, so that what one vendors is
its own. Bytecode belongs to the owner of its source, whether or not a list has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.image.weigh.distributions import Distribution, distributions
from careen.image.weigh.inodes import FILES
from careen.image.weigh.packages import Package, packages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from careen.image.places import Node
    from careen.image.weigh.view import View

Owner = Package | Distribution


@dataclass(frozen=True)
class Ownership:
    """Who owns what.

    Attributes:
        owners: the packages, then the distributions that no other owner holds.
        by_inode: the number of a file's owner in `owners`, by `Node.inode`; what nobody owns is
            not there.
        held: the distributions that a package holds, by the package's number.
    """

    owners: tuple[Owner, ...]
    by_inode: Mapping[int, int]
    held: Mapping[int, tuple[Distribution, ...]]

    def of(self, node: Node) -> Owner | None:
        """Give the owner of a file."""
        number = self.by_inode.get(node.inode)
        return None if number is None else self.owners[number]


def ownership(view: View) -> Ownership:
    """Find out who owns the files of a merged tree."""
    claims = _Claims(view)
    owners: list[Owner] = []
    for package in packages(view):
        claims.take(len(owners), package.paths or ())
        owners.append(package)
    held: dict[int, list[Distribution]] = {}
    for distribution in distributions(view):
        holder = claims.holder(distribution.metadata)
        if holder is None:
            claims.take_distribution(len(owners), distribution)
            owners.append(distribution)
        elif isinstance(owners[holder], Package):
            held.setdefault(holder, []).append(distribution)
    claims.take_bytecode()
    return Ownership(
        tuple(owners),
        claims.by_inode,
        {number: tuple(inside) for number, inside in held.items()},
    )


class _Claims:
    def __init__(self, view: View) -> None:
        self._view = view
        self._places = view.merged.places
        self.by_inode: dict[int, int] = {}

    def take(self, owner: int, paths: Iterable[str]) -> None:
        """Give the files at these paths to an owner, as far as they are there and nobody's."""
        own, plain, folders = (
            self.by_inode.setdefault,
            self._places.plain_files,
            self._places.folders,
        )
        for path in paths:
            # Most paths of a list are a layer's, but for the leading slash; many are folders.
            short = path.lstrip("/")
            inode = plain.get(short)
            if inode is None and short not in folders:
                inode = self._file(path)
            if inode is not None:
                own(inode, owner)

    def _file(self, path: str) -> int | None:
        """Give the inode of the file that a path leads to; None where there is none."""
        places = self._places
        folder, _, name = path.rpartition("/")
        code = self._inside(folder).get(name)
        return None if code is None or places.kind(code) not in FILES else places.inode(code)

    def take_distribution(self, owner: int, distribution: Distribution) -> None:
        """Take what RECORD lists; without one, what is called like its modules."""
        self.take(owner, self._below(distribution.metadata))
        if distribution.paths is not None:
            self.take(owner, distribution.paths)
            return
        children = self._inside(distribution.folder)
        for module in distribution.modules:
            base = f"{distribution.folder}/{module}"
            self.take(owner, self._below(base))
            self.take(
                owner,
                (
                    f"{distribution.folder}/{name}"
                    for name in children
                    if name == f"{module}.py"
                    or (name.startswith(f"{module}.") and name.endswith(".so"))
                ),
            )

    def holder(self, metadata: str) -> int | None:
        """Give the owner of one of the files in a distribution's metadata."""
        numbers = (
            self.by_inode.get(found[1].inode)
            for path in self._below(metadata)
            if (found := self._view.find(path)) is not None
        )
        return next((number for number in numbers if number is not None), None)

    def take_bytecode(self) -> None:
        """Give each __pycache__/NAME.TAG.pyc to the owner of the NAME.py above it."""
        places, owned = self._places, self.by_inode
        for folder in [folder for folder in places.folders if folder.endswith("__pycache__")]:
            above, _, last = folder.rpartition("/")
            if last != "__pycache__":
                continue
            for name, code in places.inside(folder).items():
                inode = places.inode(code)
                if inode in owned or places.kind(code) not in FILES:
                    continue
                source = self._source(above, _source(name))
                if source in owned:
                    owned[inode] = owned[source]

    def _source(self, folder: str, name: str) -> int:
        """Give the inode of what has a name in a folder; -1 where nothing is."""
        inode = self._places.plain_files.get(f"{folder}/{name}")
        if inode is None:
            code = self._places.child(folder, name)
            inode = -1 if code is None else self._places.inode(code)
        return inode

    def _inside(self, folder: str) -> Mapping[str, int]:
        """Give what is in the folder that a path leads to; nothing where there is none."""
        real = self._view.folder(folder)
        return {} if real is None else self._places.children(real) or {}

    def _below(self, path: str) -> Iterator[str]:
        """Give the paths of what is at a path and below it; links are not followed."""
        pending = [path]
        while pending:
            here = pending.pop()
            yield here
            for name in self._places.children(here) or ():
                inner = f"{here}/{name}"
                if inner in self._places.folders:
                    pending.append(inner)
                else:
                    yield inner


def _source(name: str) -> str:
    """Give the source of a file of bytecode, see PEP 3147 and PEP 488; "" for another file.

    >>> _source("a.cpython-313.pyc"), _source("a.cpython-313.opt-1.pyc"), _source("a.txt")
    ('a.py', 'a.py', '')
    """
    stem, _, suffix = name.rpartition(".")
    if suffix != "pyc":
        return ""
    head, _, level = stem.rpartition(".")
    if head and level.startswith("opt-"):
        stem = head
    return f"{stem.rpartition('.')[0]}.py"
