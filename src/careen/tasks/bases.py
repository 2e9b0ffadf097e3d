"""The task that lists, makes and removes stand-in base images."""

from __future__ import annotations

from typing import Any

from careen.tasks.adapter import careen_task, say, show_json, words


@careen_task(
    variadic="references",
    help={
        "references": "base images, such as python:3.13-slim-trixie; all of them by default",
        "make": "make their stand-ins and load them into the engine",
        "remove": "remove their stand-ins from the engine and from the cache",
        "json": "print the list as JSON",
        "dry": "say what would be done",
    },
)
def bases(
    context: Any,
    references: str = "",
    make: bool = False,
    remove: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """List the stand-ins that can be made here, make them (--make) or remove them (--remove).

    Examples: careen bases; careen bases --make debian:13-slim; careen bases --remove
    """
    from careen.config.load import load
    from careen.engine.shelf import Shelf
    from careen.report.bases import render_bases

    shelf = Shelf(load().settings.engine.kind, say)
    chosen = shelf.choose(words(references))
    if make and not dry:
        shelf.make(chosen)
    elif remove and not dry:
        shelf.remove(chosen)
    rows = shelf.list(chosen)
    show_json({"bases": rows}) if json else print(render_bases(rows))
