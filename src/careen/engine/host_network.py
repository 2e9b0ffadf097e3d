"""What an engine changes in the host's network, and how it is put back."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path

from careen.engine.process import run
from careen.errors import ProcessError

FORWARDING = {
    "ipv4": Path("/proc/sys/net/ipv4/ip_forward"),
    "ipv6": Path("/proc/sys/net/ipv6/conf/all/forwarding"),
}
_DOCKER_CHAIN = re.compile(r"^DOCKER(-[A-Z0-9-]+)?$")


@dataclass(frozen=True)
class HostNetwork:
    """The host's network before an engine started.

    Attributes:
        forwarding: the value of each family's forwarding switch, as read from /proc.
        forward_policy: the filter table's FORWARD policy, or "" where it was not readable.
        bridge: whether a docker0 stood there already, so is not ours to remove.
    """

    forwarding: dict[str, str]
    forward_policy: str
    bridge: bool

    def to_json(self) -> dict[str, object]:
        """Give a form that `HostNetwork(**...)` reads back."""
        return asdict(self)


def read(iptables: str) -> HostNetwork:
    """Read the state that an engine is about to change; *iptables* is the program's path."""
    forwarding = {
        family: path.read_text().strip() for family, path in FORWARDING.items() if path.exists()
    }
    policy = re.search(r"^-P FORWARD (\w+)", _rules(iptables, "filter"), re.MULTILINE)
    bridge = Path("/sys/class/net/docker0").exists()
    return HostNetwork(forwarding, policy[1] if policy else "", bridge)


def put_back(before: HostNetwork, iptables: str) -> None:
    """Remove an engine's bridge and rules once it has ended, and restore the switches."""
    if before.bridge:
        return
    for table in ("filter", "nat"):
        _remove_chains(iptables, table)
    if before.forward_policy:
        run([iptables, "-P", "FORWARD", before.forward_policy], check=False)
    if Path("/sys/class/net/docker0").exists():
        _delete_bridge("docker0")
    for family, value in before.forwarding.items():
        FORWARDING[family].write_text(value)


def engine_rules(listing: str) -> tuple[list[list[str]], list[str]]:
    r"""Split `iptables -S` output into what deletes an engine's rules, and its chains.

    Returns:
        The argument lists of `-D` commands for rules in other chains that lead into or belong
        to the engine's, and the names of the engine's own chains.

    >>> engine_rules("-N DOCKER\\n-A FORWARD -o docker0 -j DOCKER\\n-A INPUT -j ACCEPT")
    ([['-D', 'FORWARD', '-o', 'docker0', '-j', 'DOCKER']], ['DOCKER'])
    """
    chains = [
        words[1]
        for words in map(str.split, listing.splitlines())
        if words[:1] == ["-N"] and _DOCKER_CHAIN.match(words[1])
    ]
    deletions = [
        ["-D", *words[1:]]
        for words in map(str.split, listing.splitlines())
        if words[:1] == ["-A"]
        and words[1] not in chains
        and ("docker0" in words or any(word in chains for word in words))
    ]
    return deletions, chains


def _remove_chains(iptables: str, table: str) -> None:
    deletions, chains = engine_rules(_rules(iptables, table))
    # Masquerading of the default bridge names its addresses, not the bridge.
    for arguments in deletions:
        run([iptables, "-t", table, *arguments], check=False)
    for action in ("-F", "-X"):
        for chain in chains:
            run([iptables, "-t", table, action, chain], check=False)


def _rules(iptables: str, table: str) -> str:
    try:
        return run([iptables, "-t", table, "-S"], check=False, timeout_seconds=20).stdout
    except ProcessError:
        return ""


def _delete_bridge(name: str) -> None:
    """Take a bridge down and remove it, as `ip link delete` does; ip need not be installed."""
    import fcntl  # noqa: PLC0415
    import socket  # noqa: PLC0415
    import struct  # noqa: PLC0415

    # linux/sockios.h: SIOCSIFFLAGS 0x8914 with no flag takes a device down; SIOCBRDELBR 0x89a1.
    request = struct.pack("16sH14s", name.encode(), 0, b"")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, request)
        fcntl.ioctl(control, 0x89A1, name.encode() + b"\0")
