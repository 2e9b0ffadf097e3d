"""Containers' plans and what the engine says of their use, with no engine."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from careen.engine import ownership
from careen.engine.client import LABEL_OWNED
from careen.engine.containers import ContainerPlan, Usage, created, usage
from careen.engine.ownership import LABEL_OWNER, Owner, labels, remove_own, sweep
from careen.errors import EngineError


class Api:
    """What the SDK's low-level client has of containers; it remembers what was made."""

    def __init__(self, *, refuse: str = "") -> None:
        self.made: dict[str, dict[str, Any]] = {}
        self.removed: list[str] = []
        self.refuse = refuse
        self.listed: dict[str, list[dict[str, Any]]] = {}

    def create_container_from_config(self, config: dict[str, Any], name: str) -> dict[str, Any]:
        if self.refuse:
            raise docker.errors.APIError("no", explanation=self.refuse)
        self.made[name] = config
        return {"Id": "1", "Warnings": ["no swap limit"]}

    def remove_container(self, name: str, **_: Any) -> None:
        if name not in self.made and not self.listed:
            raise docker.errors.NotFound("none")
        self.removed.append(name)

    def containers(self, **_: Any) -> list[dict[str, Any]]:
        return self.listed.get("containers", [])

    def networks(self, **_: Any) -> list[dict[str, Any]]:
        return self.listed.get("networks", [])

    def volumes(self, **_: Any) -> dict[str, Any]:
        return {"Volumes": self.listed.get("volumes")}

    def remove_network(self, name: str) -> None:
        raise docker.errors.APIError("in use")

    def remove_volume(self, name: str) -> None:
        self.removed.append(name)


def client(api: Api) -> Any:
    """An engine's connection around it."""
    return SimpleNamespace(sdk=SimpleNamespace(api=api))


def test_a_plan_becomes_the_body_of_the_create_call() -> None:
    plan = ContainerPlan(
        "app:slim",
        command=("serve",),
        environment={"A": "b"},
        memory_bytes=100,
        cpus=1.5,
        pids=9,
        read_only=True,
        tmpfs={"/tmp": "mode=1777"},
        user="1:0",
        cap_drop=("ALL",),
        security_opt=("no-new-privileges",),
        network="mine",
        port=80,
        healthcheck={"Test": ["NONE"]},
    )
    assert plan.document({"own": "yes"}) == {
        "Image": "app:slim",
        "Cmd": ["serve"],
        "Env": ["A=b"],
        "User": "1:0",
        "Labels": {"own": "yes"},
        "Healthcheck": {"Test": ["NONE"]},
        "ExposedPorts": {"80/tcp": {}},
        "HostConfig": {
            "Memory": 100,
            "MemorySwap": 100,
            "NanoCpus": 1_500_000_000,
            "PidsLimit": 9,
            "ReadonlyRootfs": True,
            "Tmpfs": {"/tmp": "mode=1777"},
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "NetworkMode": "mine",
            "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]},
        },
    }


def test_what_a_plan_does_not_say_is_left_to_the_image() -> None:
    assert set(ContainerPlan("a").document({})) == {"Image", "Env", "Labels", "HostConfig"}


def test_a_container_is_removed_whatever_happens() -> None:
    api = Api()

    def interrupted() -> None:
        with created(client(api), ContainerPlan("a")) as container:
            assert container.warnings == ("no swap limit",)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    ((name, body),) = api.made.items()
    assert api.removed == [name]
    assert body["Labels"] == {LABEL_OWNED: "true", LABEL_OWNER: Owner.of_this_process().label}


def test_what_the_engine_refuses_is_said_in_one_line() -> None:
    api = Api(refuse="no such\nimage")
    with (
        pytest.raises(EngineError, match="no container of a can be made: no such image"),
        created(client(api), ContainerPlan("a")),
    ):
        pytest.fail("there is no container")


def test_usage_of_control_groups_of_both_versions() -> None:
    first = {
        "usage": 100,
        "max_usage": 120,
        "stats": {"total_inactive_file": 30, "inactive_file": 1, "total_rss": 40},
    }
    assert usage({"memory_stats": first}) == Usage(70, 40, 120, None)
    assert usage({}) == Usage(None, None, None, None)


def test_an_owner_reads_its_own_label() -> None:
    own = Owner.of_this_process()
    assert own.pid == os.getpid()
    assert Owner.from_label(own.label) == own
    assert not own.is_gone()


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ({"boot": "earlier"}, True),
        ({"started": 1}, True),
        ({"machine": "another", "boot": "earlier"}, False),
        ({"namespace": "pid:[1]", "started": 1}, False),
    ],
)
def test_only_a_process_that_surely_ended_is_gone(change: dict[str, Any], gone: bool) -> None:
    own = vars(Owner.of_this_process())
    assert Owner(**{**own, **change}).is_gone() is gone


def test_a_sweep_removes_what_a_killed_run_left_and_nothing_else() -> None:
    own = Owner.of_this_process()
    dead = {LABEL_OWNER: Owner(**{**vars(own), "started": 1}).label}
    api = Api()
    api.listed = {
        "containers": [
            {"Id": "1", "Names": ["/left"], "Labels": dead},
            {"Id": "2", "Names": ["/ours"], "Labels": labels()},
            {"Id": "3", "Names": ["/odd"], "Labels": {LABEL_OWNER: "x"}},
        ],
        "networks": [{"Id": "4", "Name": "used", "Labels": dead}],
        "volumes": [{"Name": "data", "Labels": dead}, {"Name": "kept", "Labels": None}],
    }
    assert sweep(client(api)) == ["container left", "volume data"]
    assert api.removed == ["1", "data"]
    assert remove_own(client(api)) == ["container ours"]


def test_a_program_s_name_may_hold_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "7 (a) b) S " + " ".join(str(number) for number in range(4, 53))
    monkeypatch.setattr("careen.engine.ownership.Path.read_text", lambda _: text)
    assert ownership._started(7) == 22
