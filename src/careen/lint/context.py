"""What of a build context is sent: files and bytes before and after its ignore file.

Three measures. *before*: all that lies in the folder. *after*: what the ignore file leaves, which
`COPY . .` would copy, and which the builder before BuildKit sent whole. *reached*: what of that the
Dockerfile's COPY, ADD and bind mounts can read; BuildKit sends nothing else. Files are regular
files and symbolic links, which are not followed; a link has no bytes.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from careen.lint.ignore_patterns import clean
from careen.lint.ignore_regexp import PatternError, matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from careen.lint.ignore_patterns import Ignore, Pattern

Kind = Literal["file", "folder", "link", "other", "unreadable"]

MOST_ENTRIES = 500_000
_LARGEST = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """A path of a build context.

    Attributes:
        path: relative to the context, with slashes.
        kind: other: a pipe or a device; unreadable: a folder that cannot be listed.
        bytes: of a regular file, else 0.
    """

    path: str
    kind: Kind
    bytes: int = 0

    @property
    def counts(self) -> bool:
        """Whether it is counted as a file."""
        return self.kind in {"file", "link", "other"}


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and what becomes of it.

    Attributes:
        entry: the path.
        sent: the ignore file leaves it in.
        pattern: the pattern that decided.
    """

    entry: Entry
    sent: bool
    pattern: Pattern | None


@dataclass
class Count:
    """Files and their bytes."""

    files: int = 0
    bytes: int = 0

    def add(self, size_bytes: int) -> None:
        """Count one file more."""
        self.files += 1
        self.bytes += size_bytes


@dataclass(frozen=True)
class Placement:
    """What an ignore file makes of a context, for every Dockerfile that has it.

    Attributes:
        placed: every path, in the order of the walk.
        open: the paths but those below an excluded folder that BuildKit does not enter.
        before: all files.
        after: those that the ignore file leaves.
        folders: by folder at the root (`.` for the files there), before and after.
        cut: there is more; the walk ended at its limit.
        unreadable: folders that are left in and cannot be listed.
    """

    placed: tuple[Placed, ...]
    open: tuple[str, ...]
    before: Count
    after: Count
    folders: dict[str, tuple[Count, Count]]
    cut: bool = False
    unreadable: tuple[str, ...] = ()

    @cached_property
    def by_path(self) -> dict[str, Placed]:
        """Every path."""
        return {one.entry.path: one for one in self.placed}

    @cached_property
    def sent(self) -> tuple[Placed, ...]:
        """What the ignore file leaves in, folders too."""
        return tuple(one for one in self.placed if one.sent)

    @cached_property
    def files(self) -> tuple[Entry, ...]:
        """The files that the ignore file leaves in."""
        return tuple(one.entry for one in self.sent if one.entry.counts)


@dataclass(frozen=True)
class Measured:
    """A build context, measured for one Dockerfile.

    Attributes:
        placement: what the ignore file makes of it.
        reach: what the Dockerfile can read; None where no Dockerfile was given.
        reached: the files that are left in and that it can read; None where there is none.
    """

    placement: Placement
    reach: Reach | None
    reached: Count | None

    @property
    def reduction(self) -> float | None:
        """1 - bytes after / bytes before, None for an empty context."""
        before, after = self.placement.before, self.placement.after
        return 1 - after.bytes / before.bytes if before.bytes else None

    @property
    def complete(self) -> bool:
        """Whether every path was seen."""
        return not self.placement.cut and not self.placement.unreadable

    def reaches(self, path: str) -> bool:
        """Say whether the Dockerfile can read a path that is left in."""
        return self.reach is None or self.reach.has(path)

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form; the lists have the largest first."""
        here = self.placement
        files = sorted(here.files, key=lambda entry: (-entry.bytes, entry.path))[:_LARGEST]
        folders = sorted(here.folders.items(), key=lambda item: (-item[1][1].bytes, item[0]))
        return {
            "before": vars(here.before),
            "after": vars(here.after),
            "reached": None if self.reached is None else vars(self.reached),
            "reduction": self.reduction,
            "largest_files": [{"path": entry.path, "bytes": entry.bytes} for entry in files],
            "largest_folders": _largest_folders(here.files),
            "folders": [
                {"path": path, "before": vars(before), "after": vars(after)}
                for path, (before, after) in folders
            ],
            "complete": self.complete,
            "unreadable": list(here.unreadable),
        }


def walk(root: Path, most: int = MOST_ENTRIES) -> Iterator[Entry]:
    """Give what lies below a folder, sorted, folders before what is in them.

    Links are not followed and sockets are left out, as BuildKit does. At most *most* + 1 entries
    are given: one more than the limit says that there are more.

    Raises:
        OSError: the folder itself cannot be listed.
    """
    waiting = [("", iter(_listed(root)))]
    given = 0
    while waiting:
        above, rest = waiting[-1]
        found = next(rest, None)
        if found is None:
            waiting.pop()
            continue
        entry = _entry(f"{above}{found.name}", found)
        if entry is None:
            continue
        if entry.kind == "folder":
            try:
                waiting.append((f"{entry.path}/", iter(_listed(found.path))))
            except OSError:
                entry = Entry(entry.path, "unreadable")
        yield entry
        given += 1
        if given > most:
            return


def place(entries: Iterable[Entry], ignore: Ignore, *, most: int = MOST_ENTRIES) -> Placement:
    """Part a context into what is sent and what is not.

    Args:
        entries: of `walk`: what lies in a folder follows it.
        ignore: the patterns.
        most: entries that are looked at.

    >>> from careen.lint.ignore_patterns import Ignore
    >>> found = place([Entry("a", "file", 30), Entry("b", "file", 10)], Ignore.parse("a"))
    >>> found.before, found.after
    (Count(files=2, bytes=40), Count(files=1, bytes=10))
    """
    placed: list[Placed] = []
    open_: list[str] = []
    before, after = Count(), Count()
    folders: dict[str, tuple[Count, Count]] = {}
    cut = False
    closed, closing = "", None
    for number, entry in enumerate(entries, 1):
        if cut := number > most:
            break
        path = entry.path
        if closed and path.startswith(closed):
            # Most of a working copy lies here (.git, environments): what closed it decides.
            sent, pattern = False, closing
        else:
            is_folder = entry.kind in {"folder", "unreadable"}
            decision = ignore.decide(path, is_folder=is_folder)
            sent, pattern = not decision.excluded, decision.pattern
            open_.append(path)
            closed, closing = (f"{path}/", pattern) if decision.pruned else ("", None)
        placed.append(Placed(entry, sent, pattern))
        if not entry.counts:
            continue
        top = path.partition("/")[0] if "/" in path else "."
        counts = folders.get(top) or folders.setdefault(top, (Count(), Count()))
        before.add(entry.bytes)
        counts[0].add(entry.bytes)
        if sent:
            after.add(entry.bytes)
            counts[1].add(entry.bytes)
    unreadable = tuple(
        one.entry.path for one in placed if one.sent and one.entry.kind == "unreadable"
    )
    return Placement(tuple(placed), tuple(open_), before, after, folders, cut, unreadable)


def measure(placement: Placement, sources: Sequence[str] | None = None) -> Measured:
    """Count what of a context a Dockerfile can read.

    Args:
        placement: what its ignore file leaves in.
        sources: what the Dockerfile reads of the context, as `careen.lint.context_sources` gives
            it; None where there is no Dockerfile: all is reached.

    >>> from careen.lint.ignore_patterns import Ignore
    >>> found = place([Entry("a", "file", 30), Entry("b", "file", 10)], Ignore.parse(""))
    >>> measure(found, ["b"]).reached
    Count(files=1, bytes=10)
    """
    if sources is None:
        return Measured(placement, None, None)
    reach = Reach(sources)
    reached = Count()
    for entry in placement.files:
        if reach.has(entry.path):
            reached.add(entry.bytes)
    return Measured(placement, reach, reached)


class Reach:
    """Whether a Dockerfile's instructions can read a path.

    BuildKit matches its sources as the lines of an ignore file are matched: with wildcards, and
    with all that lies below. What a link among them leads to is sent too; that is not followed
    here.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        bodies = {clean(f"/{source}").lstrip("/") for source in sources}
        self._all = "" in bodies
        self._matchers = [_source_matcher(body) for body in sorted(bodies - {""})]

    def has(self, path: str) -> bool:
        """Say whether the path is a source or lies below one."""
        if self._all:
            return True
        parts = path.split("/")
        above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        return any(matches(one) for matches in self._matchers for one in above)


def _source_matcher(source: str) -> Callable[[str], bool]:
    try:
        return matcher(source)
    except PatternError:  # the build fails; which rule says so is not this one's matter
        return lambda path: path == source


def _largest_folders(files: Iterable[Entry]) -> list[dict[str, Any]]:
    """Give the folders, at any depth, whose files are the most bytes."""
    sizes: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for entry in files:
        folder = entry.path
        while folder := folder.rpartition("/")[0]:
            sizes[folder] += entry.bytes
            numbers[folder] += 1
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:_LARGEST]
    return [{"path": path, "files": numbers[path], "bytes": size} for path, size in largest]


def _listed(folder: Path | str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name)


def _entry(path: str, found: os.DirEntry[str]) -> Entry | None:
    if found.is_dir(follow_symlinks=False):
        return Entry(path, "folder")
    if found.is_symlink():
        return Entry(path, "link")
    try:
        status = found.stat(follow_symlinks=False)
    except OSError:  # removed since
        return None
    if stat.S_ISSOCK(status.st_mode):
        return None
    regular = stat.S_ISREG(status.st_mode)
    return Entry(path, "file" if regular else "other", status.st_size if regular else 0)
