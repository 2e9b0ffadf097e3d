"""Finds the Python that an image's service runs on, from its configuration and its tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careen.image.weigh.view import View

_PYTHON = re.compile(r"python(3(\.\d+)?)?")
# Docker's own where an image has none.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def interpreter(config: Mapping[str, Any], view: View) -> str:
    """Give the Python that an image's command names, else the first on its PATH; "" for none."""
    words = [*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]
    named = [word for word in words if _PYTHON.fullmatch(str(word).rpartition("/")[2])]
    names = [*named[:1], "python3", "python"]
    for name in names:
        if str(name).startswith("/"):
            if view.find(name):
                return str(name)
            continue
        for folder in path_folders(config):
            if view.find(f"{folder}/{name}"):
                return f"{folder}/{name}"
    return ""


def path_folders(config: Mapping[str, Any]) -> list[str]:
    """Give the folders of an image's PATH.

    >>> path_folders({"Env": ["PATH=/opt/venv/bin:/bin"]})
    ['/opt/venv/bin', '/bin']
    """
    pairs = [str(pair).partition("=") for pair in config.get("Env") or []]
    text = next((value for name, _, value in pairs if name == "PATH"), _PATH)
    return [folder for folder in text.split(":") if folder.startswith("/")]
