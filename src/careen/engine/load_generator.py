"""Sends a bounded load with locust, in a process of its own."""

from __future__ import annotations

import json
import shutil
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.engine.process import run
from careen.engine.temporary import temporary_folder
from careen.errors import EngineError, ProcessError

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING = "locust is not in this environment: pip install careen[load]"
_RAN = {0, 1}  # 1: an answer was none of those that were wanted
_MARGIN_SECONDS = 60.0
_USER = Path(__file__).with_name("locust_user.py")


def find_locust() -> Path | None:
    """Give the program of this environment, None where there is none."""
    found = shutil.which("locust", path=sysconfig.get_path("scripts"))
    return Path(found) if found else None


def send_load(
    base_url: str, requests: Sequence[dict[str, Any]], *, clients: int, seconds: float
) -> str:
    """Send requests for some time, and give the statistics in the form of locust's JSON.

    Args:
        base_url: of the service.
        requests: each with name, method, path, headers, body_base64, status and timeout_seconds.
        clients: at the same time; each waits for its answers.
        seconds: how long, in whole seconds: locust takes no others.

    Raises:
        EngineError: locust is not there.
        ProcessError: it does not run, or does not end.
    """
    program = find_locust()
    if program is None:
        raise EngineError(MISSING)
    with temporary_folder("validate") as folder:
        wanted, times = folder / "requests.json", folder / "times.json"
        wanted.write_text(json.dumps(list(requests)))
        done = run(
            [
                *(program, "--locustfile", _USER, "--headless", "--host", base_url),
                *("--users", f"{clients}", "--spawn-rate", f"{clients}"),
                *("--run-time", f"{max(round(seconds), 1)}s", "--stop-timeout", "10"),
                *("--skip-log", "--only-summary"),
            ],
            env={"CAREEN_LOAD": str(wanted), "CAREEN_LOAD_TIMES": str(times)},
            cwd=folder,
            timeout_seconds=seconds + _MARGIN_SECONDS,
            check=False,
        )
        found = times.read_text() if times.is_file() else ""
    if done.returncode not in _RAN or not found:
        raise ProcessError(
            done.argv, done.returncode, stdout=done.stdout, stderr=done.stderr, hint=""
        )
    return found
