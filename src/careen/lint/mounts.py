"""The mounts of a RUN: `--mount=type=cache,target=/root/.cache/pip,sharing=locked`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.build.instructions import Instruction

_NAMES = {"dst": "target", "destination": "target", "src": "source", "readonly": "ro"}


@dataclass(frozen=True)
class Mount:
    """One mount.

    Attributes:
        kind: bind, cache, tmpfs, secret or ssh.
        target: where it appears, without a slash at its end.
        id: of a cache the name that it is shared by: its id, or its target where it has none.
        sharing: of a cache: shared, private or locked.
        source: of a bind mount or a cache: the folder that is taken.
        origin: the stage or image that it comes from (`from=`), empty for the context.
    """

    kind: str
    target: str
    id: str
    sharing: str
    source: str
    origin: str

    def is_at(self, *folders: str) -> bool:
        """Tell whether it is mounted at one of these folders or below one."""
        return any(self.target == one or self.target.startswith(f"{one}/") for one in folders)


def mounts(instruction: Instruction) -> tuple[Mount, ...]:
    """Give the mounts of an instruction; one that does not parse is left out."""
    return tuple(_mounts(instruction))


def _mounts(instruction: Instruction) -> Iterator[Mount]:
    for name, value in instruction.flags:
        if name != "mount" or instruction.keyword != "RUN":
            continue
        try:
            parts = next(csv.reader([value], strict=True), [])
        except csv.Error:
            continue
        options: dict[str, str] = {}
        for part in parts:
            key, _, given = part.partition("=")
            key = key.strip().lower()
            options[_NAMES.get(key, key)] = given
        target = options.get("target", "").rstrip("/")
        yield Mount(
            kind=options.get("type", "bind"),
            target=target,
            id=options.get("id", "") or target,
            sharing=options.get("sharing", "shared"),
            source=options.get("source", ""),
            origin=options.get("from", ""),
        )
