"""Removes what careen made on an engine, found by its label, and nothing else."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from careen.engine.client import LABEL_OWNED, EngineClient
from careen.engine.embedded import EmbeddedEngine
from careen.engine.find import find_endpoint
from careen.engine.obtain import embedded_endpoint
from careen.engine.temporary import abandoned_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def clean(
    kind: str,
    tags: Sequence[str] = (),
    *,
    dry: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Remove labelled containers, networks and volumes, the named images, leftover folders.

    No engine is started for this: where none runs there is nothing of ours on it.

    Args:
        kind: engine.kind of the settings.
        tags: images to remove as well.
        dry: only say what would go.
        say: told what goes on.

    Returns:
        What was removed, as `container NAME` and so on.
    """
    folders = abandoned_folders()
    removed = [f"folder {path}" for path in folders]
    for path in folders:
        if not dry:
            shutil.rmtree(path, ignore_errors=True)
    client = EngineClient(find_endpoint())
    if kind == "embedded" or not client.answers():
        client.close()
        client = EngineClient(embedded_endpoint(EmbeddedEngine()))
    with client:
        if not client.answers():
            say("no engine runs")
            return removed
        return removed + _on_engine(client, tags, dry=dry)


def _on_engine(client: EngineClient, tags: Sequence[str], *, dry: bool) -> list[str]:
    removed = []
    owned: Any = {"label": f"{LABEL_OWNED}=true"}
    for container in client.sdk.containers.list(all=True, filters=owned):
        removed.append(f"container {container.name}")
        if not dry:
            container.remove(force=True, v=True)
    for network in client.sdk.networks.list(filters=owned):
        removed.append(f"network {network.name}")
        if not dry:
            network.remove()
    for volume in client.sdk.volumes.list(filters=owned):
        removed.append(f"volume {volume.name}")
        if not dry:
            volume.remove(force=True)
    for tag in tags:
        if client.image(tag) is not None:
            removed.append(f"image {tag}")
            if not dry:
                client.remove_image(tag)
    return removed
