"""The task that removes what careen made, and nothing else."""

from __future__ import annotations

from typing import Any

from careen.tasks.adapter import careen_task, say, show_json


@careen_task(
    help={
        "images": "remove the built images of this project too",
        "json": "print what was removed as JSON",
        "dry": "say what would be removed",
    }
)
def clean(context: Any, images: bool = False, json: bool = False, dry: bool = False) -> None:
    """Remove what careen left on the engine: its labelled containers, networks and volumes.

    The embedded engine itself goes with `careen engine.down --purge`, the stand-ins with
    `careen bases --remove`.

    Examples: careen clean --dry; careen clean --images
    """
    from careen.config.load import load
    from careen.engine.cleanup import clean as library

    settings = load().settings
    tags = [f"{settings.image}:{name}" for name in settings.variants] if images else []
    removed = library(settings.engine.kind, tags, dry=dry, say=say)
    if json:
        show_json({"removed": removed, "dry": dry})
    else:
        for name in removed:
            print(f"{'would remove' if dry else 'removed'} {name}")
