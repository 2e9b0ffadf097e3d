"""Paths in a layer that are none of the image: whiteouts, opaque folders, aufs's own files."""

from __future__ import annotations

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
META = ".wh..wh."
NO_NAMES = frozenset({"", ".", ".."})


def is_marker(path: str) -> bool:
    """Tell whether a layer's path is no file of the image: a whiteout or aufs's own.

    >>> is_marker("etc/.wh.passwd"), is_marker(".wh..wh.plnk/12"), is_marker("etc/passwd")
    (True, True, False)
    """
    if WHITEOUT not in path:
        return False
    folder, _, name = path.rpartition("/")
    return name.startswith(WHITEOUT) or is_aufs(folder)


def is_aufs(folder: str) -> bool:
    """Tell whether a folder is one of aufs's own, or in one."""
    return folder.startswith(META) or f"/{META}" in folder


def is_left_out(path: str) -> bool:
    """Tell whether a layer's path is none of the image: a marker, the root, a name of dots.

    >>> is_left_out(""), is_left_out("etc/.."), is_left_out("etc/.wh.passwd"), is_left_out("etc/x")
    (True, True, True, False)
    """
    return path.rpartition("/")[2] in NO_NAMES or is_marker(path)
