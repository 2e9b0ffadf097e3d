"""The programs that careen fetches as distribution packages: the engine's, and its helpers'."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from careen.engine import apt
from careen.engine.paths import locked, write_atomically
from careen.errors import EngineMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

# Debian 13's engine needs libc 2.34 only, so it runs on Debian 12 as well; its runc does not.
DEBIAN_SUITE = "trixie"
ENGINE_DEBIAN = (
    "containerd",
    "docker.io",
    "docker-cli",
    "docker-buildx",
    "docker-compose",
    "tini",
)
ENGINE_UBUNTU = ("containerd", "docker.io", "docker-buildx", "docker-compose-v2", "tini")
RUNTIME = ("runc",)
IPTABLES = (
    "iptables",
    "libip4tc2",
    "libip6tc2",
    "libmnl0",
    "libnetfilter-conntrack3",
    "libnfnetlink0",
    "libnftnl11",
    "libxtables12",
)
COMPOSE = {"debian": "docker-compose", "ubuntu": "docker-compose-v2"}
REGISTRY = ("docker-registry",)
MMDEBSTRAP = ("mmdebstrap",)

_WRAPPED = ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save")
_WRAPPER = """\
#!/bin/sh
# Made by careen: runs iptables from an unpacked package, with its own libraries.
LD_LIBRARY_PATH={libraries} XTABLES_LIBDIR={libraries}/xtables exec {program} {name} "$@"
"""


class Toolbox:
    """Programs unpacked from packages below one folder, each set once."""

    def __init__(self, folder: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self.folder = folder
        self._say = say
        self.root = folder / "root"

    @property
    def search_path(self) -> str:
        """The value of PATH that finds these programs before the host's."""
        own = [self.root / part for part in ("wrappers", "usr/sbin", "usr/bin", "sbin", "bin")]
        host = os.environ.get("PATH", "")
        # A user's PATH may lack the folders of system programs.
        return os.pathsep.join([*map(str, own), host, "/usr/sbin", "/sbin", "/usr/bin", "/bin"])

    def which(self, name: str) -> str | None:
        """Give a program's path among these programs and the host's, ours first."""
        return shutil.which(name, path=self.search_path)

    def need_engine(self) -> None:
        """Fetch dockerd, containerd, runc, docker, buildx and compose; iptables if need be."""
        host = apt.read_host()
        engine = ENGINE_DEBIAN if host.distribution == "debian" else ENGINE_UBUNTU
        self._need("engine", engine, RUNTIME)
        if not shutil.which("iptables", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
            self._need("iptables", (), IPTABLES)
            self._wrap_iptables()

    def need_registry(self) -> str:
        """Fetch the registry server and give its path."""
        self._need("registry", REGISTRY, ())
        return str(self.root / "usr/bin/docker-registry")

    def need_compose(self) -> str:
        """Fetch Docker Compose, and give its path: the plugin runs as a program of its own too.

        Raises:
            EngineMissingError: this machine has no apt to fetch it with.
        """
        if not self._compose():
            if not apt.is_available():
                raise EngineMissingError(
                    "there is no Docker Compose here, and no apt to fetch it with",
                    hint="install the compose plugin of Docker, version 2.24.4 or later",
                )
            self._need("compose", (COMPOSE[apt.read_host().distribution],), ())
        return self._compose()

    def _compose(self) -> str:
        found = sorted(self.root.glob("usr/lib*/docker/cli-plugins/docker-compose"))
        return str(found[0]) if found else ""

    def need_mmdebstrap(self) -> str:
        """Give mmdebstrap's path: the host's, or a fetched one."""
        if own := shutil.which("mmdebstrap"):
            return own
        self._need("mmdebstrap", MMDEBSTRAP, ())
        return str(self.root / "usr/bin/mmdebstrap")

    def versions(self) -> dict[str, str]:
        """Give the version of every package that was unpacked here, by its name."""
        found: dict[str, str] = {}
        for marker in sorted(self.folder.glob("*.unpacked.json")):
            found |= json.loads(marker.read_text())
        return found

    def _need(self, name: str, newer: Sequence[str], hosts: Sequence[str]) -> None:
        marker = self.folder / f"{name}.unpacked.json"
        wanted = sorted([*newer, *hosts])
        if marker.exists() and sorted(json.loads(marker.read_text())) == wanted:
            return
        with locked(self.folder / "lock"):
            if marker.exists() and sorted(json.loads(marker.read_text())) == wanted:
                return
            self._say(f"fetching {name}: {', '.join(wanted)}")
            files = self._download(name, newer, hosts)
            for file in files:
                apt.unpack(file, self.root)
            versions = {file.name.split("_")[0]: file.name.split("_")[1] for file in files}
            write_atomically(marker, json.dumps(versions, indent=1).encode())
            shutil.rmtree(self.folder / "downloads", ignore_errors=True)

    def _download(self, name: str, newer: Sequence[str], hosts: Sequence[str]) -> list[Path]:
        host = apt.read_host()
        suite = DEBIAN_SUITE if host.distribution == "debian" else host.codename
        into = self.folder / "downloads" / name
        if newer:
            self.private_apt(host, suite).download(newer, into)
        if hosts:
            self.private_apt(host, host.codename).download(hosts, into)
        return sorted(into.glob("*.deb"))

    def private_apt(self, host: apt.Host, suite: str) -> apt.PrivateApt:
        """Give an updated private apt for one release of the host's distribution."""
        private = apt.PrivateApt(self.folder / "apt" / suite, release_sources(host, suite))
        private.update()
        return private

    def _wrap_iptables(self) -> None:
        folder = self.root / "wrappers"
        folder.mkdir(parents=True, exist_ok=True)
        libraries = next((self.root / "usr/lib").glob("*/xtables")).parent
        program = self.root / "usr/sbin/xtables-nft-multi"
        for name in _WRAPPED:
            text = _WRAPPER.format(libraries=libraries, program=program, name=name)
            write_atomically(folder / name, text.encode())
            (folder / name).chmod(0o755)


def release_sources(host: apt.Host, suite: str) -> list[apt.Source]:
    """Give the sources of a release: its suite, and its security suite, whose versions win."""
    components = ("main", "universe") if host.distribution == "ubuntu" else ("main",)
    suites = (
        (host.mirror, suite),
        (host.mirror, f"{suite}-updates"),
        (host.security_mirror, f"{suite}-security"),
    )
    return [apt.Source(mirror, name, components, host.keyring) for mirror, name in suites]
