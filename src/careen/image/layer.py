"""One layer as data: what its tar says of each path, in columns, and the few files that are read.

A layer of 100,000 entries takes about 30 MB as columns, and up to 20 MB more with its outline, the
more the more folders it has; packed for the cache it is a tenth of that.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from careen.image.outline import Outline

FILE, FOLDER, SYMLINK, HARD_LINK = "f", "d", "l", "h"
CHARACTER_DEVICE, BLOCK_DEVICE, FIFO = "c", "b", "p"


class Entry(NamedTuple):
    """What a layer says of one path.

    Attributes:
        path: without a leading `/` or `./` and without a trailing `/`; "" is the root. Bytes that
            are no UTF-8 are surrogates (PEP 383).
        kind: one of the letters above.
        size: logical bytes of a regular file, 0 for all else (a hard link has its target's).
        mode: the permission bits, 0o7777.
        uid: the owner.
        gid: the owner's group.
        mtime: seconds since the epoch, rounded down.
        link: a symbolic link's target as it is written; a hard link's as a cleaned path; else "".
        content: xxh3 (64 bits) of a regular file's bytes; 0 for an empty file and for all else.
            Of a sparse file it is taken of its map and its stored bytes.
    """

    path: str
    kind: str
    size: int = 0
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    link: str = ""
    content: int = 0


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        paths: of the entries, in the tar's order; all columns are of one length.
        kinds: a letter each.
        sizes: likewise (signed 64 bits), and so on as `Entry` says.
        documents: the contents of the files that `wanted` names, by path; of a path that comes
            twice, the last one's.
        xattrs: extended attributes by path, of those entries that have some.
        tar_bytes: the length of the uncompressed tar.
        diff_id: `sha256:...` of the uncompressed tar, "" where nobody says it.
    """

    paths: list[str]
    kinds: str
    sizes: array[int]
    modes: array[int]
    uids: array[int]
    gids: array[int]
    mtimes: array[int]
    links: list[str]
    contents: array[int]
    documents: Mapping[str, bytes] = field(default_factory=dict)
    xattrs: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    tar_bytes: int = 0
    diff_id: str = ""

    def __len__(self) -> int:
        return len(self.paths)

    @cached_property
    def outline(self) -> Outline:
        """What the entries make together; made once."""
        from careen.image.outline import outline  # noqa: PLC0415 - it is made of layers

        return outline(self)

    def with_outline(self, made: Outline | None = None) -> Layer:
        """Give the layer itself, with an outline that was kept or is made now."""
        if made is None:
            made = self.outline
        self.__dict__["outline"] = made
        return self

    def entry(self, at: int) -> Entry:
        """Give one entry, by its number in the tar's order."""
        return Entry(
            self.paths[at],
            self.kinds[at],
            self.sizes[at],
            self.modes[at],
            self.uids[at],
            self.gids[at],
            self.mtimes[at],
            self.links[at],
            self.contents[at],
        )

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Give the entries in the tar's order, or those of a part of it."""
        part = slice(start, stop)
        return map(
            Entry._make,
            zip(
                self.paths[part],
                self.kinds[part],
                self.sizes[part],
                self.modes[part],
                self.uids[part],
                self.gids[part],
                self.mtimes[part],
                self.links[part],
                self.contents[part],
                strict=True,
            ),
        )


def from_entries(
    entries: Iterable[Entry],
    *,
    documents: Mapping[str, bytes] | None = None,
    xattrs: Mapping[str, Mapping[str, bytes]] | None = None,
    tar_bytes: int = 0,
    diff_id: str = "",
) -> Layer:
    """Make a layer of entries.

    >>> len(from_entries([Entry("a", FILE, 5)]))
    1
    """
    rows = list(entries)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(Entry._fields)
    paths, kinds, sizes, modes, uids, gids, mtimes, links, contents = columns
    return Layer(
        paths=list(paths),
        kinds="".join(kinds),
        sizes=array("q", sizes),
        modes=array("H", modes),
        uids=array("q", uids),
        gids=array("q", gids),
        mtimes=array("q", mtimes),
        links=list(links),
        contents=array("Q", contents),
        documents=documents or {},
        xattrs=xattrs or {},
        tar_bytes=tar_bytes,
        diff_id=diff_id,
    )


def wanted(path: str) -> bool:
    """Tell whether a file's contents are kept: what says who owns which file.

    >>> wanted("var/lib/dpkg/status"), wanted("opt/venv/lib/python3.13/site-packages/a/b.py")
    (True, False)
    """
    folder, _, name = path.rpartition("/")
    if folder.endswith((".dist-info", ".egg-info")):
        return name in {"RECORD", "METADATA", "PKG-INFO", "INSTALLER", "top_level.txt"}
    if folder == "var/lib/dpkg/info":
        return name.endswith((".list", ".md5sums"))
    if folder == "var/lib/dpkg/status.d":
        return True
    return path in _WANTED


_WANTED = frozenset(
    {
        "var/lib/dpkg/status",
        "lib/apk/db/installed",
        "usr/lib/apk/db/installed",
        "etc/os-release",
        "usr/lib/os-release",
    }
)
