"""The engine's API with a made-up SDK: what is unknown, what is absent, what is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import docker.errors
import pytest
import requests

from careen.engine.client import EngineClient, unreachable
from careen.engine.find import Endpoint
from careen.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

LOCAL = Endpoint("unix:///run/docker.sock", "default socket")


class Sdk:
    """What of docker.DockerClient is used; every call fails where an error is given."""

    def __init__(self, info: dict[str, Any] | None = None, error: Exception | None = None) -> None:
        self._info = info or {}
        self._error = error
        self.closed = False
        self.images = self
        self.removed: list[str] = []

    def _answer(self, value: Any) -> Any:
        if self._error:
            raise self._error
        return value

    def ping(self) -> bool:
        return bool(self._answer(value=True))

    def info(self) -> dict[str, Any]:
        found: dict[str, Any] = self._answer(self._info)
        return found

    def get(self, reference: str) -> Any:
        return self._answer(type("Image", (), {"attrs": {"Id": reference}}))

    def remove(self, reference: str) -> None:
        self.removed.append(self._answer(reference))

    def get_registry_data(self, reference: str) -> None:
        self._answer(None)

    def close(self) -> None:
        self.closed = True


def client(sdk: Sdk, endpoint: Endpoint = LOCAL) -> EngineClient:
    made = EngineClient(endpoint)
    made._connect = lambda _: sdk  # type: ignore[method-assign, assignment, return-value]
    return made


CONTAINERD = {
    "ServerVersion": "26.1.5",
    "Driver": "overlayfs",
    "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]],
    "NCPU": 2,
}


@pytest.mark.parametrize(
    ("info", "store"),
    [
        (CONTAINERD, "containerd"),
        ({"Driver": "overlay2", "DriverStatus": [["Backing Filesystem", "extfs"]]}, "overlay2"),
        ({"Driver": "vfs", "DriverStatus": None}, "vfs"),
        ({}, "unknown"),
    ],
)
def test_the_image_store_is_told_from_the_driver(info: dict[str, Any], store: str) -> None:
    assert client(Sdk(info)).info().image_store == store


def test_free_disk_is_unknown_where_the_data_is_not_on_this_machine(tmp_path: Path) -> None:
    here = {"DockerRootDir": str(tmp_path)}
    assert (client(Sdk(here)).free_disk_bytes() or 0) > 0
    assert client(Sdk({"DockerRootDir": str(tmp_path / "in-a-vm")})).free_disk_bytes() is None
    assert client(Sdk(here), Endpoint("tcp://far:1", "DOCKER_HOST")).free_disk_bytes() is None


def api_error(text: str) -> docker.errors.APIError:
    return docker.errors.APIError("500", explanation=text)


def test_an_image_that_is_not_there_is_none_and_a_refusal_an_error() -> None:
    assert client(Sdk()).image("a") == {"Id": "a"}
    missing = client(Sdk(error=docker.errors.ImageNotFound("no")))
    assert missing.image("a") is None
    assert missing.remove_image("a") is False
    refusing = client(Sdk(error=api_error("disk\n is  full")))
    with pytest.raises(EngineError, match="the engine refused: disk is full"):
        refusing.image("a")
    with pytest.raises(EngineError, match="the engine refused"):
        refusing.remove_image("a")


def test_an_engine_that_is_gone_does_not_answer_and_is_closed() -> None:
    sdk = Sdk(error=requests.ConnectionError("gone"))
    assert client(sdk).answers() is False
    assert sdk.closed
    assert client(Sdk()).answers() is True


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, ""),
        (requests.ReadTimeout("Read timed out. (6)"), "no answer within 6 s"),
        (api_error("dial tcp 10.0.0.1:443: connect: connection refused"), "(connection refused)"),
        (api_error("x509: certificate signed by unknown authority"), "(certificate signed by"),
        (api_error("unauthorized: authentication required"), "unauthorized: authentication"),
    ],
)
def test_why_a_registry_cannot_give_an_image(error: Exception | None, said: str) -> None:
    sdk = Sdk(error=error)
    found = client(sdk).registry_problem("r.example/x:1", 6.0)
    assert said in found
    assert bool(found) == bool(error)
    assert sdk.closed
    assert "10.0.0.1" not in found


def test_a_reason_is_one_short_line() -> None:
    found = client(Sdk(error=api_error("long\n" * 200))).registry_problem("x", 1)
    assert len(found) <= 200
    assert "\n" not in found


@pytest.mark.parametrize(
    "words", ["no such host", "Connection Refused", "i/o timeout", "TLS handshake timeout"]
)
def test_reasons_are_known_in_any_case(words: str) -> None:
    assert unreachable(f"Get https://r/v2/: {words}") == f"cannot be reached ({words.lower()})"


def test_leaving_closes_the_connection() -> None:
    sdk = Sdk(CONTAINERD)
    with client(sdk) as opened:
        opened.info()
        assert not sdk.closed
    assert sdk.closed


@pytest.mark.parametrize(
    ("architecture", "platform"),
    [("x86_64", "linux/amd64"), ("aarch64", "linux/arm64"), ("riscv64", "linux/riscv64")],
)
def test_the_platform_is_named_as_images_name_it(architecture: str, platform: str) -> None:
    assert client(Sdk({"Architecture": architecture})).info().platform == platform
