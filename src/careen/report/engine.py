"""The embedded engine's state for a terminal."""

from __future__ import annotations

from typing import Protocol

from careen.report.quantities import size


class EngineStatus(Protocol):
    """What is shown of an engine; `careen.engine.embedded.Status` is one."""

    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def host(self) -> str: ...  # noqa: D102
    @property
    def pids(self) -> dict[str, int]: ...  # noqa: D102
    @property
    def packages(self) -> dict[str, str]: ...  # noqa: D102
    @property
    def folder(self) -> str: ...  # noqa: D102
    @property
    def disk_bytes(self) -> int | None: ...  # noqa: D102


def describe(status: EngineStatus) -> str:
    """Give lines that say what the embedded engine is and how it is used."""
    lines = [f"embedded engine: {status.state}"]
    if version := status.packages.get("docker.io"):
        buildx = status.packages.get("docker-buildx", "unknown")
        lines.append(f"docker {version}, buildx {buildx}")
    lines += [f"{name}: process {pid}" for name, pid in status.pids.items()]
    lines.append(f"folder: {status.folder}")
    if status.disk_bytes is not None:
        lines.append(f"on disk: {size(status.disk_bytes)}")
    if status.state == "running":
        lines.append(f"to use it with the docker command: export DOCKER_HOST={status.host}")
    return "\n".join(lines)
