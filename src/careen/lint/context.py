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
from dataclasses import dataclass, field
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
        reached: it is sent, and the Dockerfile can read it.
        pattern: the pattern that decided.
    """

    entry: Entry
    sent: bool
    reached: bool
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
class Measured:
    """A build context, measured.

    Attributes:
        placed: every path, in the order of the walk.
        before: all files.
        after: those that the ignore file leaves.
        reached: those of them that the Dockerfile can read; None where no Dockerfile was given.
        folders: by folder at the root (`.` for the files there), before and after.
        cut: there is more; the walk ended at its limit.
    """

    placed: tuple[Placed, ...]
    before: Count
    after: Count
    reached: Count | None
    folders: dict[str, tuple[Count, Count]]
    cut: bool = False
    unreadable: tuple[str, ...] = field(default=())

    @property
    def reduction(self) -> float | None:
        """1 - bytes after / bytes before, None for an empty context."""
        return 1 - self.after.bytes / self.before.bytes if self.before.bytes else None

    def sent(self) -> Iterator[Entry]:
        """Give the files that the ignore file leaves in."""
        return (one.entry for one in self.placed if one.sent and one.entry.counts)

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form; the lists have the largest first."""
        files = sorted(self.sent(), key=lambda entry: (-entry.bytes, entry.path))[:_LARGEST]
        folders = sorted(self.folders.items(), key=lambda item: (-item[1][1].bytes, item[0]))
        return {
            "before": vars(self.before),
            "after": vars(self.after),
            "reached": None if self.reached is None else vars(self.reached),
            "reduction": self.reduction,
            "largest_files": [{"path": entry.path, "bytes": entry.bytes} for entry in files],
            "largest_folders": _largest_folders(self.sent()),
            "folders": [
                {"path": path, "before": vars(before), "after": vars(after)}
                for path, (before, after) in folders
            ],
            "complete": not self.cut and not self.unreadable,
            "unreadable": list(self.unreadable),
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


def measure(
    entries: Iterable[Entry],
    ignore: Ignore,
    sources: Sequence[str] | None = None,
    *,
    most: int = MOST_ENTRIES,
) -> Measured:
    """Part a context into what is sent and what is not.

    Args:
        entries: of `walk`.
        ignore: the patterns.
        sources: what the Dockerfile reads of the context, as `careen.lint.context_sources` gives
            it; None where there is no Dockerfile: all is reached.
        most: entries that are looked at.

    >>> from careen.lint.ignore_patterns import Ignore
    >>> found = measure([Entry("a", "file", 30), Entry("b", "file", 10)], Ignore.parse("a"))
    >>> found.before, found.after, found.reduction
    (Count(files=2, bytes=40), Count(files=1, bytes=10), 0.75)
    """
    reach = None if sources is None else Reach(sources)
    placed: list[Placed] = []
    before, after, reached = Count(), Count(), Count()
    folders: dict[str, tuple[Count, Count]] = {}
    cut = False
    for number, entry in enumerate(entries, 1):
        if cut := number > most:
            break
        decision = ignore.decide(entry.path, is_folder=entry.kind in {"folder", "unreadable"})
        sent = not decision.excluded
        can = sent and (reach is None or reach.has(entry.path))
        placed.append(Placed(entry, sent, can, decision.pattern))
        if not entry.counts:
            continue
        top = entry.path.partition("/")[0] if "/" in entry.path else "."
        counts = folders.setdefault(top, (Count(), Count()))
        for count, wanted in ((before, True), (counts[0], True), (after, sent), (counts[1], sent)):
            if wanted:
                count.add(entry.bytes)
        if can:
            reached.add(entry.bytes)
    unreadable = tuple(
        one.entry.path for one in placed if one.sent and one.entry.kind == "unreadable"
    )
    known = None if reach is None else reached
    return Measured(tuple(placed), before, after, known, folders, cut, unreadable)


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
