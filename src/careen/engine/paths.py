"""Where careen keeps what it makes on a machine, and how files are written whole."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def cache_folder() -> Path:
    """Give careen's folder in the user's cache.

    CAREEN_CACHE_HOME names it; else it is `careen` in XDG_CACHE_HOME or ~/.cache.
    """
    if own := os.environ.get("CAREEN_CACHE_HOME"):
        return Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "careen"


def runtime_folder(cache: Path) -> Path:
    """Give the folder for sockets that belongs to a cache folder.

    Socket addresses hold 107 bytes at most, so it does not stand below the cache.
    """
    short = hashlib.sha256(str(cache).encode()).hexdigest()[:8]
    return Path("/run") / f"careen-{short}"


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file aside and rename it, so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as sink:
            sink.write(data)
        os.chmod(aside, 0o644)  # noqa: PTH101 - mkstemp's 0600 would hide a report
        os.replace(aside, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)  # noqa: PTH108
        raise


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock that other processes of careen wait for.

    The kernel gives it back when the process ends, however it ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Hold a lock as `locked` does, without waiting; gives whether it is held.

    In a folder that cannot be written to it never is.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("ab")
    except OSError:
        yield False
        return
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
