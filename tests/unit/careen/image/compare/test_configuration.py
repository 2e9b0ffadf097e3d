from __future__ import annotations

from typing import Any

import pytest

from careen.image.compare.configuration import SettingChange, compare_configurations


def compare(before: Any, after: Any) -> list[tuple[str, str, Any, Any]]:
    found = compare_configurations({"config": before}, {"config": after})
    return [(one.setting, one.name, one.before, one.after) for one in found]


def test_variables_one_by_one() -> None:
    before = {"Env": ["PATH=/a", "GONE=1", "SAME=x=y", "EMPTY="]}
    after = {"Env": ["PATH=/b", "SAME=x=y", "EMPTY", "NEW="]}
    assert compare(before, after) == [
        ("env", "GONE", "1", None),
        ("env", "NEW", None, ""),
        ("env", "PATH", "/a", "/b"),
    ]


def test_secrets_are_seen_to_change_and_not_shown() -> None:
    before = {"Env": ["DB_PASSWORD=one", "URL=redis://:one@db"], "Labels": {"api-key": "one"}}
    after = {"Env": ["DB_PASSWORD=two", "URL=redis://:two@db"], "Labels": {"api-key": "two"}}
    found = compare(before, after)
    assert [change[:2] for change in found] == [
        ("env", "DB_PASSWORD"),
        ("env", "URL"),
        ("label", "api-key"),
    ]
    assert "one" not in repr(found)
    assert "two" not in repr(found)


def test_all_other_settings() -> None:
    before = {
        "User": "0",
        "Entrypoint": ["a", "--token", "hunter2"],
        "WorkingDir": "",
        "ExposedPorts": {"8000/tcp": {}},
        "Healthcheck": {"Test": ["CMD", "a", "PASSWORD=hunter2"], "Interval": 1_000_000_000},
        "Shell": ["sh"],
    }
    after = {
        "User": "1000",
        "Cmd": ["b"],
        "WorkingDir": "/srv",
        "ExposedPorts": {"8000/tcp": {}, "443/tcp": {}},
        "Volumes": {"/data": {}},
        "StopSignal": "SIGINT",
        "Entrypoint": [],
    }
    assert compare(before, after) == [
        ("user", "", "0", "1000"),
        ("entrypoint", "", ["a", "--token", "(redacted)"], None),
        ("cmd", "", None, ["b"]),
        ("workdir", "", None, "/srv"),
        ("exposed_ports", "", ["8000/tcp"], ["443/tcp", "8000/tcp"]),
        ("volumes", "", None, ["/data"]),
        ("stop_signal", "", None, "SIGINT"),
        (
            "healthcheck",
            "",
            {"Test": ["CMD", "a", "PASSWORD=(redacted)"], "Interval": 1_000_000_000},
            None,
        ),
        ("shell", "", ["sh"], None),
    ]


def test_unset_in_one_of_several_ways_is_no_difference() -> None:
    empty: dict[str, Any] = {
        "Env": None,
        "Labels": {},
        "Cmd": [],
        "User": "",
        "Volumes": None,
        "ExposedPorts": {},
    }
    assert compare(empty, {}) == []
    assert compare_configurations({}, {"config": None}) == ()


@pytest.mark.parametrize("odd", [1, "x", [], [1, {"a": 2}], {"Env": 5}, {"Env": {"A": 1}}, None])
def test_a_strange_configuration_is_compared_as_far_as_it_goes(odd: Any) -> None:
    found = compare_configurations({"config": odd}, {"config": {"User": "1"}})
    assert SettingChange("user", "", None, "1") in found
    strange = dict.fromkeys(("Env", "Labels", "User", "Cmd", "Volumes", "Healthcheck"), odd)
    compare_configurations({"config": strange}, {"config": {}})
    compare_configurations({"config": {}}, {"config": strange})


def test_what_is_nested_deeper_is_text() -> None:
    before = {"Healthcheck": {"Test": [["a", "b"]], "Extra": {"x": {"token": 1}}}}
    assert compare(before, {}) == [
        ("healthcheck", "", {"Test": ['["a", "b"]'], "Extra": '{"x": {"token": 1}}'}, None)
    ]
