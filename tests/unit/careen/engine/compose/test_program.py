"""Which Docker Compose is used."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from careen.engine import apt
from careen.engine.compose import program
from careen.engine.packages import Toolbox
from careen.errors import EngineMissingError, ProcessError

if TYPE_CHECKING:
    from pathlib import Path


def chosen(
    monkeypatch: pytest.MonkeyPatch, *, docker: str | None, version: str
) -> tuple[tuple[str, ...], list[str]]:
    said: list[str] = []
    monkeypatch.setattr("careen.engine.compose.program.shutil.which", lambda _: docker)

    def run(*_: Any, **__: Any) -> Any:
        return SimpleNamespace(returncode=0 if version else 1, stdout=f"{version}\n")

    monkeypatch.setattr(program, "run", run)
    engine: Any = SimpleNamespace(tools=SimpleNamespace(need_compose=lambda: "/own/compose"))
    return program.find_compose(engine, said.append), said


@pytest.mark.parametrize("version", ["2.24.4", "2.26.1-4", "v2.40.0-desktop.1", "5.0.0"])
def test_the_plugin_of_paths_docker_is_used(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    assert chosen(monkeypatch, docker="/bin/docker", version=version) == (
        ("/bin/docker", "compose"),
        [],
    )


def test_one_that_is_too_old_is_not_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, docker="/bin/docker", version="2.24.3") == (
        ("/own/compose",),
        ["/bin/docker compose is older than 2.24.4: using careen's own"],
    )


@pytest.mark.parametrize(("docker", "version"), [(None, ""), ("/bin/docker", ""), ("/d", "what?")])
def test_without_one_careens_own_is(
    monkeypatch: pytest.MonkeyPatch, docker: str | None, version: str
) -> None:
    found = chosen(monkeypatch, docker=docker, version=version)
    assert found[0] == ("/own/compose",)


def test_a_docker_that_does_not_start_has_no_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any, **__: Any) -> Any:
        raise ProcessError(("docker",), None, reason="cannot start")

    monkeypatch.setattr(program, "run", run)
    assert program.plugin_version("docker") == ()


def test_a_copy_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    plugin = tmp_path / "root/usr/libexec/docker/cli-plugins/docker-compose"
    plugin.parent.mkdir(parents=True)
    plugin.touch()
    assert Toolbox(tmp_path).need_compose() == str(plugin)


def test_without_apt_there_is_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "is_available", lambda: False)
    with pytest.raises(EngineMissingError, match="install the compose plugin"):
        Toolbox(tmp_path).need_compose()


@pytest.mark.parametrize(
    ("distribution", "package"), [("debian", "docker-compose"), ("ubuntu", "docker-compose-v2")]
)
def test_it_is_the_distributions_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, distribution: str, package: str
) -> None:
    host = apt.Host(distribution, "x", "http://mirror", "http://mirror")
    monkeypatch.setattr(apt, "is_available", lambda: True)
    monkeypatch.setattr(apt, "read_host", lambda: host)
    fetched: list[Any] = []
    monkeypatch.setattr(Toolbox, "_need", lambda _, *what: fetched.append(what))
    Toolbox(tmp_path).need_compose()
    assert fetched == [("compose", (package,), ())]
