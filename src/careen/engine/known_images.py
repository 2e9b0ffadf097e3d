"""What an engine's image was found to be, kept by its id: a second look need not have it saved.

Source of the id: the Docker Engine API; it is a digest of the image, whatever its names are.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from careen.engine.paths import write_atomically
from careen.errors import CareenError
from careen.image.model import Image, LayerFacts
from careen.image.read import manifest, platforms

if TYPE_CHECKING:
    from pathlib import Path

    from careen.image.layer import Layer

# Changes with the form.
_VERSION = 2
_MOST_FILES = 500
_IDENTITY = re.compile(r"sha256:[0-9a-f]{64}")
_TYPES = {
    "digest": str,
    "diff_id": str,
    "compressed_bytes": int,
    "compression": str,
    "estimated": bool,
    "instruction": str,
    "verified": bool,
}


@dataclass(frozen=True)
class KnownImage:
    """An image without its layers, see `careen.image.model.Image`."""

    platform: str
    digest: str
    config: dict[str, Any]
    config_bytes: int
    facts: tuple[LayerFacts, ...]

    def image(self, name: str, layers: tuple[Layer, ...]) -> Image:
        """Make the image of it."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        return Image(name=name, source="engine", layers=layers, **own)


def read(folder: Path, identity: str, platform: str) -> KnownImage | None:
    """Give what is known of an image; None where nothing is, or what is there is damaged.

    Args:
        folder: of the cache.
        identity: the engine's id of the image.
        platform: that was asked for, "" is the machine's own.
    """
    path = _path(folder, identity, platform)
    if path is None:
        return None
    try:
        document = manifest.parse_object(path.read_bytes(), path.name)
        facts = tuple(_fact(each) for each in document["facts"])
        config = manifest.parse_config(json.dumps(document["config"]).encode())
        return KnownImage(
            str(document["platform"]),
            str(document["digest"]),
            config,
            int(document["config_bytes"]),
            facts,
        )
    except (OSError, CareenError, ValueError, KeyError, TypeError):
        return None


def write(folder: Path, identity: str, platform: str, image: Image) -> None:
    """Keep what was found; where that fails it is not kept."""
    path = _path(folder, identity, platform)
    if path is None or not all(fact.diff_id for fact in image.facts):
        return
    document = {
        "platform": image.platform,
        "digest": image.digest,
        "config": image.config,
        "config_bytes": image.config_bytes,
        "facts": [asdict(fact) for fact in image.facts],
    }
    with contextlib.suppress(OSError):
        write_atomically(path, json.dumps(document).encode())
        # They are small: a bound on their number is enough.
        found = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)
        for each in found[:-_MOST_FILES]:
            each.unlink()


def _path(folder: Path, identity: str, platform: str) -> Path | None:
    if not _IDENTITY.fullmatch(identity):
        return None
    asked = platforms.parse(platform) if platform else platforms.own()
    # What is found where none was asked for may be another: see `manifest.choose`.
    suffix = str(asked).replace("/", "-") + ("" if platform else "-own")
    return folder / f"{identity.replace(':', '-')}.{suffix}.v{_VERSION}.json"


def _fact(document: dict[str, Any]) -> LayerFacts:
    if document.keys() != _TYPES.keys():
        raise ValueError("other fields")
    if not all(type(document[key]) is kind for key, kind in _TYPES.items()):
        raise ValueError("other types")
    return LayerFacts(**document)
