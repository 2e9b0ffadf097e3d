"""A root file system in the making: entries by path, from tar files and from text."""

from __future__ import annotations

import io
import re
import tarfile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# As the official slim images leave them out; licences stay.
LEFT_OUT = re.compile(
    r"usr/share/(?:doc/(?!.*/copyright$).+/[^/]+$|(?:man|groff|info|locale|lintian|linda|bug)/.+)"
)


class RootFs:
    """Files, folders and links by path, each with where its bytes come from.

    Paths have no leading slash; a file's bytes are read from its archive when they are written.
    """

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._entries: dict[str, tuple[tarfile.TarInfo, Callable[[], IO[bytes]] | None]] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def add_tar(self, archive: tarfile.TarFile) -> None:
        """Take all entries of an open, seekable tar file over what is there."""
        for member in archive:
            path = member.name.removeprefix("./").strip("/")
            if path in {"", "."} or LEFT_OUT.match(path):
                continue
            path = self._resolved(path)
            if member.isdir() and path in self._entries:
                continue
            member.name = path
            if member.islnk():
                member.linkname = self._resolved(member.linkname.removeprefix("./").strip("/"))
            self._put(member, _reader(archive, member) if member.isreg() else None)

    def add_file(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """Put a file of root's there, with the folders above it."""
        self._parents(path)
        info = tarfile.TarInfo(path)
        info.size, info.mode = len(data), mode
        self._put(info, lambda: io.BytesIO(data))

    def add_link(self, path: str, target: str) -> None:
        """Put a symbolic link there."""
        self._parents(path)
        info = tarfile.TarInfo(path)
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
        self._put(info, None)

    def add_folder(self, path: str, *, mode: int = 0o755, owner: int = 0) -> None:
        """Put a folder there; a folder that is there gets this mode and owner."""
        self._parents(path)
        info = tarfile.TarInfo(path)
        info.type, info.mode, info.uid, info.gid = tarfile.DIRTYPE, mode, owner, owner
        self._put(info, None)

    def read(self, path: str) -> bytes:
        """Give a regular file's bytes.

        Raises:
            KeyError: there is no such file.
        """
        reader = self._entries[path][1]
        if reader is None:
            raise KeyError(path)
        with reader() as source:
            return source.read()

    def remove(self, patterns: Iterable[str]) -> None:
        """Remove what a pattern (a regular expression for the whole path) names, and below it."""
        drop = re.compile("|".join(f"(?:{pattern})(?:/.*)?" for pattern in patterns))
        self._entries = {
            path: entry for path, entry in self._entries.items() if not drop.fullmatch(path)
        }

    def matching(self, pattern: str) -> list[str]:
        """Give the paths that a regular expression matches whole, sorted."""
        return [path for path in self if re.fullmatch(pattern, path)]

    def write_tar(self, sink: IO[bytes] | io.RawIOBase) -> None:
        """Write all of it as a tar stream: sorted, times clamped, owners by number alone."""
        with tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT) as archive:
            for path in self._order():
                info, reader = self._entries[path]
                if reader is None:
                    archive.addfile(info)
                    continue
                with reader() as source:
                    archive.addfile(info, source)

    def _order(self) -> list[str]:
        # A hard link stands behind the file that it names.
        links = [path for path in self if self._entries[path][0].islnk()]
        rest = [path for path in self if not self._entries[path][0].islnk()]
        return rest + links

    def _put(self, info: tarfile.TarInfo, reader: Callable[[], IO[bytes]] | None) -> None:
        info.mtime = min(int(info.mtime), self._epoch) or self._epoch
        info.uname = info.gname = ""
        info.pax_headers = {}
        self._entries[info.name] = (info, reader)

    def _parents(self, path: str) -> None:
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            parent = "/".join(parts[:depth])
            if parent not in self._entries:
                info = tarfile.TarInfo(parent)
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                self._put(info, None)

    def _resolved(self, path: str) -> str:
        """Follow the links of a merged /usr: a package's bin/x goes to usr/bin/x."""
        first, slash, rest = path.partition("/")
        entry = self._entries.get(first)
        if slash and entry is not None and entry[0].issym():
            return f"{entry[0].linkname.strip('/')}/{rest}"
        return path


def _reader(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    offset, size = member.offset_data, member.size

    def read() -> IO[bytes]:
        handle = archive.fileobj
        assert handle is not None  # noqa: S101 - an open TarFile has its file
        handle.seek(offset)
        return io.BytesIO(handle.read(size))

    return read
