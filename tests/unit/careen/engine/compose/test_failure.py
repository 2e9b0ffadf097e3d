"""Why a start failed, from what Compose and the engine say; the texts were captured."""

from __future__ import annotations

import pytest

from careen.engine.compose.failure import up_error
from careen.engine.compose.state import ProjectState, ServiceState
from careen.engine.process import Completed

_ENDPOINT = "driver failed programming external connectivity on endpoint p-backend-1 (3879fd07): "
# The first was captured with Compose 2.26.1 and Docker 26.1.5, where another program has the port;
# the second is Docker's text where a container has it, the third that of Docker 28.
TAKEN = {
    "program": f"{_ENDPOINT}Error starting userland proxy: listen tcp4 127.0.0.1:5999: bind: "
    "address already in use",
    "container": f"{_ENDPOINT}Bind for 127.0.0.1:5999 failed: port is already allocated",
    "docker 28": f"{_ENDPOINT}failed to bind host port for 127.0.0.1:5999:172.18.0.2:5001/tcp: "
    "address already in use",
}


def service(state: str, health: str = "", code: int = 0, name: str = "backend") -> ServiceState:
    return ServiceState(name, f"p-{name}-1", "app:slim", state, code, health, {})


def error(stderr: str, *services: ServiceState) -> tuple[int, str, bool]:
    done = Completed(("docker-compose", "up"), 1, "", stderr, 0.1)
    found = up_error(
        done, ProjectState("p", services, (), ()), lambda name: [f"end of {name}"], done.argv
    )
    return found.exit_code, str(found), getattr(found, "stays", False)


@pytest.mark.parametrize("said", TAKEN.values(), ids=TAKEN)
def test_a_port_that_is_taken(said: str) -> None:
    told = f" Container p-backend-1  Starting\nError response from daemon: {said}\n"
    code, text, stays = error(told, service("created"))
    assert (code, stays) == (3, False)
    assert text.startswith("the port 127.0.0.1:5999 is taken\n  -> name another with --port")


def test_services_that_are_not_well_are_named_with_their_last_lines() -> None:
    code, text, stays = error(
        "dependency failed to start: container p-database-1 is unhealthy\n",
        service("created"),
        service("running", "unhealthy", name="database"),
        service("exited", code=3, name="worker"),
        service("running", "healthy", name="cache"),
    )
    assert (code, stays) == (1, True)
    assert text == (
        "database is unhealthy\n  | end of p-database-1\n"
        "worker ended with exit code 3\n  | end of p-worker-1\n"
        "  -> `careen logs` shows all of it, `careen down` removes the services"
    )


def test_anything_else_is_told_as_compose_says_it() -> None:
    code, text, stays = error("\nInvalid hostPort: x\n", service("created"))
    assert (code, stays) == (3, False)
    assert "exit status 1\n  | Invalid hostPort: x\n" in text
    assert "docker-compose up" in text


@pytest.mark.parametrize(
    ("one", "trouble"),
    [
        (service("running", "healthy"), ""),
        (service("running"), ""),
        (service("running", "starting"), "has not become healthy"),
        (service("running", "unhealthy"), "is unhealthy"),
        (service("exited", code=137), "ended with exit code 137"),
        (service("dead", code=1), "ended with exit code 1"),
        (service("paused"), "is paused"),
    ],
)
def test_what_is_wrong_with_a_service(one: ServiceState, trouble: str) -> None:
    assert one.trouble == trouble
