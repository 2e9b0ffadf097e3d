"""Weighs a merged tree: bytes by distribution, package, folder and kind of file; each byte once."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from careen.image.folder_sums import FolderSums
from careen.image.places import MASK, SHIFT
from careen.image.weigh import kinds
from careen.image.weigh.ownership import Ownership, ownership
from careen.image.weigh.packages import Package
from careen.image.weigh.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from careen.image.layer import Layer
    from careen.image.merged import Merged
    from careen.image.places import File, Places

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
    sums = _Sums(merged.places, owned)
    total = sum(sums.kind_bytes)
    everything, unowned = sums.everything, sums.unowned
    return Weight(
        unpacked_bytes=total,
        files=sum(sums.kind_files),
        distributions=_distributions(owned, sums),
        packages=_packages(owned, sums),
        directories=_directories(everything.bytes, total * SMALL_SHARE),
        kinds=_heaviest(
            KindWeight(kind, size, count)
            for kind, size, count in zip(kinds.KINDS, sums.kind_bytes, sums.kind_files, strict=True)
            if count
        ),
        unowned_bytes=unowned.bytes[""],
        unowned_files=unowned.files[""],
        unowned_folders=_unowned(unowned),
    )


Weighed = TypeVar("Weighed", DistributionWeight, PackageWeight, Folder, KindWeight, FolderWeight)


class _Sums:
    """Sums over the files: those of the layers are known, so that exceptions and owners remain."""

    def __init__(self, places: Places, owned: Ownership) -> None:
        outlines = [layer.outline for layer in places.layers]
        self.kind_bytes = _summed([one.kind_bytes for one in outlines])
        self.kind_files = _summed([one.kind_files for one in outlines])
        self.everything = FolderSums()
        for outline in outlines:
            self.everything.add(outline)
        self.owner_bytes, self.owner_files, self.native, self.bytecode, self.tests = (
            [0] * len(owned.owners) for _ in range(5)
        )
        self._count(places.displaced, -1)
        self._count(places.strays.values(), 1)
        self.unowned = self.everything.less(self._owned(places, owned.by_inode))

    def _count(self, files: Iterable[File], times: int) -> None:
        """Count files by kind and folder, or take them off."""
        ranks: dict[str, int] = {}
        folders: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for folder, name, mode, size in files:
            if folder not in ranks:
                ranks[folder] = kinds.folder_rank(folder)
            kind = min(ranks[folder], kinds.name_rank(name, mode))
            self.kind_bytes[kind] += size * times
            self.kind_files[kind] += times
            own = folders[folder]
            own[0] += size * times
            own[1] += times
        self.everything.put(folders)

    def _owned(self, places: Places, by_inode: Mapping[int, int]) -> Mapping[str, list[int]]:
        """Count files by their owner; give bytes and number of all by their folder."""
        owner_bytes, native, bytecode, tests = (
            self.owner_bytes,
            self.native,
            self.bytecode,
            self.tests,
        )
        folders: dict[str, _OwnedFolder] = {}
        strays = places.strays
        columns = [(one.paths, one.sizes, one.outline.ranks) for one in places.layers]
        for inode, owner in by_inode.items():
            if inode in strays:
                folder, name, mode, size = strays[inode]
                by_name = kinds.name_rank(name, mode)
            else:
                at = (inode - 1) & MASK
                paths, sizes, ranks = columns[(inode - 1) >> SHIFT]
                folder, size, by_name = paths[at].rpartition("/")[0], sizes[at], ranks[at]
            about = folders.get(folder)
            if about is None:
                about = folders[folder] = _OwnedFolder(folder)
            about.own[0] += size
            about.own[1] += 1
            owner_bytes[owner] += size
            if by_name == kinds.BYTECODE_RANK:
                bytecode[owner] += size
            elif by_name == kinds.NATIVE_RANK or about.in_libs:
                native[owner] += size
            if about.in_tests:
                tests[owner] += size
        for owner, count in Counter(by_inode.values()).items():
            self.owner_files[owner] = count
        return {folder: about.own for folder, about in folders.items()}


class _OwnedFolder:
    """A folder that has files with an owner."""

    def __init__(self, folder: str) -> None:
        self.own = [0, 0]  # bytes, files
        self.in_tests = kinds.in_tests(folder)
        self.in_libs = folder.endswith(".libs")  # auditwheel's: shared objects alone


def _summed(columns: Iterable[Sequence[int]]) -> list[int]:
    return [sum(values) for values in zip([0] * len(kinds.KINDS), *columns, strict=True)]


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


def _children(size_of: Mapping[str, int], least: float) -> dict[str, list[str]]:
    """Give the folders that weigh enough, by the one above each."""
    found: dict[str, list[str]] = defaultdict(list)
    for folder in [folder for folder, size in size_of.items() if size >= least]:
        if folder:
            found[folder.rpartition("/")[0]].append(folder)
    return found


def _directories(size_of: Mapping[str, int], least: float) -> Folder:
    return _tree("", "", size_of, _children(size_of, max(least, 1)), DEPTH)


def _tree(
    path: str,
    name: str,
    size_of: Mapping[str, int],
    children: Mapping[str, Sequence[str]],
    depth: int,
) -> Folder:
    below = (
        _tree(child, child.rpartition("/")[2], size_of, children, depth - 1)
        for child in children.get(path, ())
        if depth
    )
    return Folder(name, size_of[path], _heaviest(below))


def _folder_json(folder: Folder) -> dict[str, Any]:
    return {
        "name": folder.name,
        "bytes": folder.bytes,
        "children": [_folder_json(child) for child in folder.children],
    }


def _unowned(sums: FolderSums) -> tuple[FolderWeight, ...]:
    """Name the folders that hold most of what nobody owns.

    From the root downwards, a folder is split where one part holds a third of it or more; parts of
    less than 2 % of all stay with it. The root is always split.
    """
    size_of, count_of = sums.bytes, sums.files
    least = max(1, size_of[""] * _PART_SHARE)
    children = _children(size_of, least)
    found: list[FolderWeight] = []
    pending = [""]
    while pending:
        path = pending.pop()
        size, count = size_of[path], count_of[path]
        parts = children.get(path, [])
        if path == "" or any(size_of[part] >= size * _SPLIT_SHARE for part in parts):
            pending += parts
            size -= sum(size_of[part] for part in parts)
            count -= sum(count_of[part] for part in parts)
        if count:
            found.append(FolderWeight(path, size, count))
    return _heaviest(found)[:UNOWNED_FOLDERS]
