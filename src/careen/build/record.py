"""The record of a built image: what it is, what it weighs, which steps ran and how long."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from careen.engine.paths import write_atomically
from careen.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class BuildRecord:
    """One variant's build.

    Attributes:
        variant: its name.
        tag: the image's name in the engine.
        image_id: the engine's id: the manifest's digest in a containerd store, else the
            configuration's.
        platform: of the image whose sizes these are.
        base: the image that the last stage stands on.
        sets: the requirement sets.
        stand_ins: by base reference: the image in its place, its recipe and what it is.
        seconds: of the variant's own part of the build, from its first step to its last.
        steps: BuildKit's steps: name, kind, seconds, cached (or not needed at all).
        context_bytes: what was sent from the build context.
        sizes: pull, unpacked and layer sizes, see `careen.image.sizes`; None where it was pushed
            and is in no engine.
        unique_bytes: compressed bytes of the layers that the base does not have.
        engine: what the engine says of itself.
        warnings: BuildKit's.
        built: UTC, ISO 8601.
    """

    variant: str
    tag: str
    image_id: str
    platform: str
    base: str
    sets: tuple[str, ...]
    stand_ins: dict[str, dict[str, str]]
    seconds: float
    steps: tuple[dict[str, Any], ...]
    context_bytes: int
    sizes: dict[str, Any] | None
    unique_bytes: int | None
    engine: dict[str, Any]
    warnings: tuple[str, ...]
    built: str

    @property
    def cached_steps(self) -> int:
        """How many of the Dockerfile's steps came from the cache."""
        return sum(1 for step in self.steps if step["kind"] == "dockerfile" and step["cached"])

    @property
    def own_steps(self) -> int:
        """How many of the Dockerfile's steps there are."""
        return sum(1 for step in self.steps if step["kind"] == "dockerfile")

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {"schema_version": SCHEMA_VERSION, **asdict(self)}


def write(record: BuildRecord, folder: Path) -> Path:
    """Write a record as FOLDER/VARIANT.json, whole or not at all."""
    path = folder / f"{record.variant}.json"
    write_atomically(path, json.dumps(record.to_json(), indent=1).encode() + b"\n")
    return path


def read(path: Path) -> BuildRecord:
    """Read a record.

    Raises:
        UsageError: it is missing, or not of this version.
    """
    try:
        return _parse(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: no build record: {error}", hint="`careen build` makes it"
        ) from None


def base_of(folder: Path, tag: str) -> str:
    """Give the image that a built one stands on, as the engine has it; "" where no record says it.

    Args:
        folder: of the records.
        tag: of the built image, such as pokertool:slim.
    """
    try:
        record = read(folder / f"{tag.rpartition(':')[2]}.json")
    except UsageError:
        return ""
    if record.tag != tag:
        return ""
    return str(record.stand_ins.get(record.base, {}).get("stand_in", record.base))


def _parse(data: dict[str, Any]) -> BuildRecord:
    if data.pop("schema_version") != SCHEMA_VERSION:
        raise ValueError("it is of another version")
    for key in ("sets", "steps", "warnings"):
        data[key] = tuple(data[key])
    return BuildRecord(**data)
