"""What runs of careen's Compose projects, as the engine says it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from careen.engine.client import LABEL_OWNED
from careen.engine.compose.override import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.engine.client import EngineClient

# Its value is the image's name in the settings: whose projects these are.
LABEL_IMAGE = "io.careen.compose.image"
_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_LAST_LINES = 12


@dataclass(frozen=True)
class ServiceState:
    """A service's container.

    Attributes:
        service: its name in the Compose file.
        container: the container's name.
        image: the reference that the container was made of.
        state: `running`, `exited` and so on, as the engine has it.
        exit_code: of a container that ended.
        health: `healthy`, `unhealthy`, `starting`, or "" without a health check.
        ports: `ADDRESS:PORT` here, by the port in the container such as `5001/tcp`.
    """

    service: str
    container: str
    image: str
    state: str
    exit_code: int
    health: str
    ports: dict[str, str]

    @property
    def trouble(self) -> str:
        """What is wrong with it, "" where nothing is.

        >>> ServiceState("web", "web-1", "app:slim", "exited", 3, "", {}).trouble
        'ended with exit code 3'
        """
        if self.state in {"exited", "dead"}:
            return f"ended with exit code {self.exit_code}"
        if self.health == "unhealthy":
            return "is unhealthy"
        if self.state != "running":
            return f"is {self.state}"
        return "has not become healthy" if self.health == "starting" else ""


@dataclass(frozen=True)
class ProjectState:
    """One project: its containers, networks and volumes, sorted by name."""

    project: str
    services: tuple[ServiceState, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return asdict(self)

    @property
    def starting(self) -> bool:
        """Whether a health check of a service has not said anything yet."""
        return any(one.health == "starting" for one in self.services)

    def base_url(self, service: str) -> str:
        """Give the address of a service's first published port, "" where it has none."""
        for one in self.services:
            if one.service == service and one.ports:
                return f"http://{next(iter(one.ports.values()))}"
        return ""


def find_projects(client: EngineClient, image: str) -> list[str]:
    """Give the names of the projects of an image that the engine has anything of, sorted."""
    wanted: Any = {"label": f"{LABEL_IMAGE}={image}"}
    found = [
        *(one.labels for one in client.sdk.containers.list(all=True, filters=wanted)),
        *(one.attrs.get("Labels") for one in client.sdk.networks.list(filters=wanted)),
        *(one.attrs.get("Labels") for one in client.sdk.volumes.list(filters=wanted)),
    ]
    return sorted({str(labels[_PROJECT]) for labels in found if labels and _PROJECT in labels})


def read_state(client: EngineClient, project: str) -> ProjectState:
    """Look at a project."""
    own = _filters(project)
    containers = client.sdk.containers.list(all=True, filters=own, ignore_removed=True)
    services = [_service(one.attrs) for one in containers]
    networks = [str(one.name) for one in client.sdk.networks.list(filters=own)]
    volumes = [str(one.name) for one in client.sdk.volumes.list(filters=own)]
    return ProjectState(
        project,
        tuple(sorted(services, key=lambda one: (one.service, one.container))),
        tuple(sorted(networks)),
        tuple(sorted(volumes)),
    )


def log_lines(client: EngineClient, container: str, tail: int) -> list[str]:
    """Give the end of a container's log, all of it where *tail* is negative."""
    import docker.errors  # noqa: PLC0415 - a fifth of a second

    try:
        found = client.sdk.containers.get(container)
        text: bytes = found.logs(tail=tail if tail >= 0 else "all")
    except docker.errors.NotFound:  # it went meanwhile
        return []
    return text.decode(errors="replace").splitlines()


def last_words(client: EngineClient, container: str) -> list[str]:
    """Give what a container that failed said last: its log's end, its last health check."""
    lines = log_lines(client, container, _LAST_LINES)
    filters: Any = {"name": f"^/?{re.escape(container)}$"}
    found = client.sdk.containers.list(all=True, filters=filters, ignore_removed=True)
    health = (found[0].attrs["State"].get("Health") if found else None) or {}
    said = str((health.get("Log") or [{}])[-1].get("Output") or "").strip().splitlines()
    return [*lines, *(f"health check: {line}" for line in said[-2:])]


def remove_volumes(client: EngineClient, project: str, names: Sequence[str]) -> None:
    """Remove volumes of a project, of careen's alone."""
    for volume in client.sdk.volumes.list(filters=_filters(project)):
        if volume.name in names:
            volume.remove(force=True)


def remove_others(client: EngineClient, project: str, services: Sequence[str]) -> None:
    """Stop and remove a project's containers of other services than those that are named."""
    for container in client.sdk.containers.list(all=True, filters=_filters(project)):
        if container.labels.get(_SERVICE) not in services:
            container.stop()
            container.remove(v=True)


def _filters(project: str) -> Any:
    return {"label": [f"{LABEL_OWNED}=true", f"{_PROJECT}={project}"]}


def _service(attrs: dict[str, Any]) -> ServiceState:
    state = attrs["State"]
    ports = (attrs.get("NetworkSettings") or {}).get("Ports") or {}
    return ServiceState(
        service=str(attrs["Config"]["Labels"].get(_SERVICE, "")),
        container=str(attrs["Name"]).lstrip("/"),
        image=str(attrs["Config"]["Image"]),
        state=str(state.get("Status", "unknown")),
        exit_code=int(state.get("ExitCode", 0)),
        health=str((state.get("Health") or {}).get("Status", "")).replace("none", ""),
        ports={
            inside: f"{_reachable(bound[0]['HostIp'])}:{bound[0]['HostPort']}"
            for inside, bound in sorted(ports.items())
            if bound
        },
    )


def _reachable(address: str) -> str:
    return LOOPBACK if re.fullmatch(r"|0\.0\.0\.0|::", address) else address
