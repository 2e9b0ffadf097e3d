"""Says where a service listens in its container, for one that does not answer where it should."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from careen.errors import CareenError

if TYPE_CHECKING:
    from careen.engine.containers import Container

_LISTEN = "0A"
# sl, local_address, rem_address, st; see proc_net(5) and the kernel's tcp_states.h.
_ROW = re.compile(r"\s*\d+: ([0-9A-F]{8,32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) ")
_LOOPBACK = frozenset({"0100007F", "00000000000000000000000001000000"})
_SCRIPT = (
    "for name in ('tcp', 'tcp6'):\n"
    "    try: print(open('/proc/net/' + name).read())\n"
    "    except OSError: pass"
)


def listening(text: str) -> list[tuple[int, bool]]:
    """Give (port, whether on loopback alone) of the listening sockets of /proc/net/tcp and tcp6.

    >>> listening("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000")
    [(8080, True)]
    """
    found: dict[int, bool] = {}
    for row in map(_ROW.match, text.splitlines()):
        if row and row[3] == _LISTEN:
            port = int(row[2], 16)
            found[port] = found.get(port, True) and row[1] in _LOOPBACK
    return sorted(found.items())


def diagnosis(container: Container, python: str, port: int | None) -> str:
    """Say where the service of a running container listens instead."""
    text = _table(container, python)
    if text is None:
        return "where it listens cannot be told without a Python in the image"
    # Docker's own resolver listens on loopback in user networks, on ports above these.
    found = listening(text)
    if not found:
        return "it listens on no port"
    if (port, True) in found:
        return f"it listens on 127.0.0.1:{port}, which no other host reaches: bind 0.0.0.0"
    names = ", ".join(f"127.0.0.1:{one}" if local else str(one) for one, local in found)
    return f"it listens on port {names}"


def _table(container: Container, python: str) -> str | None:
    try:
        if python:
            done = container.exec([python, "-c", _SCRIPT], timeout_seconds=10)
            if done.exit_code == 0:
                return done.output
        pid = container.state["Pid"]
        folder = Path(f"/proc/{pid}/net")
        return "".join((folder / name).read_text() for name in ("tcp", "tcp6"))
    except (CareenError, OSError):
        return None
