"""What a killed engine leaves behind: its containers' processes and its mounts."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from careen.engine.process import command_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_MNT_DETACH = 2  # sys/mount.h
_POINT = 4  # the mount point's column in a mountinfo file


def end_processes(folders: Sequence[Path]) -> list[int]:
    """Kill the processes that belong to an engine whose files stand in *folders*.

    These are its shims and proxies, whose command line names a folder, and the processes of
    its containers, whose root is mounted from one. Gives their ids.
    """
    ours = [str(folder) for folder in folders]
    found = [
        pid
        for pid in map(int, filter(str.isdigit, [entry.name for entry in Path("/proc").iterdir()]))
        if pid != os.getpid() and (_is_shim(pid, ours) or _runs_in(pid, ours))
    ]
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found


def unmount(folders: Sequence[Path]) -> list[str]:
    """Unmount all that is mounted below *folders*, deepest first; gives the mount points."""
    below = [f"{folder}/" for folder in folders]
    points = [
        point
        for point in mount_points(Path("/proc/self/mountinfo").read_text())
        if any(point.startswith(start) for start in below)
    ]
    libc = ctypes.CDLL(None, use_errno=True)
    for point in sorted(points, key=len, reverse=True):
        libc.umount2(os.fsencode(point), _MNT_DETACH)
    return points


def mount_points(mountinfo: str) -> list[str]:
    r"""Give the mount points of a mountinfo file, see proc_pid_mountinfo(5).

    >>> mount_points("36 35 98:0 / /mnt/a\\040b rw - ext3 /dev/root rw")
    ['/mnt/a b']
    """
    points = [line.split()[_POINT] for line in mountinfo.splitlines() if len(line.split()) > _POINT]
    return [re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), point) for point in points]


def _is_shim(pid: int, ours: list[str]) -> bool:
    words = command_line(pid)
    program = words.split(" ", 1)[0].rpartition("/")[2]
    named = program.startswith(("containerd-shim", "docker-proxy", "runc", "docker-init"))
    return named and any(folder in words for folder in ours)


def _runs_in(pid: int, ours: list[str]) -> bool:
    try:
        lines = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    except OSError:
        return False
    roots = [line for line in lines if line.split()[_POINT : _POINT + 1] == ["/"]]
    return any(folder in line for line in roots for folder in ours)
