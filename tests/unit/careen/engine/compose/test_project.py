"""What Compose says of a start is held against what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.careen.requirements.projects import project as written

from careen.engine.compose import project as library
from careen.engine.compose import state as states
from careen.engine.compose.failure import ServiceFailedError
from careen.engine.compose.plan import Plan
from careen.engine.compose.project import Project
from careen.engine.compose.state import ProjectState, ServiceState
from careen.engine.process import Completed

if TYPE_CHECKING:
    from pathlib import Path


class FakeEngine:
    client: Any = None
    environment: dict[str, str] = {}  # noqa: RUF012 - a fake


def start(monkeypatch: pytest.MonkeyPatch, root: Path, health: str, *words: str) -> None:
    argv = ("docker", "compose", "up", *words)
    state = ProjectState(
        "p", (ServiceState("backend", "p-1", "app", "running", 0, health, {}),), (), ()
    )
    monkeypatch.setattr(library, "run", lambda *_, **__: Completed(argv, 0, "", "", 1.0))
    monkeypatch.setattr(states, "read_state", lambda *_: state)
    monkeypatch.setattr(states, "last_words", lambda *_: ["42"])
    engine: Any = FakeEngine()
    plan = Plan("p", "slim", "app:slim", "backend", (), {}, {}, {}, argv)
    Project(engine, written(root), "slim")._start(plan)


def test_a_service_that_is_still_starting_was_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Compose ends with 0 where its time is up between two of its looks.
    with pytest.raises(ServiceFailedError, match=r"has not become healthy\n  \| 42"):
        start(monkeypatch, tmp_path, "starting", "--wait")


@pytest.mark.parametrize(("health", "words"), [("healthy", ["--wait"]), ("starting", [])])
def test_what_is_healthy_or_was_not_waited_for_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, health: str, words: list[str]
) -> None:
    start(monkeypatch, tmp_path, health, *words)
