"""What is said of a machine agrees with what the tasks would do on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from careen.config.load import load
from careen.engine import apt, doctor, embedded
from careen.engine.client import EngineClient, ServerInfo
from careen.engine.find import ClientTools, Endpoint
from careen.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = Endpoint("unix:///var/run/docker.sock", "default socket")
CHOSEN = Endpoint("tcp://far:2375", "DOCKER_HOST", chosen=True)
TOOLS = ClientTools("/usr/bin/docker", ("/usr/bin/docker", "buildx"), "0.13.1")
NO_TOOLS = ClientTools(problems=("no Docker CLI",))
GB = 10**9


class Machine:
    """A machine made up: what answers, what it is, and what stands on it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.endpoint: Endpoint | EngineError = DEFAULT
        self.answering: set[str] = set()
        self.own_state = "absent"
        self.tools = TOOLS
        self.free_bytes: int | None = 10 * GB
        self.version = "26.1.5+dfsg1"
        self.store = "containerd"
        self._folder = folder
        monkeypatch.setattr(doctor, "find_tools", lambda: self.tools)
        monkeypatch.setattr(doctor, "find_endpoint", self.find_endpoint)
        monkeypatch.setattr(EngineClient, "answers", lambda it: it.endpoint.host in self.answering)
        monkeypatch.setattr(EngineClient, "info", lambda it: self.info(it.endpoint.origin))
        monkeypatch.setattr(EngineClient, "free_disk_bytes", lambda it: self.free_bytes)
        monkeypatch.setattr(embedded.EmbeddedEngine, "status", lambda it: self.status(it.host))
        monkeypatch.setattr(apt, "is_available", lambda: True)
        monkeypatch.setattr(apt, "read_host", lambda: apt.Host("debian", "bookworm", "m", "s"))
        monkeypatch.setattr(os, "geteuid", lambda: 0)

    def find_endpoint(self) -> Endpoint:
        if isinstance(self.endpoint, EngineError):
            raise self.endpoint
        return self.endpoint

    def info(self, origin: str) -> ServerInfo:
        return ServerInfo(
            self.version, origin, self.store, "x", "/", "x86_64", 2, GB, "6", "Debian"
        )

    def status(self, host: str) -> embedded.Status:
        return embedded.Status(self.own_state, host, {}, {}, "/engine")

    def checks(self, kind: str = "auto") -> dict[str, doctor.Check]:
        (self._folder / "pyproject.toml").write_text("[tool.careen]\n")
        loaded = load(self._folder, environment={"CAREEN_ENGINE_KIND": kind})
        return {check.name: check for check in doctor.examine(loaded.settings.engine)}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    return Machine(monkeypatch, tmp_path)


def test_a_running_docker_is_all_that_is_needed(machine: Machine) -> None:
    machine.answering = {DEFAULT.host}
    found = machine.checks()
    assert {check.status for check in found.values()} <= {"ok", "warn"}
    assert found["engine"].detail == (
        "Docker 26.1.5+dfsg1 at unix:///var/run/docker.sock (default socket)"
    )
    assert found["buildx"].detail == "0.13.1, plugin of /usr/bin/docker"
    assert found["free disk"].detail == "10.0 GB where the engine keeps its data"
    assert found["engine"].to_json()["status"] == "ok"


def test_where_none_runs_the_embedded_one_starts_by_itself(machine: Machine) -> None:
    found = machine.checks()["engine"]
    assert found.status == "ok"
    assert "no Docker engine answers" in found.detail
    assert "the embedded engine is absent" in found.detail


def test_the_embedded_one_that_runs_is_found(machine: Machine) -> None:
    machine.own_state = "running"
    assert "(embedded)" in machine.checks()["engine"].detail


@pytest.mark.parametrize("own_state", ["absent", "running"])
def test_nothing_takes_the_place_of_an_engine_that_the_user_chose(
    machine: Machine, own_state: str
) -> None:
    machine.endpoint, machine.own_state = CHOSEN, own_state
    found = machine.checks()["engine"]
    assert (found.status, found.hint) == ("fail", "start it, or unset DOCKER_HOST")


@pytest.mark.parametrize("own_state", ["absent", "running"])
def test_where_only_docker_is_allowed_the_embedded_one_is_no_help(
    machine: Machine, own_state: str
) -> None:
    machine.own_state = own_state
    found = machine.checks("docker")["engine"]
    assert (found.status, found.hint) == ("fail", "start it, or set engine.kind to auto")


@pytest.mark.parametrize("endpoint", [DEFAULT, CHOSEN])
def test_where_the_embedded_one_is_asked_for_no_other_counts(
    machine: Machine, endpoint: Endpoint
) -> None:
    machine.endpoint, machine.answering = endpoint, {endpoint.host}
    stopped = machine.checks("embedded")["engine"]
    machine.own_state = "running"
    running = machine.checks("embedded")["engine"]
    assert (stopped.status, stopped.detail) == ("ok", "the embedded engine is absent")
    assert (running.status, "(embedded)" in running.detail) == ("ok", True)


def test_a_context_that_does_not_exist_is_a_finding_and_no_crash(machine: Machine) -> None:
    machine.endpoint = EngineError("the Docker context gone does not exist")
    assert machine.checks()["engine"].status == "fail"


def test_a_machine_without_any_way_says_what_to_install(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.tools = NO_TOOLS
    monkeypatch.setattr(apt, "is_available", lambda: False)
    found = machine.checks()
    assert found["engine"].status == found["buildx"].status == "fail"
    assert "install Docker Engine" in found["engine"].hint
    assert found["packages"].status == "warn"


def test_a_plain_user_is_told_of_root(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found = machine.checks()
    assert found["engine"].status == "fail"
    assert "needs root" in found["engine"].detail
    assert found["packages"].detail == "debian bookworm, but not as root"


@pytest.mark.parametrize(
    ("version", "status"),
    [("26.1.5+dfsg1", "ok"), ("23.0.0", "ok"), ("20.10.24", "fail"), ("dev", "unknown")],
)
def test_an_engine_that_is_too_old_is_told(machine: Machine, version: str, status: str) -> None:
    machine.answering, machine.version = {DEFAULT.host}, version
    assert machine.checks()["buildkit"].status == status


@pytest.mark.parametrize(
    ("free", "status"), [(None, "unknown"), (3 * GB - 1, "fail"), (3 * GB, "ok")]
)
def test_the_free_disk(machine: Machine, free: int | None, status: str) -> None:
    machine.answering, machine.free_bytes = {DEFAULT.host}, free
    assert machine.checks()["free disk"].status == status


def test_a_classic_store_and_a_missing_cli_are_warnings(machine: Machine) -> None:
    machine.answering, machine.store, machine.tools = {DEFAULT.host}, "overlay2", NO_TOOLS
    found = machine.checks()
    assert found["image store"].status == "warn"
    assert "overlay2" in found["image store"].detail
    assert (found["client"].status, found["client"].detail) == ("warn", "no Docker CLI")
    assert "careen fetches its own" in found["buildx"].detail


def test_a_bundle_that_the_environment_names_is_the_one(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "own.crt"
    bundle.write_text("x")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert machine.checks()["CA bundle"].detail == f"{bundle}, given to builds as a secret"
    monkeypatch.setenv("SSL_CERT_FILE", "/gone")
    monkeypatch.setattr(doctor, "HOST_BUNDLES", ())
    assert machine.checks()["CA bundle"].status == "warn"
