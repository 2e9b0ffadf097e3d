"""The embedded engine: started once, killed and cured, stopped without a trace.

These tests end daemons. They act on careen's own engine alone: where the host has a Docker of its
own, nothing of it is touched and they are skipped with that reason. They come last: a daemon that
is killed may lose the newest records of its build cache.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from careen.engine.embedded import EmbeddedEngine
from careen.engine.process import is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Project

    from careen.engine.obtain import Engine

    Make = Callable[..., Project]
    Until = Callable[..., None]

GOOD = "FROM debian:13-slim\nRUN echo TOKEN > /made\n"


@pytest.fixture(autouse=True)
def own(engine: Engine) -> Iterator[EmbeddedEngine]:
    """The embedded engine, started by this test; it runs again at the end."""
    if not engine.embedded:
        pytest.skip("the host has a Docker engine of its own, which these tests may not end")
    embedded = EmbeddedEngine()
    yield embedded
    embedded.up()
    engine.client.close()


def test_two_commands_that_start_it_at_once_start_one(own: EmbeddedEngine, project: Make) -> None:
    tiny = project({"good": GOOD})
    assert tiny.run("engine.down").returncode == 0
    assert own.status().state == "stopped"

    with (
        tiny.started("engine.up", "--json") as one,
        tiny.started("engine.up", "--json") as other,
    ):
        answers = [json.loads(process.communicate(timeout=90)[0]) for process in (one, other)]

    assert (one.returncode, other.returncode) == (0, 0)
    assert answers[0]["state"] == answers[1]["state"] == "running"
    assert answers[0]["pids"] == answers[1]["pids"] == own.status().pids
    assert len(_daemons(own)) == 2


def test_a_killed_daemon_is_cured_by_the_next_command(own: EmbeddedEngine, project: Make) -> None:
    tiny = project({"good": GOOD})
    assert tiny.run("build", "good").returncode == 0
    before = own.status().pids["dockerd"]

    os.kill(before, signal.SIGKILL)

    status = json.loads(tiny.run("engine.status", "--json").stdout)
    assert status["state"] == "broken"
    again = tiny.run("build", "good", "--json")
    assert again.returncode == 0, again.stderr
    assert "the embedded engine was killed" in again.stderr
    assert own.status().pids["dockerd"] != before
    steps = json.loads(again.stdout)["variants"]["good"]["steps"]
    assert all(step["cached"] for step in steps if "RUN" in step["name"]), "its cache is gone"


def test_a_daemon_killed_during_a_build(own: EmbeddedEngine, project: Make, until: Until) -> None:
    tiny = project({"slow": "FROM debian:13-slim\nRUN echo TOKEN && sleep 6\n"})
    own.up()

    with tiny.started("build", "slow") as process:
        until(lambda: _runs(f"echo {tiny.token}"), "building")
        os.kill(own.status().pids["dockerd"], signal.SIGKILL)
        _, stderr = process.communicate(timeout=60)

    assert process.returncode == 3, stderr
    assert "error: the engine went away during the build" in stderr
    assert "run the same command again" in stderr
    assert tiny.records() == []
    assert tiny.left_behind() == []
    again = tiny.run("build", "slow")
    assert again.returncode == 0, again.stderr
    assert tiny.records() == ["slow.json"]


def test_a_state_file_with_the_ids_of_another_program(own: EmbeddedEngine, project: Make) -> None:
    tiny = project({"good": GOOD})
    path = own.folder / "state.json"
    state: dict[str, Any] = json.loads(path.read_text())
    own.down()
    with subprocess.Popen(["sleep", "300"]) as stranger:
        try:
            state["pids"] = {"containerd": stranger.pid, "dockerd": stranger.pid}
            path.write_text(json.dumps(state))

            done = tiny.run("engine.up", "--json")

            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["state"] == "running"
            assert is_alive(stranger.pid)
        finally:
            stranger.kill()


def test_down_leaves_nothing_behind(
    own: EmbeddedEngine, project: Make, engine: Engine, until: Until
) -> None:
    tiny = project({"good": GOOD})
    own.up()
    bridge_was_there = json.loads((own.folder / "state.json").read_text())["network"]["bridge"]
    engine.client.close()
    container: Any = engine.client.sdk.containers.run(
        "localhost/careen-stand-in/debian:13-slim",
        ["sleep", "300"],
        detach=True,
        labels={"io.careen.owned": "true"},
        auto_remove=True,
    )
    assert container.id
    engine.client.close()

    try:
        _look_at_the_stopped(own, tiny, until, bridge_was_there=bridge_was_there)
    finally:
        own.up()  # what the project made on it is removed after this


def _look_at_the_stopped(
    own: EmbeddedEngine, tiny: Project, until: Until, *, bridge_was_there: bool
) -> None:
    assert tiny.run("engine.down").returncode == 0

    assert own.status().state == "stopped"
    assert _daemons(own) == []
    until(lambda: not _runs("sleep 300"), "the container's process gone", 10)
    mounts = Path("/proc/self/mountinfo").read_text()
    assert str(own.folder) not in mounts
    assert str(own.runtime) not in mounts
    assert not own.runtime.exists()
    if not bridge_was_there:
        assert not Path("/sys/class/net/docker0").exists()
        iptables = own.tools.which("iptables") or "iptables"
        for table in ("filter", "nat"):
            rules = subprocess.run(
                [iptables, "-t", table, "-S"], capture_output=True, text=True, check=True
            )
            assert "DOCKER" not in rules.stdout
            assert "docker0" not in rules.stdout


def _command_lines() -> list[str]:
    done = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _daemons(own: EmbeddedEngine) -> list[str]:
    return [line for line in _command_lines() if str(own.folder / "containerd.toml") in line
            or str(own.folder / "daemon.json") in line]  # fmt: skip


def _runs(words: str) -> bool:
    return any(words in line and "ps -ww" not in line for line in _command_lines())
