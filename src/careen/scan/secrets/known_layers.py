"""What was found in layers, kept by diff id: a layer that several images share is searched once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from dataclasses import asdict
from functools import cache
from inspect import getsource
from typing import TYPE_CHECKING, Any

from careen.engine.layer_cache import trim_folder
from careen.engine.paths import cache_folder, write_atomically
from careen.image.secrets import checks, files, formats, search, values
from careen.scan.secrets import contents, exclusions
from careen.scan.secrets.contents import Hit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_BYTES = 64 << 20
_DIFF_ID = re.compile(r"sha256:[0-9a-f]{64}")
_SEARCH = (checks, files, formats, search, values, contents, exclusions)


@cache
def rules_version() -> str:
    """Name what a search does: it changes with every change of the rules and of how they hold."""
    digest = hashlib.sha256()
    for module in _SEARCH:
        digest.update(getsource(module).encode())
    return digest.hexdigest()[:12]


class KnownLayers:
    """A folder of what was found; no file in it holds a secret, only where it is.

    Only what was read to its end and has the digest that it should have is put in, so that no
    image can speak for another one's layers.

    Args:
        folder: made when it is needed; None is the one in careen's cache.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or cache_folder() / "secrets"

    def get(self, diff_id: str) -> list[Hit] | None:
        """Give what was found in a layer; None where nobody has looked with these rules."""
        path = self._path(diff_id)
        if path is None:
            return None
        try:
            document = json.loads(path.read_bytes())
            found = [_hit(each) for each in document["hits"]]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        if document.get("diff_id") != diff_id:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return found

    def put(self, diff_id: str, hits: Sequence[Hit]) -> None:
        """Keep what was found; where that fails (no disk, no right to write) it is not kept."""
        path = self._path(diff_id)
        if path is None:
            return
        document = {"diff_id": diff_id, "hits": [asdict(hit) for hit in hits]}
        with contextlib.suppress(OSError):
            write_atomically(path, json.dumps(document).encode())

    def trim(self) -> None:
        """Remove what is too much, the longest unused first."""
        trim_folder(self._folder, MOST_BYTES)

    def _path(self, diff_id: str) -> Path | None:
        if not _DIFF_ID.fullmatch(diff_id):
            return None
        return self._folder / f"{diff_id.replace(':', '-')}.{rules_version()}.json"


def _hit(document: dict[str, Any]) -> Hit:
    hit = Hit(**document)
    texts = (hit.rule, hit.title, hit.path, hit.masked, hit.aside)
    if not all(isinstance(text, str) for text in texts) or type(hit.line) not in {int, type(None)}:
        raise TypeError("no hit")
    return hit
