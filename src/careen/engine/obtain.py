"""Obtains an engine to work with: the one that runs, or the embedded one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.engine.client import EngineClient
from careen.engine.embedded import EmbeddedEngine
from careen.engine.find import Endpoint, find_endpoint, find_tools
from careen.engine.paths import cache_folder
from careen.errors import EngineError, EngineMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from careen.engine.packages import Toolbox


@dataclass(frozen=True)
class Engine:
    """An engine that answers, and the programs that build with it.

    Attributes:
        client: the API connection.
        buildx: the argument list that starts buildx.
        docker: the path of a Docker CLI, "" where there is none.
        environment: variables for those programs.
        tools: careen's unpacked packages.
        embedded: whether it is careen's own.
    """

    client: EngineClient
    buildx: tuple[str, ...]
    docker: str
    environment: Mapping[str, str]
    tools: Toolbox
    embedded: bool


def obtain(kind: str = "auto", say: Callable[[str], None] = lambda _: None) -> Engine:
    """Give the engine to work with, starting the embedded one where none runs.

    Args:
        kind: `auto`, `docker` (one that runs, else an error) or `embedded`.
        say: told what takes long.

    Raises:
        EngineMissingError: there is none and none can be made here.
        EngineError: the one that was chosen does not answer.
    """
    own = EmbeddedEngine(say=say)
    endpoint = find_endpoint()
    if kind == "embedded" or endpoint.host == own.host:
        return _embedded(own)
    client = EngineClient(endpoint)
    if client.answers():
        return _running(client, own, say)
    if endpoint.chosen:
        raise EngineError(
            f"no Docker engine answers at {endpoint.host} ({endpoint.origin})",
            hint=f"start it, or unset what names it ({endpoint.origin}) to use the embedded one",
        )
    if kind == "docker":
        raise EngineMissingError(
            f"no Docker engine answers at {endpoint.host}",
            hint="start it, or set engine.kind to auto to use the embedded one",
        )
    return _embedded(own)


def embedded_endpoint(own: EmbeddedEngine) -> Endpoint:
    """Give the endpoint of the embedded engine, running or not."""
    return Endpoint(own.host, "embedded")


def _embedded(own: EmbeddedEngine) -> Engine:
    own.up()
    endpoint = embedded_endpoint(own)
    return _engine(EngineClient(endpoint), own.tools, embedded=True)


def _running(client: EngineClient, own: EmbeddedEngine, say: Callable[[str], None]) -> Engine:
    found = find_tools()
    if found.buildx:
        environment = _environment(client.endpoint)
        return Engine(client, found.buildx, found.docker, environment, own.tools, embedded=False)
    if client.endpoint.tls_folder and not client.endpoint.context:
        raise EngineError(
            f"{'; '.join(found.problems)}, and careen's own buildx, which is no plugin, does not "
            "read DOCKER_TLS_VERIFY",
            hint="install the buildx plugin, or name the engine by a context: `docker context "
            "create NAME --docker host=...,ca=...,cert=...,key=...` and DOCKER_CONTEXT=NAME",
        )
    say(f"{'; '.join(found.problems)}: using careen's own docker and buildx")
    own.tools.need_engine()
    return _engine(client, own.tools, embedded=False)


def _engine(client: EngineClient, tools: Toolbox, *, embedded: bool) -> Engine:
    buildx = buildx_program(tools)
    environment = {**_environment(client.endpoint), "PATH": tools.search_path}
    docker = tools.which("docker") or ""
    return Engine(client, (buildx,), docker, environment, tools, embedded=embedded)


def buildx_program(tools: Toolbox) -> str:
    """Give the unpacked buildx plugin, which runs as a program of its own as well."""
    found = sorted(tools.root.glob("usr/lib*/docker/cli-plugins/docker-buildx"))
    if not found:
        raise EngineError(
            f"docker-buildx is not in the unpacked packages below {tools.root}",
            hint=f"remove {tools.folder} and run `careen engine.up` again",
        )
    return str(found[0])


def _environment(endpoint: Endpoint) -> dict[str, str]:
    # A configuration folder of its own: the user's builders and their state stay as they were.
    # BUILDX_NO_DEFAULT_ATTESTATIONS: an attestation carries times, so an unchanged build would
    # give a new image; --provenance asks for one.
    return {
        **endpoint.environment(),
        "BUILDX_CONFIG": str(cache_folder() / "buildx"),
        "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
    }
