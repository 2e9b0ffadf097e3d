"""Names in a layer that are no paths of the image: whiteouts, opaque folders, aufs's own files."""

from __future__ import annotations

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
META = ".wh..wh."


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
