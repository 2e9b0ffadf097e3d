"""Finds a running engine the way the Docker CLI does, and the programs that build with it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from careen.engine.process import run
from careen.errors import EngineError, ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Endpoint:
    """Where an engine is reached.

    Attributes:
        host: an address as DOCKER_HOST has it.
        origin: how it was found: `DOCKER_HOST`, `context NAME`, `default socket` or `embedded`.
        context: the Docker context's name, "" where none is meant.
        chosen: whether the user chose it, so that nothing else may be used in its place.
        tls_folder: the folder of ca.pem, cert.pem and key.pem, where the context has one.
    """

    host: str
    origin: str
    context: str = ""
    chosen: bool = False
    tls_folder: str = ""

    def environment(self) -> dict[str, str]:
        """Give the variables that point docker and buildx to this engine's own builder."""
        if self.context:
            return {"DOCKER_CONTEXT": self.context, "BUILDX_BUILDER": self.context}
        return {"DOCKER_HOST": self.host, "DOCKER_CONTEXT": "", "BUILDX_BUILDER": "default"}


@dataclass(frozen=True)
class ClientTools:
    """The programs that talk to an engine, as found on this machine.

    Attributes:
        docker: the Docker CLI's path, "" where there is none.
        buildx: the argument list that starts buildx, empty where there is none.
        buildx_version: as it says, such as 0.13.1.
        plugin_alone: a buildx plugin that no Docker CLI is there for.
    """

    docker: str = ""
    buildx: tuple[str, ...] = ()
    buildx_version: str = ""
    plugin_alone: str = ""
    problems: tuple[str, ...] = field(default=())


def find_endpoint(environment: Mapping[str, str] | None = None) -> Endpoint:
    """Give the engine that the Docker CLI would use here, whether or not it runs.

    The order is DOCKER_HOST, DOCKER_CONTEXT, the configuration's currentContext, the default
    socket; see "docker context" in Docker's documentation.

    Raises:
        EngineError: the context that is chosen does not exist.
    """
    env = os.environ if environment is None else environment
    home = Path(env.get("DOCKER_CONFIG") or Path.home() / ".docker")
    if host := env.get("DOCKER_HOST"):
        verified = bool(env.get("DOCKER_TLS_VERIFY"))
        folder = (env.get("DOCKER_CERT_PATH") or str(home)) if verified else ""
        return Endpoint(host, "DOCKER_HOST", chosen=True, tls_folder=folder)
    name = env.get("DOCKER_CONTEXT") or _current_context(home)
    if name in {"", "default"}:
        return Endpoint(DEFAULT_SOCKET, "default socket")
    return _context(home, name)


def find_tools(environment: Mapping[str, str] | None = None) -> ClientTools:
    """Look for a Docker CLI with the buildx plugin on this machine."""
    env = os.environ if environment is None else environment
    docker = shutil.which("docker", path=env.get("PATH")) or ""
    if not docker:
        alone = _plugin(env)
        problem = f"{alone} is a buildx plugin without a Docker CLI" if alone else "no Docker CLI"
        return ClientTools(plugin_alone=alone, problems=(problem,))
    try:
        done = run([docker, "buildx", "version"], check=False, timeout_seconds=20)
    except ProcessError as error:
        return ClientTools(docker, problems=(str(error).splitlines()[0],))
    match = re.search(r"v?(\d+\.\d+\.\d+)", done.stdout)
    if done.returncode != 0 or not match:
        return ClientTools(docker, problems=(f"{docker} has no buildx plugin",))
    return ClientTools(docker, (docker, "buildx"), match[1])


def _current_context(home: Path) -> str:
    try:
        return str(json.loads((home / "config.json").read_text()).get("currentContext") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def _context(home: Path, name: str) -> Endpoint:
    # The CLI's context store: a folder named by the sha256 of the context's name.
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = home / "contexts" / "meta" / key / "meta.json"
    try:
        host = json.loads(meta.read_text())["Endpoints"]["docker"]["Host"]
    except (OSError, ValueError, KeyError, TypeError):
        raise EngineError(
            f"the Docker context {name} does not exist or has no engine",
            hint="`docker context ls` lists them; `docker context use default` goes back",
        ) from None
    tls = home / "contexts" / "tls" / key / "docker"
    folder = str(tls) if tls.is_dir() else ""
    return Endpoint(str(host), f"context {name}", context=name, chosen=True, tls_folder=folder)


def _plugin(env: Mapping[str, str]) -> str:
    folders = [
        Path(env.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins",
        *(Path(f"/usr/{part}/docker/cli-plugins") for part in ("local/lib", "lib", "libexec")),
        Path("/usr/local/libexec/docker/cli-plugins"),
    ]
    found = [folder / "docker-buildx" for folder in folders]
    return next((str(path) for path in found if os.access(path, os.X_OK)), "")
