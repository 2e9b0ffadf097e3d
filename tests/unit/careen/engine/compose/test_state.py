"""What runs, read from what the engine says of a container."""

from __future__ import annotations

from typing import Any

from careen.engine.compose.state import ProjectState, read_state


class Listed:
    """One object that the SDK lists."""

    def __init__(self, name: str, attrs: dict[str, Any]) -> None:
        self.name = name
        self.attrs = attrs


class Kind:
    """Containers, networks or volumes of the SDK: remembers what it was asked for."""

    def __init__(self, *found: Listed) -> None:
        self.found = found
        self.asked: list[dict[str, Any]] = []

    def list(self, **asked: Any) -> list[Listed]:
        self.asked.append(asked)
        return list(self.found)


class Sdk:
    def __init__(self, containers: Kind, networks: Kind, volumes: Kind) -> None:
        self.containers, self.networks, self.volumes = containers, networks, volumes


class Client:
    def __init__(self, sdk: Sdk) -> None:
        self.sdk = sdk


def container(service: str, state: dict[str, Any], ports: dict[str, Any]) -> Listed:
    attrs = {
        "Name": f"/p-{service}-1",
        "State": state,
        "Config": {"Image": "app:slim", "Labels": {"com.docker.compose.service": service}},
        "NetworkSettings": {"Ports": ports},
    }
    return Listed(f"p-{service}-1", attrs)


def state() -> tuple[ProjectState, Sdk]:
    healthy = {"Status": "running", "ExitCode": 0, "Health": {"Status": "healthy"}}
    ended = {"Status": "exited", "ExitCode": 3}
    anywhere = {"HostIp": "0.0.0.0", "HostPort": "32769"}  # noqa: S104 - what the engine says
    ports = {"5001/tcp": [anywhere, {"HostIp": "::", "HostPort": "32769"}], "53/udp": None}
    containers = Kind(container("worker", ended, {}), container("backend", healthy, ports))
    sdk = Sdk(containers, Kind(Listed("p_default", {})), Kind(Listed("p_b", {}), Listed("p_a", {})))
    client: Any = Client(sdk)
    return read_state(client, "p"), sdk


def test_services_are_sorted_with_state_health_and_ports() -> None:
    found, _ = state()
    backend, worker = found.services
    assert (backend.service, backend.container, backend.image) == (
        "backend",
        "p-backend-1",
        "app:slim",
    )
    assert (backend.state, backend.health, backend.trouble) == ("running", "healthy", "")
    assert backend.ports == {"5001/tcp": "127.0.0.1:32769"}
    assert (worker.state, worker.health, worker.exit_code, worker.ports) == ("exited", "", 3, {})
    assert (found.networks, found.volumes) == (("p_default",), ("p_a", "p_b"))


def test_only_what_careen_made_of_that_project_is_asked_for() -> None:
    _, sdk = state()
    wanted = {"label": ["io.careen.owned=true", "com.docker.compose.project=p"]}
    for kind in (sdk.containers, sdk.networks, sdk.volumes):
        assert [asked["filters"] for asked in kind.asked] == [wanted]


def test_the_address_of_a_service() -> None:
    found, _ = state()
    assert found.base_url("backend") == "http://127.0.0.1:32769"
    assert found.base_url("worker") == found.base_url("other") == ""
    assert found.to_json()["services"][1]["exit_code"] == 3
