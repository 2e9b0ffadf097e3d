"""The embedded engine's state as a person reads it."""

from __future__ import annotations

from careen.engine.embedded import Status
from careen.report.engine import describe

HOST = "unix:///run/careen-x/docker.sock"


def test_a_running_engine_and_how_it_is_used() -> None:
    status = Status(
        "running",
        HOST,
        {"containerd": 11, "dockerd": 12},
        {"docker.io": "26.1.5+dfsg1", "docker-buildx": "0.13.1"},
        "/cache/engine",
        1_234_000_000,
    )
    assert describe(status) == (
        "embedded engine: running\n"
        "docker 26.1.5+dfsg1, buildx 0.13.1\n"
        "containerd: process 11\n"
        "dockerd: process 12\n"
        "folder: /cache/engine\n"
        "on disk: 1.23 GB\n"
        f"to use it with the docker command: export DOCKER_HOST={HOST}"
    )


def test_one_that_was_never_there_has_no_address_and_no_size() -> None:
    status = Status("absent", HOST, {}, {}, "/cache/engine")
    assert describe(status) == "embedded engine: absent\nfolder: /cache/engine"


def test_an_unknown_buildx_is_called_unknown() -> None:
    status = Status("stopped", HOST, {}, {"docker.io": "26"}, "/cache/engine", 0)
    assert describe(status).splitlines()[1:] == [
        "docker 26, buildx unknown",
        "folder: /cache/engine",
        "on disk: 0 B",
    ]
