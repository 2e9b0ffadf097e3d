"""Checks of what the service writes: logs to its outputs, files to the declared folders alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.contract.checks.judge import judge, named, skipped

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from careen.contract.model import Check
    from careen.engine.containers import Change, Logs

WRITES, LOGS = "writes-outside-tmpfs", "logs-on-outputs"
_LOG = re.compile(r"\.(?:log|out|err)(?:\.\d+)?$|^/var/log/")
# Docker's own files and mount points, which it makes in every container.
_ENGINE = ("/dev", "/proc", "/sys", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf")


def written(changes: Sequence[Change], tmpfs: Collection[str]) -> list[str]:
    """Give the paths that a service wrote outside the declared folders.

    A folder that is changed since something in it is new is left out: what is new says it.
    """
    allowed = [folder.rstrip("/") for folder in (*tmpfs, *_ENGINE)]
    paths = [one.path for one in changes]
    above = {path[:end] for path in paths for end, letter in enumerate(path) if letter == "/"}
    return [
        path
        for path in paths
        if path not in above
        and not path.endswith(".pyc")  # those have a check of their own
        and not path.endswith("/__pycache__")
        and not any(path == folder or path.startswith(f"{folder}/") for folder in allowed)
    ]


def judge_written(changes: Sequence[Change], tmpfs: Collection[str]) -> Check:
    """Tell whether the service wrote where --read-only would not let it."""
    found = written(changes, tmpfs)
    folders = ", ".join(sorted(tmpfs)) or "nowhere"
    return judge(
        WRITES,
        not found,
        expected=f"it writes below {folders} alone",
        measured=named(found),
        reason=f"it writes {named(found)}, outside its tmpfs ({folders})",
        figures={"paths": found},
    )


def judge_logs(logs: Logs, changes: Sequence[Change]) -> Check:
    """Tell whether the service logs to its outputs and to no file."""
    files = [one.path for one in changes if one.kind != "removed" and _LOG.search(one.path)]
    lines = len(logs.stdout) + len(logs.stderr)
    if not files and not lines:
        return skipped(LOGS, "the service logged nothing at all")
    return judge(
        LOGS,
        not files,
        expected="it logs to stdout and stderr",
        measured=f"{lines} lines on its outputs; log files: {named(files)}",
        reason=f"it logs to {named(files)}: a container's logs are what it writes to stdout and "
        "stderr",
        figures={"stdout_lines": len(logs.stdout), "stderr_lines": len(logs.stderr)},
    )
