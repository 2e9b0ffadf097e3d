"""The engine that the Docker CLI would use, found from variables and files."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from careen.engine.find import DEFAULT_SOCKET, find_endpoint
from careen.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path


def context(home: Path, name: str, host: str, *, tls: bool = False) -> None:
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = home / "contexts/meta" / key
    meta.mkdir(parents=True)
    document = {"Name": name, "Endpoints": {"docker": {"Host": host}}}
    (meta / "meta.json").write_text(json.dumps(document))
    if tls:
        (home / "contexts/tls" / key / "docker").mkdir(parents=True)


def test_the_variable_comes_first(tmp_path: Path) -> None:
    found = find_endpoint({"DOCKER_HOST": "tcp://h:1", "DOCKER_CONFIG": str(tmp_path)})
    assert (found.host, found.origin, found.chosen) == ("tcp://h:1", "DOCKER_HOST", True)
    assert found.environment()["DOCKER_HOST"] == "tcp://h:1"
    assert found.environment()["BUILDX_BUILDER"] == "default"


def test_tls_files_of_the_variable(tmp_path: Path) -> None:
    variables = {"DOCKER_HOST": "tcp://h:1", "DOCKER_CERT_PATH": "/c", "DOCKER_TLS_VERIFY": "1"}
    assert find_endpoint(variables).tls_folder == "/c"
    assert find_endpoint(variables | {"DOCKER_TLS_VERIFY": ""}).tls_folder == ""


def test_then_the_named_context_then_the_current_one(tmp_path: Path) -> None:
    context(tmp_path, "one", "unix:///one.sock")
    context(tmp_path, "two", "tcp://two:1", tls=True)
    (tmp_path / "config.json").write_text('{"currentContext": "one"}')
    current = find_endpoint({"DOCKER_CONFIG": str(tmp_path)})
    named = find_endpoint({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "two"})
    assert (current.host, current.origin) == ("unix:///one.sock", "context one")
    assert named.host == "tcp://two:1"
    assert named.tls_folder.endswith("/docker")
    assert named.environment() == {"DOCKER_CONTEXT": "two", "BUILDX_BUILDER": "two"}


@pytest.mark.parametrize(
    "text",
    ["", "{}", "not json", "[]", '{"currentContext": "default"}', '{"currentContext": null}'],
)
def test_else_the_default_socket_which_nobody_chose(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    found = find_endpoint({"DOCKER_CONFIG": str(tmp_path)})
    assert (found.host, found.chosen) == (DEFAULT_SOCKET, False)


def test_a_context_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="docker context ls"):
        find_endpoint({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "gone"})
