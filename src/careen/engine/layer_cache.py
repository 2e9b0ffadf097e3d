"""Layers that have been read, kept by diff id: a second image costs only its own layers.

What was not hashed is kept by the file that it was read from.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from typing import TYPE_CHECKING

from careen.engine.paths import write_atomically
from careen.image.read.packed import MAGIC, DamagedError, Packed, pack, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from careen.image.layer import Layer
    from careen.image.read.stored import Origin

MOST_BYTES = 1 << 30
# A file that was written to this short a time ago may be written to again without another time:
# some file systems count in steps of two seconds.
SETTLED_NS = 2_000_000_000
_DIFF_ID = re.compile(r"sha256:[0-9a-f]{64}")
_VERSION = MAGIC[-1]


class LayerCache:
    """A folder of packed layers, of a bounded size: what was not asked for longest goes first.

    Only what `read_blob` has hashed is put in by its diff id: it is that of the bytes that were
    read, so no image can put its layers in another's place.

    Args:
        folder: made when it is needed.
        most_bytes: of all files together.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def has(self, diff_id: str) -> bool:
        """Tell whether there is something for a layer; it may turn out to be damaged."""
        path = self._path(diff_id)
        return path is not None and path.is_file()

    def get(self, diff_id: str) -> Packed | None:
        """Give a layer; None where it is not there, or what is there is damaged."""
        path = self._path(diff_id)
        return None if path is None else _unpacked(path, diff_id)

    def put(self, layer: Layer, gzip_bytes: int = 0) -> None:
        """Keep a layer; where that fails (no disk, no right to write) it is not kept."""
        path = self._path(layer.diff_id)
        if path is None:
            return
        with contextlib.suppress(OSError, ValueError):
            write_atomically(path, pack(layer, gzip_bytes))

    def get_of_file(self, origin: Origin, diff_id: str) -> Packed | None:
        """Give what was read of a file's bytes without hashing them; likewise."""
        return _unpacked(self._path_of_file(origin, diff_id), "")

    def put_of_file(self, origin: Origin, diff_id: str, layer: Layer, gzip_bytes: int = 0) -> None:
        """Keep a layer whose bytes were not hashed; likewise.

        Args:
            origin: what the file was before it was read, and is still.
            diff_id: what the image says.
            layer: without a diff id.
            gzip_bytes: see `put`.
        """
        age_ns = time.time_ns() - max(origin.mtime_ns, origin.ctime_ns)
        if layer.diff_id or age_ns < SETTLED_NS:
            return
        with contextlib.suppress(OSError, ValueError):
            write_atomically(self._path_of_file(origin, diff_id), pack(layer, gzip_bytes))

    def trim(self) -> None:
        """Remove what is too much, the longest unused first."""
        trim_folder(self._folder, self._most_bytes)

    def _path_of_file(self, origin: Origin, diff_id: str) -> Path:
        key = hashlib.sha256(repr((*origin, diff_id)).encode()).hexdigest()
        return self._folder / f"file-{key}.v{_VERSION}"

    def _path(self, diff_id: str) -> Path | None:
        if not _DIFF_ID.fullmatch(diff_id):
            return None
        return self._folder / f"{diff_id.replace(':', '-')}.v{_VERSION}"


def _unpacked(path: Path, diff_id: str) -> Packed | None:
    try:
        found = unpack(path.read_bytes())
    except (OSError, DamagedError):
        return None
    if found.layer.diff_id != diff_id:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return found


def trim_folder(folder: Path, most_bytes: int) -> None:
    """Remove what a folder has too much of, the longest unused first."""
    found: list[tuple[float, int, Path]] = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                about = path.stat()
                found.append((about.st_mtime, about.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= most_bytes:
            break
        with contextlib.suppress(OSError):
            path.unlink()
        total -= size
