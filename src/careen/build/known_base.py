"""The base of an image that was built here, as the engine has it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from careen.build.record import base_of
from careen.engine.images import open_image
from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from careen.image.model import Image


def known_base(
    image: Image,
    records: Path | None,
    platform: str = "",
    say: Callable[[str], None] = lambda _: None,
) -> Image | None:
    """Open the base that a build record names of an image.

    Args:
        image: of the engine; of any other nothing is recorded.
        records: the folder of the build records; None outside a project.
        platform: `os/arch[/variant]`; "" is the machine's own.
        say: told what takes long.

    Returns:
        None where no record is of the image, or its base is not there any more.
    """
    known = base_of(records, image.name) if records and image.source == "engine" else ""
    if not known:
        return None
    try:
        found = open_image(f"engine:{known}", platform=platform, say=say)
    except CareenError:  # it was removed since: what is unique is unknown then
        return None
    return replace(found, name=known)
