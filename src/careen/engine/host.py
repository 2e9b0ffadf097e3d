"""The machine that measurements are made on, described by what stays the same during a run."""

from __future__ import annotations

import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.engine.process import run

if TYPE_CHECKING:
    from careen.engine.obtain import Engine


def describe_host(engine: Engine) -> dict[str, Any]:
    """Give cores, memory_bytes, cpu, kernel and system of the machine that builds."""
    info = engine.client.info()
    return {
        "cores": info.cpus,
        "memory_bytes": info.memory_bytes,
        "cpu": _cpu() if info.kernel == platform.release() else "unknown (another machine)",
        "kernel": info.kernel,
        "system": info.system,
    }


def describe_engine(engine: Engine) -> dict[str, Any]:
    """Give kind, version, buildx, buildkit and store of the engine."""
    info = engine.client.info()
    return {
        "kind": info.kind,
        "version": info.version,
        "buildx": _version(run([*engine.buildx, "version"], check=False).stdout),
        "buildkit": _buildkit(engine),
        "store": info.image_store,
    }


def _buildkit(engine: Engine) -> str:
    done = run([*engine.buildx, "inspect"], env=engine.environment, check=False, timeout_seconds=60)
    match = re.search(r"^Build[Kk]it(?: version)?:\s*(\S+)", done.stdout, re.MULTILINE)
    return match[1] if match else "unknown"


def _version(text: str) -> str:
    match = re.search(r"v?(\d+\.\d+\.\d+\S*)", text)
    return match[1] if match else "unknown"


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else platform.machine()
