"""What a layer's entries make together: its folders, where each has its entries, and sums.

It is made once, where the layer is read, and kept with it: merging and weighing then take whole
folders, where they would take single entries.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, compress, pairwise
from operator import itemgetter, le, lt
from typing import TYPE_CHECKING

from careen.image.layer import FILE, FOLDER, HARD_LINK
from careen.image.markers import NO_NAMES, WHITEOUT, is_marker
from careen.image.weigh import kinds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from careen.image.layer import Layer

# What the kernel takes in one path (PATH_MAX).
MOST_CHARACTERS = 4096
# All folders' paths together; 100,000 folders have about 5 million characters.
MOST_FOLDER_CHARACTERS = 64_000_000
_IS_FILE = bytes(value == ord(FILE) for value in range(256))
_AT_MOST = [bytes(min(value, rank) for value in range(256)) for rank in range(len(kinds.KINDS))]


def _column() -> array[int]:
    return array("I")


def _no_kinds() -> list[int]:
    return [0] * len(kinds.KINDS)


@dataclass(frozen=True)
class Outline:
    """What a layer's entries make together.

    What is no path of the image is left out of all but `markers` and `ranks`: markers, the root's
    own entry, names that are `.` or `..`. A file is a regular one; sums are of what the layer has,
    whether or not anything of it is hidden later.

    Attributes:
        is_plain: each path is there once and clean, what has something below it is a folder or
            has no entry, each hard link's target is a regular file before it. Where nothing of a
            lower layer is in the way, the order of the entries makes no difference then.
        folders: those with an entry and those above an entry, the upper ones first; "" is the
            first. All that follows calls a folder by its number here.
        parents: of each folder, the one above it; of the root itself.
        firsts: of each folder, its first run, and at the end the number of runs.
        starts: of each run - entries in one folder that follow each other - the first one. Hard
            links are in no run.
        stops: of each run, the entry after its last one.
        implied: folders that have no entry.
        links: the entries that are hard links.
        markers: the entries whose path has a whiteout's prefix somewhere.
        ranks: of each entry, `careen.image.kinds.name_rank`.
        below_bytes: of each folder, the bytes of the files in it and below it.
        below_files: likewise their number.
        twins: the files with bytes that another file of the layer has, too, as their hashes say.
        kind_bytes: by the number of a kind in `careen.image.kinds.KINDS`, the bytes of its files.
        kind_files: likewise their number.
        paths: the number of entries that are no folders.
        excess: a folder that is one too many; nothing else is set then. Else "".
    """

    is_plain: bool = False
    folders: list[str] = field(default_factory=lambda: [""])
    parents: array[int] = field(default_factory=_column)
    firsts: array[int] = field(default_factory=_column)
    starts: array[int] = field(default_factory=_column)
    stops: array[int] = field(default_factory=_column)
    implied: array[int] = field(default_factory=_column)
    links: array[int] = field(default_factory=_column)
    markers: array[int] = field(default_factory=_column)
    twins: array[int] = field(default_factory=_column)
    ranks: bytes = b""
    below_bytes: list[int] = field(default_factory=lambda: [0])
    below_files: list[int] = field(default_factory=lambda: [0])
    kind_bytes: list[int] = field(default_factory=_no_kinds)
    kind_files: list[int] = field(default_factory=_no_kinds)
    paths: int = 0
    excess: str = ""

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The folders' numbers by their paths."""
        return dict(zip(self.folders, range(len(self.folders)), strict=True))

    def fits(self, count: int) -> bool:
        """Tell whether it can be one of a layer of so many entries: all numbers are in bounds."""
        folders = len(self.folders)
        columns = (self.parents, self.below_bytes, self.below_files, self.firsts[1:])
        if self.excess:
            return True
        return (
            folders > 0
            and all(len(column) == folders for column in columns)
            and len(self.starts) == len(self.stops) == self.firsts[-1]
            and len(self.kind_bytes) == len(self.kind_files) == len(kinds.KINDS)
            and len(self.ranks) == count
            and self.folders[0] == ""
            and self.parents[0] == 0
            and all(map(lt, self.parents[1:], range(1, folders)))
            and all(map(le, self.firsts, self.firsts[1:]))
            and all(map(le, self.starts, self.stops))
            and max(self.stops, default=0) <= count
            and max((*self.links, *self.markers, *self.twins), default=-1) < count
            and max(self.implied, default=0) < folders
            and max(self.ranks, default=0) < len(kinds.KINDS)
        )

    def runs(self, folder: int) -> Iterator[tuple[int, int]]:
        """Give (start, stop) of a folder's runs, in the tar's order."""
        for run in range(self.firsts[folder], self.firsts[folder + 1]):
            yield self.starts[run], self.stops[run]


def outline(layer: Layer) -> Outline:
    """Make a layer's outline.

    >>> from careen.image.layer import Entry, from_entries
    >>> made = outline(from_entries([Entry("a/b", FILE, 5), Entry("a/c", FILE, 2)]))
    >>> made.folders, made.below_bytes, list(made.runs(1))
    (['', 'a'], [7, 7], [(0, 2)])
    """
    markers = []
    if WHITEOUT in "\0".join(layer.paths):
        markers = [at for at, path in enumerate(layer.paths) if WHITEOUT in path]
    try:
        return _outline(layer, markers)
    except _TooManyFoldersError as fault:
        return Outline(excess=str(fault), markers=array("I", markers))


class _TooManyFoldersError(Exception):
    """The folders' paths have too many characters; it names one of them."""


def _outline(layer: Layer, markers: Sequence[int]) -> Outline:
    names = _Names(layer.paths)
    is_file = layer.kinds.encode("ascii").translate(_IS_FILE)
    ranks = kinds.name_ranks(names, layer.modes, is_file)
    left_out = {at for at in markers if is_marker(layer.paths[at])}.union(names.of_none)
    links = [at for at in _of_kind(layer, HARD_LINK) if at not in left_out]
    folders = _Folders()
    own = [at for at in _of_kind(layer, FOLDER) if at not in left_out]
    entered = {folders.number(layer.paths[at]) for at in own}
    runs = [
        (folders.number(_above(layer.paths[start])), start, stop)
        for start, stop in _runs(names.changes, len(layer), left_out.union(links))
    ]
    for at in links:
        folders.number(_above(layer.paths[at]))
    runs.sort(key=itemgetter(0))
    sums = _Sums(layer.sizes, is_file, left_out)
    below_bytes, below_files = sums.by_folder(folders.parents, runs)
    kind_bytes, kind_files = sums.by_kind(_with_folders(ranks, folders, runs))
    return Outline(
        folders.are_clean and _is_plain(layer, folders, runs, left_out, links),
        folders.paths,
        folders.parents,
        _firsts(len(folders.paths), runs),
        array("I", [start for _, start, _ in runs]),
        array("I", [stop for _, _, stop in runs]),
        array("I", [folder for folder in range(1, len(folders.paths)) if folder not in entered]),
        array("I", links),
        array("I", markers),
        array("I", _twins(layer, left_out)),
        ranks,
        below_bytes,
        below_files,
        kind_bytes,
        kind_files,
        len(layer) - len(left_out) - len(own),
    )


class _Names:
    """The names of paths, given once.

    Attributes:
        changes: when they are given: where the folder is another one than before.
        of_none: likewise the places of names that are none.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = paths
        self.changes: list[int] = []
        self.of_none: list[int] = []

    def __iter__(self) -> Iterator[str]:
        last = None
        for at, path in enumerate(self._paths):
            folder, _, name = path.rpartition("/")
            if folder != last:
                self.changes.append(at)
                last = folder
            if name in NO_NAMES:
                self.of_none.append(at)
            yield name


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _of_kind(layer: Layer, kind: str) -> list[int]:
    if kind not in layer.kinds:
        return []
    return [at for at, one in enumerate(layer.kinds) if one == kind]


class _Folders:
    """Folders, numbered as they come, the upper ones first."""

    def __init__(self) -> None:
        self.paths = [""]
        self.parents = array("I", [0])
        self.are_clean = True
        self.numbers = {"": 0}
        self._characters = 0

    def number(self, path: str) -> int:
        """Give a folder's number, and one to each above it.

        Raises:
            _TooManyFoldersError: together they are too long.
        """
        found = self.numbers.get(path)
        if found is not None:
            return found
        absent = []
        while path not in self.numbers:
            absent.append(path)
            self._characters += len(path)
            if self._characters > MOST_FOLDER_CHARACTERS:
                raise _TooManyFoldersError(absent[0][:80])
            path = path.rpartition("/")[0]
        number = self.numbers[path]
        for one in reversed(absent):
            name = one[len(path) + 1 :] if path else one
            if name in NO_NAMES or one[0] == "/" or len(one) > MOST_CHARACTERS:
                self.are_clean = False
            self.parents.append(number)
            number = self.numbers[one] = len(self.paths)
            self.paths.append(one)
            path = one
        return number


_Run = tuple[int, int, int]  # folder, start, stop


def _runs(
    changes: Iterable[int], count: int, skipped: Collection[int]
) -> Iterator[tuple[int, int]]:
    """Give (start, stop) of entries in one folder that follow each other."""
    bounds = {*changes, count, *skipped, *(at + 1 for at in skipped)}
    for start, stop in pairwise(sorted(bounds)):
        if start not in skipped:
            yield start, stop


def _firsts(folders: int, runs: Iterable[_Run]) -> array[int]:
    counts = [0] * (folders + 1)
    for folder, _, _ in runs:
        counts[folder + 1] += 1
    return array("I", accumulate(counts))


class _Sums:
    """Sums over a layer's regular files."""

    def __init__(self, sizes: Sequence[int], is_file: bytes, left_out: Iterable[int]) -> None:
        self._is_file = bytearray(is_file)
        for at in left_out:
            self._is_file[at] = 0
        self._sizes = sizes

    def by_folder(
        self, parents: Sequence[int], runs: Iterable[_Run]
    ) -> tuple[list[int], list[int]]:
        """Give bytes and files in and below each folder."""
        sizes, files = [0] * len(parents), [0] * len(parents)
        bytes_to = list(accumulate(self._sizes, initial=0))  # what is no file has no bytes
        files_to = list(accumulate(self._is_file, initial=0))
        for folder, start, stop in runs:
            sizes[folder] += bytes_to[stop] - bytes_to[start]
            files[folder] += files_to[stop] - files_to[start]
        for folder in range(len(parents) - 1, 0, -1):
            sizes[parents[folder]] += sizes[folder]
            files[parents[folder]] += files[folder]
        return sizes, files

    def by_kind(self, ranks: Sequence[int]) -> tuple[list[int], list[int]]:
        """Give bytes and files of each kind."""
        sizes, files = _no_kinds(), _no_kinds()
        shown = compress(zip(ranks, self._sizes, strict=True), self._is_file)
        for rank, size in shown:
            sizes[rank] += size
            files[rank] += 1
        return sizes, files


def _twins(layer: Layer, left_out: Collection[int]) -> list[int]:
    """Find files with the same bytes; 0 is the hash of what has none."""
    times = Counter(layer.contents)
    del times[0]
    if times.total() == len(times):
        return []
    shared = {content for content, count in times.items() if count > 1}
    found = compress(range(len(layer)), map(shared.__contains__, layer.contents))
    return [at for at in found if at not in left_out]


def _with_folders(ranks: bytes, folders: _Folders, runs: Iterable[_Run]) -> bytearray:
    """Give the number of each entry's kind: the smaller one of its name's and its folder's."""
    of_folder = kinds.step_ranks(folders.paths)
    for folder, parent in enumerate(folders.parents):
        of_folder[folder] = min(of_folder[folder], of_folder[parent])
    found = bytearray(ranks)
    for folder, start, stop in runs:
        rank = of_folder[folder]
        if rank < len(kinds.RULES):
            found[start:stop] = found[start:stop].translate(_AT_MOST[rank])
    return found


def _is_plain(
    layer: Layer,
    folders: _Folders,
    runs: Iterable[_Run],
    left_out: Collection[int],
    links: Sequence[int],
) -> bool:
    """Tell what `Outline.is_plain` says, of clean folders."""
    paths, letters = layer.paths, layer.kinds
    if len(set(paths)) != len(paths):
        return False
    if any(paths[at] and not is_marker(paths[at]) for at in left_out):
        return False
    tops = [*links, *(at for folder, *ends in runs if not folder for at in range(*ends))]
    if any(paths[at].startswith("/") for at in tops):
        return False
    numbers = folders.numbers
    if any(paths[at] in numbers for at in left_out if paths[at]):
        return False
    if not numbers.keys().isdisjoint(compress(paths, map(FOLDER.__ne__, letters))):
        return False
    index_of = dict(zip(paths, range(len(paths)), strict=True)) if links else {}
    # What has no entry is taken for an entry after the link, which no target is.
    targets = ((index_of.get(layer.links[at], at), at) for at in links)
    return all(
        target < at and letters[target] == FILE and target not in left_out for target, at in targets
    )
