"""What this machine has and lacks for building images; looks only, changes nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from careen.engine import apt, embedded
from careen.engine.client import OLDEST_SERVER, EngineClient
from careen.engine.find import ClientTools, Endpoint, find_endpoint, find_tools
from careen.engine.stand_in.make import Maker
from careen.engine.stand_in.recipe import all_recipes
from careen.errors import CareenError

if TYPE_CHECKING:
    from careen.config.model import EngineSettings

OK, WARN, FAIL, UNKNOWN = "ok", "warn", "fail", "unknown"
HOST_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what.
        status: `ok`, `warn` (works, but), `fail` (nothing can be built) or `unknown`.
        detail: what was found.
        hint: what to do about it, "" where nothing is to be done.
    """

    name: str
    status: str
    detail: str
    hint: str = ""

    def to_json(self) -> dict[str, str]:
        """Give it as JSON data."""
        return asdict(self)


def examine(settings: EngineSettings) -> list[Check]:
    """Look at the engine, its tools, the disk, and what the embedded engine would need."""
    tools = find_tools()
    own = embedded.EmbeddedEngine()
    checks = [_python()]
    try:
        endpoint = find_endpoint()
    except CareenError as error:
        endpoint = None
        checks.append(Check("engine", FAIL, str(error)))
    running = _running(endpoint, own, settings.kind) if endpoint else None
    if running is not None:
        with running:
            checks += _server(running, settings.min_free_disk, tools)
    elif endpoint is not None:
        checks += _absent(endpoint, own, tools, settings.kind)
    checks += [_buildx(tools, own), _packages(), _stand_ins(own), _certificates()]
    return checks


def _python() -> Check:
    version = platform.python_version()
    return Check("python", OK, version)


def _running(endpoint: Endpoint, own: embedded.EmbeddedEngine, kind: str) -> EngineClient | None:
    if kind != "embedded" and endpoint.host != own.host:
        client = EngineClient(endpoint)
        if client.answers():
            return client
        if _is_only_choice(endpoint, own, kind):
            return None
    if own.status().state == "running":
        return EngineClient(Endpoint(own.host, "embedded"))
    return None


def _is_only_choice(endpoint: Endpoint, own: embedded.EmbeddedEngine, kind: str) -> bool:
    """Tell whether the tasks would refuse the embedded engine, see `careen.engine.obtain`."""
    if kind == "embedded" or endpoint.host == own.host:
        return False
    return endpoint.chosen or kind == "docker"


def _server(client: EngineClient, min_free_disk: int, tools: ClientTools) -> list[Check]:
    info = client.info()
    detail = f"Docker {info.version} at {client.endpoint.host} ({client.endpoint.origin})"
    checks = [Check("engine", OK, detail)]
    if not tools.buildx and client.endpoint.origin != "embedded":
        problem = "; ".join(tools.problems)
        checks.append(
            Check("client", WARN, problem, "the tasks use careen's own docker and buildx")
        )
    number = tuple(
        int(part) for part in info.version.split("+")[0].split(".")[:2] if part.isdigit()
    )
    oldest = ".".join(map(str, OLDEST_SERVER))
    if number and number >= OLDEST_SERVER:
        checks.append(Check("buildkit", OK, f"part of Docker {info.version}"))
    else:
        hint = f"upgrade Docker to {oldest} or later"
        checks.append(Check("buildkit", FAIL if number else UNKNOWN, info.version, hint))
    checks.append(_store(info.image_store))
    checks.append(_disk(client.free_disk_bytes(), min_free_disk))
    return checks


def _store(image_store: str) -> Check:
    if image_store == "containerd":
        return Check("image store", OK, "containerd")
    return Check(
        "image store",
        WARN,
        f"classic ({image_store}): layers are kept uncompressed, pull sizes are estimated with "
        "gzip, and a registry cache cannot be exported",
        'turn on the containerd image store: {"features": {"containerd-snapshotter": true}}',
    )


def _disk(free_bytes: int | None, needed_bytes: int) -> Check:
    if free_bytes is None:
        detail = "unknown: the engine's data is not on this machine"
        return Check("free disk", UNKNOWN, detail)
    detail = f"{free_bytes / 1e9:.1f} GB where the engine keeps its data"
    if free_bytes < needed_bytes:
        hint = f"free some: {needed_bytes / 1e9:.1f} GB are needed (engine.min-free-disk)"
        return Check("free disk", FAIL, detail, hint)
    return Check("free disk", OK, detail)


def _absent(
    endpoint: Endpoint, own: embedded.EmbeddedEngine, tools: ClientTools, kind: str
) -> list[Check]:
    nobody = f"no Docker engine answers at {endpoint.host} ({endpoint.origin})"
    if _is_only_choice(endpoint, own, kind):
        undo = f"unset {endpoint.origin}" if endpoint.chosen else "set engine.kind to auto"
        return [Check("engine", FAIL, nobody, f"start it, or {undo}")]
    try:
        embedded.require_possible()
        apt.read_host()
    except CareenError as error:
        return [Check("engine", FAIL, str(error).splitlines()[0], error.hint)]
    state = own.status().state
    asked = kind == "embedded" or endpoint.host == own.host
    detail = f"the embedded engine is {state}"
    detail = detail if asked else f"{nobody}; {detail}"
    said = f" ({'; '.join(tools.problems)})" if tools.problems else ""
    return [Check("engine", OK, detail + said, "it starts by itself, or with `careen engine.up`")]


def _buildx(tools: ClientTools, own: embedded.EmbeddedEngine) -> Check:
    if tools.buildx:
        return Check("buildx", OK, f"{tools.buildx_version}, plugin of {tools.docker}")
    problem = "; ".join(tools.problems)
    unpacked = own.tools.versions().get("docker-buildx")
    if unpacked:
        return Check("buildx", OK, f"{unpacked}, careen's own ({problem})")
    if apt.is_available():
        return Check("buildx", OK, f"{problem}; careen fetches its own when it is needed")
    return Check("buildx", FAIL, problem, "install the buildx plugin of Docker")


def _packages() -> Check:
    if not apt.is_available():
        return Check("packages", WARN, "no apt here: no embedded engine and no stand-ins")
    try:
        host = apt.read_host()
    except CareenError as error:
        return Check("packages", WARN, str(error).splitlines()[0], error.hint)
    if os.geteuid() != 0:
        return Check("packages", WARN, f"{host.distribution} {host.codename}, but not as root")
    return Check("packages", OK, f"{host.distribution} {host.codename}, mirror of its apt sources")


def _stand_ins(own: embedded.EmbeddedEngine) -> Check:
    maker = Maker(own.folder.parent, own.tools)
    made = [recipe.reference for recipe in all_recipes() if maker.path(recipe).exists()]
    detail = f"{len(made)} of {len(all_recipes())} made"
    return Check("stand-in bases", OK, f"{detail}; only used where no registry is reachable")


def _certificates() -> Check:
    found = [path for path in (os.environ.get("SSL_CERT_FILE", ""), *HOST_BUNDLES) if path]
    path = next((path for path in found if os.path.isfile(path)), "")  # noqa: PTH113
    if not path:
        return Check("CA bundle", WARN, "none found: builds use what their base has")
    return Check("CA bundle", OK, f"{path}, given to builds as a secret")
