"""What the tasks up, down and logs do, over the projects of one image."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from careen.config.load import choose
from careen.engine.client import EngineClient
from careen.engine.compose.plan import Plan, images_json
from careen.engine.compose.project import Project, project_name
from careen.engine.compose.state import find_projects, log_lines, read_state
from careen.engine.embedded import EmbeddedEngine
from careen.engine.find import find_endpoint
from careen.engine.obtain import Engine, obtain
from careen.engine.stand_in.recipe import LABEL, LABEL_FOR, LABEL_RECIPE, LABEL_SUMMARY
from careen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from careen.config.model import Settings
    from careen.engine.compose.state import ProjectState

    Say = Callable[[str], None]

LAST_PORT = 65535


def variant_to_start(settings: Settings, names: Sequence[str]) -> str:
    """Give the variant that is named, else the configured one, else the first.

    Raises:
        UsageError: several are named, or one that is unknown.
    """
    if len(names) > 1:
        raise UsageError(
            f"one variant at a time, not {', '.join(names)}", hint="run `careen up` once for each"
        )
    configured = [settings.compose.variant] if settings.compose.variant else []
    return choose(settings, names or configured)[0]


def up(
    settings: Settings,
    names: Sequence[str],
    *,
    postgres: bool,
    port: int,
    wait: bool,
    dry: bool,
    say: Say,
) -> dict[str, Any]:
    """Start a variant in Compose; give what runs as JSON data, or the plan where *dry* is set.

    Raises:
        UsageError: the variant is unknown, the port is none.
        CheckFailedError: a service ended or did not become healthy in time.
        EngineError: an image is missing, a port is taken, Compose failed.
    """
    variant = variant_to_start(settings, names)
    if not 0 <= port <= LAST_PORT:
        raise UsageError(f"{port} is no port", hint=f"give one from 1 to {LAST_PORT}, or none")
    engine = obtain(settings.engine.kind, say)
    with engine.client:
        project = Project(engine, settings, variant, say)
        if not dry:
            project.require_image()
        plan = project.plan(postgres=postgres, port=port, wait=wait, dry=dry)
        return plan.to_json() if dry else _started(engine, plan, project.up(plan))


def down(
    settings: Settings, names: Sequence[str], *, volumes: bool, dry: bool, say: Say
) -> dict[str, Any]:
    """Stop the projects of variants, all of them where none is named; give what went and stays.

    No engine is started for this: where none runs there is nothing of ours on it.
    """
    choose(settings, names)
    removed: list[str] = []
    kept: list[str] = []
    with _running(settings, say) as engine:
        for project in _projects(engine, settings, names, say):
            if dry and engine:
                before = read_state(engine.client, project.name)
            else:
                before = project.down(volumes=volumes)
            removed += [f"container {one.container}" for one in before.services]
            removed += [f"network {name}" for name in before.networks]
            (removed if volumes else kept).extend(f"volume {name}" for name in before.volumes)
    return {"removed": removed, "kept": kept, "dry": dry}


def logs(
    settings: Settings,
    names: Sequence[str],
    *,
    tail: int,
    follow: bool,
    write: Callable[[str], None],
    say: Say,
) -> None:
    """Write the logs of what is up; each line has its container's name before it.

    Raises:
        UsageError: nothing is up, or several are and one is to be followed.
    """
    choose(settings, names)
    with _running(settings, say) as engine:
        found = _with_containers(engine, settings, names, say)
        if follow and len(found) > 1:
            raise UsageError(
                f"{len(found)} variants are up", hint="name the one whose logs to follow"
            )
        for project in found:
            project.logs(write, tail=tail, follow=follow)


def logs_json(
    settings: Settings, names: Sequence[str], *, tail: int, say: Say
) -> dict[str, dict[str, list[str]]]:
    """Give the last lines of each container as JSON data, by project and container.

    Raises:
        UsageError: nothing is up.
    """
    choose(settings, names)
    with _running(settings, say) as engine:
        return {
            project.name: {
                one.container: log_lines(engine.client, one.container, tail)
                for one in read_state(engine.client, project.name).services
            }
            for project in _with_containers(engine, settings, names, say)
            if engine
        }


def _started(engine: Engine, plan: Plan, state: ProjectState) -> dict[str, Any]:
    own = (engine.client.image(plan.image) or {}).get("Config") or {}
    labels = own.get("Labels") or {}
    service = {
        "service": plan.service,
        "reference": plan.image,
        "source": "engine",
        "used": plan.image,
        "stand_in": labels.get(LABEL) == "true",
        "reason": f"built on a stand-in for {labels.get(LABEL_FOR, 'its base')}",
        "summary": labels.get(LABEL_SUMMARY, ""),
        "recipe": labels.get(LABEL_RECIPE, ""),
    }
    return {
        **state.to_json(),
        "variant": plan.variant,
        "base_url": state.base_url(plan.service),
        "images": [service, *images_json(plan.bases)],
    }


def _with_containers(
    engine: Engine | None, settings: Settings, names: Sequence[str], say: Say
) -> list[Project]:
    projects = _projects(engine, settings, names, say)
    found = [one for one in projects if engine and read_state(engine.client, one.name).services]
    if not found:
        what = ", ".join(names) or f"of {settings.image}"
        raise UsageError(f"nothing {what} is up", hint="`careen up` starts it")
    return found


def _projects(
    engine: Engine | None, settings: Settings, names: Sequence[str], say: Say
) -> list[Project]:
    """Give the projects that the engine has anything of: those of variants, or all."""
    if engine is None:
        return []
    wanted = [project_name(settings.image, name) for name in names]
    start = project_name(settings.image, "")
    return [
        # The variant of a project may be gone from the configuration since.
        Project(engine, settings, project.removeprefix(start), say)
        for project in find_projects(engine.client, settings.image)
        if project in wanted or not wanted
    ]


@contextmanager
def _running(settings: Settings, say: Say) -> Iterator[Engine | None]:
    """Give the engine that runs, None where none does."""
    kind = settings.engine.kind
    there = EmbeddedEngine().status().state == "running"
    if not there and kind != "embedded":
        with EngineClient(find_endpoint()) as client:
            there = client.answers()
    if not there:
        say("no engine runs")
        yield None
        return
    engine = obtain(kind, say)
    with engine.client:
        yield engine
