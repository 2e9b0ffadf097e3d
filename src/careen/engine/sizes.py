"""The sizes of an engine's images, measured once for each image and kept in the cache."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from careen.engine.paths import write_atomically
from careen.errors import EngineError
from careen.image.sizes import ImageSizes, measure

if TYPE_CHECKING:
    from pathlib import Path

    from careen.engine.client import EngineClient

# Changes with what is measured, so that an older figure is not taken for it.
_FORMAT = 1


class SizeCache:
    """Measures images through an engine's archive; what is known is read from *folder*."""

    def __init__(self, client: EngineClient, folder: Path) -> None:
        self._client = client
        self._folder = folder

    def sizes(self, reference: str) -> ImageSizes:
        """Give an image's sizes.

        Raises:
            EngineError: the engine does not have it, or its archive cannot be read.
        """
        image = self._client.image(reference)
        if image is None:
            raise EngineError(
                f"the engine has no image {reference}", hint="`careen build` makes it"
            )
        name = str(image["Id"]).replace(":", "-")
        path = self._folder / f"{name}.v{_FORMAT}.json"
        try:
            return ImageSizes.from_json(json.loads(path.read_text()))
        except (OSError, ValueError, KeyError, TypeError):
            found = measure(self._client.save(reference))
        write_atomically(path, json.dumps(found.to_json()).encode())
        return found
