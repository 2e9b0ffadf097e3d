"""Tasks for the embedded engine: up, down, status, env."""

from __future__ import annotations

from typing import Any

from careen.tasks.adapter import careen_task, say, show_json

_JSON = {"json": "print the result as JSON"}


@careen_task(help=_JSON | {"dry": "show its state, start nothing"})
def up(context: Any, json: bool = False, dry: bool = False) -> None:
    """Start the embedded engine, fetching it first where it is not there yet.

    Examples: careen engine.up; eval "$(careen engine.env)" && docker ps
    """
    from careen.engine.embedded import EmbeddedEngine
    from careen.report.engine import describe

    own = EmbeddedEngine(say=say)
    status = own.status() if dry else own.up()
    show_json(status.to_json()) if json else print(describe(status))


@careen_task(
    help=_JSON
    | {
        "purge": "remove its images, its build cache and its packages too",
        "dry": "say whether it runs, stop nothing",
    }
)
def down(context: Any, purge: bool = False, json: bool = False, dry: bool = False) -> None:
    """Stop the embedded engine; its images and its cache stay unless --purge is given.

    Examples: careen engine.down; careen engine.down --purge
    """
    from careen.engine.embedded import EmbeddedEngine

    own = EmbeddedEngine(say=say)
    ran = own.status().state in {"running", "broken"}
    if not dry:
        own.purge() if purge else own.down()
    if json:
        show_json({"was_running": ran, "purged": purge and not dry})
    else:
        print("the embedded engine was stopped" if ran else "the embedded engine was not running")


@careen_task(help=_JSON)
def status(context: Any, json: bool = False) -> None:
    """Show whether the embedded engine runs, what it is made of and what it takes on disk.

    Example: careen engine.status --json
    """
    from careen.engine.embedded import EmbeddedEngine
    from careen.report.engine import describe

    found = EmbeddedEngine().status(measure_disk=True)
    show_json(found.to_json()) if json else print(describe(found))


@careen_task()
def env(context: Any) -> None:
    """Print the line that points the docker command to the embedded engine.

    Example: eval "$(careen engine.env)" && docker image ls
    """
    from careen.engine.embedded import EmbeddedEngine

    own = EmbeddedEngine()
    print(f"export DOCKER_HOST={own.host}")
    print(f'export PATH="$PATH:{own.tools.root}/usr/bin"')
