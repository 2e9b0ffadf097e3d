"""The embedded engine's own state, and what it leaves on a host, without starting one."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from careen.engine import apt
from careen.engine.embedded import EmbeddedEngine, require_possible
from careen.engine.host_network import engine_rules
from careen.engine.leftovers import mount_points
from careen.engine.paths import locked, write_atomically
from careen.engine.process import redact
from careen.errors import EngineMissingError, ProcessError

if TYPE_CHECKING:
    from pathlib import Path

FILTER = """\
-P FORWARD DROP
-N DOCKER
-N DOCKER-ISOLATION-STAGE-1
-N MINE
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i eth0 -j MINE
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
"""


def test_an_engine_that_was_never_there_is_absent(tmp_path: Path) -> None:
    assert EmbeddedEngine(tmp_path).status().state == "absent"


def test_unpacked_but_not_started_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/engine.unpacked.json").write_text('{"docker.io": "26.1"}')
    assert EmbeddedEngine(tmp_path).status().state == "stopped"


def test_an_id_that_belongs_to_another_program_is_not_ours(tmp_path: Path) -> None:
    own = EmbeddedEngine(tmp_path)
    own.folder.mkdir()
    state = {"network": {}, "pids": {"dockerd": os.getpid(), "containerd": 2**22 + 1}}
    (own.folder / "state.json").write_text(json.dumps(state))
    status = own.status()
    assert (status.state, status.pids) == ("broken", {})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("platform", "darwin", "needs Linux"),
        ("apt", False, "needs apt"),
        ("root", 1000, "needs root"),
    ],
)
def test_a_machine_that_cannot_have_it_is_told_the_next_step(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object, said: str
) -> None:
    monkeypatch.setattr(sys, "platform", value if name == "platform" else "linux")
    monkeypatch.setattr(apt, "is_available", lambda: name != "apt")
    monkeypatch.setattr(os, "geteuid", lambda: value if name == "root" else 0)
    with pytest.raises(EngineMissingError, match=said) as raised:
        require_possible()
    assert raised.value.exit_code == 3
    assert raised.value.hint


def test_only_an_engines_own_rules_are_deleted() -> None:
    deletions, chains = engine_rules(FILTER)
    assert chains == ["DOCKER", "DOCKER-ISOLATION-STAGE-1"]
    assert deletions == [
        ["-D", "FORWARD", "-j", "DOCKER-ISOLATION-STAGE-1"],
        ["-D", "FORWARD", "-o", "docker0", "-j", "DOCKER"],
    ]


def test_mount_points_with_escaped_blanks() -> None:
    line = r"36 35 98:0 / /mnt/a\040b rw - ext3 /dev/root rw"
    assert mount_points(f"{line}\n\n") == ["/mnt/a b"]


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "state.json"
    write_atomically(path, b"old")

    def fail(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in path.parent.iterdir()] == ["state.json"]


def test_a_lock_can_be_taken_again_after_it_was_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path / "lock"):
            assert (tmp_path / "lock").exists()


def test_a_secret_reaches_no_part_of_an_error() -> None:
    assert redact("a hunter2 b hunter22", ["hunter2", "hunter22"]) == "a *** b ***"
    error = ProcessError(
        tuple(redact(word, ["hunter2"]) for word in ("login", "--password=hunter2")),
        1,
        stderr=redact("wrong: hunter2", ["hunter2"]),
    )
    assert "hunter2" not in f"{error} {error!r} {error.argv} {error.stderr} {error.args}"
