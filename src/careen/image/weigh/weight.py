"""Weighs a merged tree: bytes by distribution, package, folder and kind of file; each byte once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from careen.image.weigh import kinds
from careen.image.weigh.inodes import files
from careen.image.weigh.ownership import Ownership, ownership
from careen.image.weigh.packages import Package
from careen.image.weigh.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from careen.image.layer import Layer
    from careen.image.tree import Merged

SMALL_SHARE = 0.002  # of the image: a folder below it is joined into its parent
DEPTH = 6
UNOWNED_FOLDERS = 20
# A folder is named by its part where that holds most of it: usr/share/x is clearer than usr.
_SPLIT_SHARE = 1 / 3
_PART_SHARE = 0.02


@dataclass(frozen=True)
class DistributionWeight:
    """A Python distribution's files; those of tests count by what they are, too.

    Attributes:
        name: as its metadata has it.
        version: likewise.
        bytes: of the files that it owns and that are there.
        files: their number.
        native_bytes: in shared objects.
        bytecode_bytes: in .pyc files.
        test_bytes: in folders of tests, whatever the file is.
        folder: that it is installed in.
    """

    name: str
    version: str
    bytes: int
    files: int
    native_bytes: int
    bytecode_bytes: int
    test_bytes: int
    folder: str


@dataclass(frozen=True)
class PackageWeight:
    """A package's files.

    Attributes:
        name: with `:ARCHITECTURE` where two packages have it.
        version: as the package manager has it.
        bytes: None where the image has no list of its files.
        files: likewise.
        kind: deb or apk.
        distributions: the Python distributions that it holds, `NAME VERSION` each.
    """

    name: str
    version: str
    bytes: int | None
    files: int | None
    kind: str
    distributions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Folder:
    """A folder with all that is below it; its children are those that weigh enough."""

    name: str
    bytes: int
    children: tuple[Folder, ...] = ()


@dataclass(frozen=True)
class KindWeight:
    """The files of one kind."""

    kind: str
    bytes: int
    files: int


@dataclass(frozen=True)
class FolderWeight:
    """What nobody owns in a folder and below it, other folders of the list left out."""

    path: str
    bytes: int
    files: int


@dataclass(frozen=True)
class Weight:
    """What a merged tree weighs.

    Packages, distributions and what is unowned sum to unpacked_bytes; so do the kinds; so does
    the root of the folders. A file with several hard links counts once.

    Attributes:
        unpacked_bytes: of all files.
        files: their number.
        distributions: the heaviest first.
        packages: likewise; those of unknown weight last.
        directories: the root.
        kinds: the heaviest first; kinds without a file are left out.
        unowned_bytes: of the files that nobody owns.
        unowned_files: their number.
        unowned_folders: where the most of them are, 20 at most.
    """

    unpacked_bytes: int
    files: int
    distributions: tuple[DistributionWeight, ...]
    packages: tuple[PackageWeight, ...]
    directories: Folder
    kinds: tuple[KindWeight, ...]
    unowned_bytes: int
    unowned_files: int
    unowned_folders: tuple[FolderWeight, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the object `weight` of analysis.schema.json."""
        packages = [asdict(package) for package in self.packages]
        for package in packages:
            del package["distributions"]
        return {
            "distributions": [asdict(one) for one in self.distributions],
            "packages": packages,
            "directories": _folder_json(self.directories),
            "kinds": [asdict(kind) for kind in self.kinds],
            "unowned": {
                "bytes": self.unowned_bytes,
                "files": self.unowned_files,
                "directories": [asdict(folder) for folder in self.unowned_folders],
            },
        }


def weigh(merged: Merged, layers: Sequence[Layer]) -> Weight:
    """Weigh the tree that these layers merge to."""
    return weigh_owned(merged, ownership(View(merged, layers)))


def weigh_owned(merged: Merged, owned: Ownership) -> Weight:
    """Weigh a tree whose owners are known."""
    sums = _Sums(len(owned.owners))
    sums.add(merged, owned.by_inode)
    total = sum(sums.kind_bytes)
    folders = _rolled_up(sums.folder_bytes)
    nobody = len(owned.owners)
    return Weight(
        unpacked_bytes=total,
        files=sum(sums.kind_files),
        distributions=_distributions(owned, sums),
        packages=_packages(owned, sums),
        directories=_tree("", "", folders, _children(folders), total * SMALL_SHARE, DEPTH),
        kinds=_heaviest(
            KindWeight(kind, size, count)
            for kind, size, count in zip(kinds.KINDS, sums.kind_bytes, sums.kind_files, strict=True)
            if count
        ),
        unowned_bytes=sums.owner_bytes[nobody],
        unowned_files=sums.owner_files[nobody],
        unowned_folders=_unowned(sums),
    )


Weighed = TypeVar("Weighed", DistributionWeight, PackageWeight, Folder, KindWeight, FolderWeight)


class _Sums:
    """One pass over the files; the last owner is nobody."""

    def __init__(self, owners: int) -> None:
        columns = [[0] * (owners + 1) for _ in range(5)]
        self.owner_bytes, self.owner_files, self.native, self.bytecode, self.tests = columns
        self.kind_bytes = [0] * len(kinds.KINDS)
        self.kind_files = [0] * len(kinds.KINDS)
        self.folder_bytes: dict[str, int] = defaultdict(int)
        self.unowned_bytes: dict[str, int] = defaultdict(int)
        self.unowned_files: dict[str, int] = defaultdict(int)

    def add(self, merged: Merged, by_inode: Mapping[int, int]) -> None:
        nobody = len(self.owner_bytes) - 1
        kind_bytes, kind_files = self.kind_bytes, self.kind_files
        owner_bytes, owner_files = self.owner_bytes, self.owner_files
        folder_bytes, name_rank, owner_of = self.folder_bytes, kinds.name_rank, by_inode.get
        last, of_folder, in_tests, in_libs = "", kinds.folder_rank(""), False, False
        for folder, name, node in files(merged):
            if folder != last:
                last, of_folder = folder, kinds.folder_rank(folder)
                in_tests = kinds.in_tests(folder)
                in_libs = folder.endswith(".libs")  # auditwheel's: shared objects alone
            size = node.size
            by_name = name_rank(name, node.entry.mode)
            kind = by_name if by_name < of_folder else of_folder  # noqa: FURB136 - min() is slower
            kind_bytes[kind] += size
            kind_files[kind] += 1
            folder_bytes[folder] += size
            owner = owner_of(node.inode, nobody)
            owner_bytes[owner] += size
            owner_files[owner] += 1
            if owner == nobody:
                self.unowned_bytes[folder] += size
                self.unowned_files[folder] += 1
                continue
            if by_name == kinds.BYTECODE_RANK:
                self.bytecode[owner] += size
            elif by_name == kinds.NATIVE_RANK or in_libs:
                self.native[owner] += size
            if in_tests:
                self.tests[owner] += size


def _distributions(owned: Ownership, sums: _Sums) -> tuple[DistributionWeight, ...]:
    return _heaviest(
        DistributionWeight(
            owner.name,
            owner.version,
            sums.owner_bytes[number],
            sums.owner_files[number],
            sums.native[number],
            sums.bytecode[number],
            sums.tests[number],
            owner.folder,
        )
        for number, owner in enumerate(owned.owners)
        if not isinstance(owner, Package)
    )


def _packages(owned: Ownership, sums: _Sums) -> tuple[PackageWeight, ...]:
    found = [(at, one) for at, one in enumerate(owned.owners) if isinstance(one, Package)]
    times: dict[str, int] = defaultdict(int)
    for _, package in found:
        times[package.name] += 1
    return _heaviest(
        PackageWeight(
            package.name if times[package.name] == 1 else f"{package.name}:{package.architecture}",
            package.version,
            None if package.paths is None else sums.owner_bytes[number],
            None if package.paths is None else sums.owner_files[number],
            package.kind,
            tuple(f"{one.name} {one.version}".strip() for one in owned.held.get(number, ())),
        )
        for number, package in found
    )


def _heaviest(weights: Iterable[Weighed]) -> tuple[Weighed, ...]:
    """Sort by bytes, then by all else; what is unknown comes last."""
    return tuple(sorted(weights, key=_lightness))


def _lightness(one: Weighed) -> tuple[bool, int, str]:
    return one.bytes is None, -(one.bytes or 0), repr(one)


def _rolled_up(own: Mapping[str, int]) -> dict[str, int]:
    """Add what each folder holds to all folders above it; the root is always there."""
    total: dict[str, int] = {"": 0}
    for folder, size in own.items():
        here = folder
        total[here] = total.get(here, 0) + size
        while here:
            here = here.rpartition("/")[0]
            total[here] = total.get(here, 0) + size
    return total


def _children(folders: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for folder in folders:
        if folder:
            found[folder.rpartition("/")[0]].append(folder)
    return found


def _tree(
    path: str,
    name: str,
    size_of: Mapping[str, int],
    children: Mapping[str, Sequence[str]],
    least: float,
    depth: int,
) -> Folder:
    below = (
        _tree(child, child.rpartition("/")[2], size_of, children, least, depth - 1)
        for child in children.get(path, ())
        if depth and size_of[child] >= max(least, 1)
    )
    return Folder(name, size_of[path], _heaviest(below))


def _folder_json(folder: Folder) -> dict[str, Any]:
    return {
        "name": folder.name,
        "bytes": folder.bytes,
        "children": [_folder_json(child) for child in folder.children],
    }


def _unowned(sums: _Sums) -> tuple[FolderWeight, ...]:
    """Name the folders that hold most of what nobody owns.

    From the root downwards, a folder is split where one part holds a third of it or more; parts of
    less than 2 % of all stay with it. The root is always split.
    """
    size_of, count_of = _rolled_up(sums.unowned_bytes), _rolled_up(sums.unowned_files)
    children = _children(size_of)
    least = max(1, size_of[""] * _PART_SHARE)
    found: list[FolderWeight] = []
    pending = [""]
    while pending:
        path = pending.pop()
        size, count = size_of[path], count_of[path]
        parts = [child for child in children.get(path, ()) if size_of[child] >= least]
        if path == "" or any(size_of[part] >= size * _SPLIT_SHARE for part in parts):
            pending += parts
            size -= sum(size_of[part] for part in parts)
            count -= sum(count_of[part] for part in parts)
        if count:
            found.append(FolderWeight(path, size, count))
    return _heaviest(found)[:UNOWNED_FOLDERS]
