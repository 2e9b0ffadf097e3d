"""The tasks that start the service in Docker Compose, stop it, and show its logs."""

from __future__ import annotations

from typing import Any

from careen.tasks.adapter import careen_task, say, show_json, words


@careen_task(
    variadic="variant",
    help={
        "variant": "whose image to start; [tool.careen.compose] variant by default",
        "postgres": "with PostgreSQL: the profile postgres of the Compose file",
        "port": "of this machine for the service; one that is free by default",
        "wait": "until every service is healthy; exits with 1 if one is not in time",
        "json": "print what runs as JSON",
        "dry": "print the plan, start nothing",
    },
)
def up(
    context: Any,
    variant: str = "",
    postgres: bool = False,
    port: int = 0,
    wait: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Start a variant in Docker Compose, with the limits of the Compose file.

    Examples: careen up --wait; careen up distroless --postgres --wait; careen up slim --port 5001
    """
    from careen.config.load import load
    from careen.engine.compose import session
    from careen.report.compose import render_up

    settings = load().settings
    data = session.up(
        settings, words(variant), postgres=postgres, port=port, wait=wait, dry=dry, say=say
    )
    show_json(data) if dry or json else print(render_up(data), end="")


@careen_task(
    variadic="variants",
    help={
        "variants": "which to stop; all that are up by default",
        "volumes": "remove their data and passwords too",
        "json": "print what was removed and kept as JSON",
        "dry": "say what would be removed",
    },
)
def down(
    context: Any,
    variants: str = "",
    volumes: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Stop what `careen up` started and remove it; data stays unless --volumes is given.

    Examples: careen down; careen down slim --volumes
    """
    from careen.config.load import load
    from careen.engine.compose import session
    from careen.report.compose import render_down

    settings = load().settings
    data = session.down(settings, words(variants), volumes=volumes, dry=dry, say=say)
    show_json(data) if json else print(render_down(data), end="")


@careen_task(
    variadic="variants",
    help={
        "variants": "whose logs; of all that are up by default",
        "tail": "how many lines of each service; -1 for all",
        "follow": "go on until Ctrl-C",
        "json": "print them as JSON, by project and container",
    },
)
def logs(
    context: Any,
    variants: str = "",
    tail: int = 200,
    follow: bool = False,
    json: bool = False,
) -> None:
    """Show the logs of what `careen up` started.

    Examples: careen logs; careen logs slim --tail 20; careen logs --follow
    """
    from careen.config.load import load
    from careen.engine.compose import session

    settings = load().settings
    if json:
        show_json(session.logs_json(settings, words(variants), tail=tail, say=say))
        return

    def write(line: str) -> None:
        print(line, flush=True)

    session.logs(settings, words(variants), tail=tail, follow=follow, write=write, say=say)
