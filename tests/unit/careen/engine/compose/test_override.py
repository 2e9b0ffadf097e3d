"""What is laid over a Compose file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careen.engine.compose.override import make_override, require, to_yaml
from careen.errors import ConfigError

LABELS = {"io.careen.owned": "true"}


def override(model: dict[str, Any], **more: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"service": "web", "images": {}, "labels": LABELS}
    return make_override(model, **(options | more))


def test_every_container_network_and_volume_gets_the_labels() -> None:
    made = override(
        {
            "services": {"web": {"image": "x"}, "db": {"image": "y"}},
            "networks": {"default": {"name": "p_default"}, "inner": None},
            "volumes": {"data": {"name": "p_data"}},
        }
    )
    assert {kind: sorted(ones) for kind, ones in made.items()} == {
        "services": ["db", "web"],
        "networks": ["default", "inner"],
        "volumes": ["data"],
    }
    for ones in made.values():
        assert all(one["labels"] == LABELS for one in ones.values())


def test_what_belongs_to_others_is_left_alone() -> None:
    made = override(
        {
            "services": {"web": {}},
            "networks": {"theirs": {"name": "theirs", "external": True}},
            "volumes": {"theirs": {"external": True}},
        }
    )
    assert made == {"services": {"web": {"labels": LABELS}}}


def test_images_take_the_place_of_those_of_the_file() -> None:
    model = {"services": {"web": {"image": "app:slim"}, "db": {"image": "postgres:17"}}}
    made = override(model, images={"web": "app:distroless"})["services"]
    assert made["web"]["image"] == "app:distroless"
    assert "image" not in made["db"]


def test_one_port_is_given_and_the_others_are_free_ones() -> None:
    ports = [
        {"target": 5001, "published": "5001", "protocol": "tcp", "host_ip": "10.0.0.5"},
        {"target": 53, "published": "53", "protocol": "udp"},
    ]
    model = {"services": {"web": {"ports": ports}, "db": {"ports": [{"target": 5432}]}}}
    made = override(model, port=8080)["services"]
    assert made["web"]["ports"] == ["10.0.0.5:8080:5001/tcp", "127.0.0.1::53/udp"]
    assert made["db"]["ports"] == ["127.0.0.1::5432/tcp"]
    assert override(model)["services"]["web"]["ports"][0] == "10.0.0.5::5001/tcp"


def test_secrets_are_files() -> None:
    made = override({"services": {"web": {}}}, secrets={"password": "/cache/secret-password"})
    assert made["secrets"] == {"password": {"file": "/cache/secret-password"}}


def test_only_ports_replace_and_the_rest_is_joined() -> None:
    data = {"services": {"web": {"labels": {"a": '"ports": ['}, "ports": ["127.0.0.1::1/tcp"]}}}
    text = to_yaml(data)
    assert text.count("!override") == 1
    assert json.loads(text.replace("!override ", "")) == data


@pytest.mark.parametrize(
    ("kind", "names", "said"),
    [
        (
            "service",
            ["wbe"],
            "service wbe: the Compose file has no such service\n  -> did you mean",
        ),
        ("secret", ["password"], "it has no secret at all"),
    ],
)
def test_what_the_settings_name_must_be_there(kind: str, names: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        require({"services": {"web": {}}}, kind, names)
    require({"services": {"web": {}}}, "service", ["web"])
    require({"services": {"web": {}}}, "secret", [])
