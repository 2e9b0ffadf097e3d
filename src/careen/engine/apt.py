"""Distribution packages, fetched and verified by apt in a private folder; the host's stay as is."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careen.engine.process import run
from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYRINGS = Path("/usr/share/keyrings")
OFFLINE_HINT = "is the package mirror of this machine's apt sources reachable?"


@dataclass(frozen=True)
class Source:
    """One line of an apt sources list: a suite of a mirror, and the key that signs it.

    Attributes:
        mirror: its address.
        suite: such as trixie-security.
        components: such as main.
        keyring: the file of the keys.
        architecture: as Debian names it; "" is the machine's own.
    """

    mirror: str
    suite: str
    components: tuple[str, ...]
    keyring: Path
    architecture: str = ""

    def line(self) -> str:
        """Give the one-line form of sources.list(5)."""
        only = f"arch={self.architecture} " if self.architecture else ""
        options = f"[{only}signed-by={self.keyring}]"
        return f"deb {options} {self.mirror} {self.suite} {' '.join(self.components)}"


@dataclass(frozen=True)
class Host:
    """What /etc/os-release and the apt sources of this machine say.

    Attributes:
        distribution: `debian` or `ubuntu`, the ID of os-release(5).
        codename: its VERSION_CODENAME, such as `bookworm`.
        mirror: the address of the distribution's archive, from the host's own sources.
        security_mirror: the address of its security archive, or the same mirror.
    """

    distribution: str
    codename: str
    mirror: str
    security_mirror: str

    @property
    def keyring(self) -> Path:
        """The archive keyring that apt verifies signatures with."""
        return KEYRINGS / f"{self.distribution}-archive-keyring.gpg"


def read_host(root: Path = Path("/")) -> Host:
    """Read the distribution and its mirrors from a machine's files.

    Raises:
        EngineError: the machine has no apt, or its sources name no archive.
    """
    release = _os_release(root / "etc/os-release")
    distribution = release.get("ID", "unknown")
    codename = release.get("VERSION_CODENAME", "")
    if distribution not in {"debian", "ubuntu"} or not codename:
        raise EngineError(
            f"the embedded engine is made of Debian's or Ubuntu's packages; this is {distribution}",
            hint="install Docker Engine and its buildx plugin, then run the command again",
        )
    entries = [entry for path in _source_files(root) for entry in parse_sources(path.read_text())]
    main = [mirror for mirror, suite in entries if suite.partition("-")[0] == codename]
    security = [mirror for mirror, suite in entries if suite == f"{codename}-security"]
    plain = [mirror for mirror, suite in entries if suite == codename] or main
    if not plain:
        raise EngineError(
            f"the apt sources of this machine name no archive of {distribution} {codename}",
            hint="see /etc/apt/sources.list and /etc/apt/sources.list.d",
        )
    return Host(distribution, codename, plain[0], (security or plain)[0])


def parse_sources(text: str) -> list[tuple[str, str]]:
    """Give (mirror, suite) of every binary source in either form of sources.list(5).

    >>> parse_sources("deb [arch=amd64] http://mirror/debian trixie main")
    [('http://mirror/debian', 'trixie')]
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found: list[tuple[str, str]] = []
    for line in lines:
        one_line = re.match(r"deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)", line.strip())
        if one_line:
            found.append((one_line[1].rstrip("/"), one_line[2]))
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        # A field goes on in the lines that begin with a blank; its name has no case.
        whole = re.sub(r"\n[ \t]+", " ", stanza)
        pairs = re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", whole, re.MULTILINE)
        fields = {key.title(): value for key, value in pairs}
        if "deb" in fields.get("Types", "").split() and _enabled(fields.get("Enabled", "yes")):
            found += [
                (mirror.rstrip("/"), suite)
                for mirror in fields.get("Uris", "").split()
                for suite in fields.get("Suites", "").split()
            ]
    return found


def _enabled(value: str) -> bool:
    # The words of apt's StringToBool.
    return value.strip().lower() not in {"no", "false", "without", "off", "disable", "0"}


class PrivateApt:
    """An apt of our own: its lists, cache and configuration stand in one folder."""

    def __init__(self, folder: Path, sources: Sequence[Source]) -> None:
        self._folder = folder
        self._sources = tuple(sources)

    @property
    def configuration(self) -> Path:
        """The file for APT_CONFIG."""
        return self._folder / "apt.conf"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make apt programs use this folder and speak English."""
        return {
            "APT_CONFIG": str(self.configuration),
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
        }

    def update(self) -> None:
        """Fetch and verify the package lists.

        Raises:
            ProcessError: the mirror cannot be reached, or a signature does not hold.
        """
        for source in self._sources:
            if not source.keyring.exists():
                raise EngineError(
                    f"{source.keyring} is missing: packages of {source.suite} cannot be verified",
                    hint="install the archive keyring package of that distribution",
                )
        self._write_configuration()
        run(
            ["apt-get", "-q", "update", "-o", "APT::Update::Error-Mode=any"],
            env=self.environment,
            timeout_seconds=180,
            hint=OFFLINE_HINT,
        )

    @property
    def lists(self) -> Path:
        """The folder of the verified package lists, named as apt names them."""
        return self._folder / "state/lists"

    def download(self, packages: Sequence[str], into: Path) -> list[Path]:
        """Download packages (`name` or `name/suite`) and give their files, sorted by name.

        No dependency is resolved: the list is what is meant.

        Raises:
            ProcessError: a package is unknown, unreachable or not what the signed list says.
        """
        into.mkdir(parents=True, exist_ok=True)
        run(
            ["apt-get", "-q", "download", *packages],
            env=self.environment,
            cwd=into,
            timeout_seconds=600,
            hint=OFFLINE_HINT,
        )
        return sorted(into.glob("*.deb"))

    def closure(self, packages: Sequence[str]) -> list[str]:
        """Give the names of packages and all that they depend on, as apt would install them."""
        done = run(
            ["apt-get", "-q", "-s", "install", "--no-install-recommends", *packages],
            env=self.environment,
        )
        return sorted(re.findall(r"^Inst (\S+)", done.stdout, re.MULTILINE))

    def _write_configuration(self) -> None:
        for name in ("state/lists/partial", "cache/archives/partial", "etc"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "status").touch()
        sources = "".join(f"{source.line()}\n" for source in self._sources)
        (self._folder / "sources.list").write_text(sources)
        self.configuration.write_text(_configuration(self._folder))


def unpack(package: Path, into: Path) -> None:
    """Unpack a .deb's files below a folder; no script of it is run."""
    into.mkdir(parents=True, exist_ok=True)
    run(["dpkg-deb", "-x", package, into])


def is_available() -> bool:
    """Tell whether this machine has apt and dpkg-deb."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))


def _configuration(folder: Path) -> str:
    # Everything of the host's apt is left out except its network settings (proxies, CA files).
    lines = [
        f'Dir "{folder}";',
        f'Dir::State "{folder}/state";',
        f'Dir::State::status "{folder}/status";',
        f'Dir::Cache "{folder}/cache";',
        f'Dir::Etc "{folder}/etc";',
        f'Dir::Etc::sourcelist "{folder}/sources.list";',
        'Dir::Etc::sourceparts "/dev/null";',
        'Dir::Etc::parts "/dev/null";',
        'Dir::Log "/dev/null";',
        'APT::Install-Recommends "false";',
        # The private folder may stand where the _apt user cannot go, such as /root.
        'APT::Sandbox::User "root";',
        'Acquire::Languages "none";',
        'Acquire::Retries "3";',
        'Acquire::http::Timeout "30";',
        'Acquire::https::Timeout "30";',
    ]
    for scheme in ("http", "https"):
        proxy = os.environ.get(f"{scheme}_proxy")
        lines += [f'Acquire::{scheme}::Proxy "{proxy}";'] if proxy else []
    done = run(["apt-config", "dump", "Acquire"], check=False)
    lines += re.findall(r"^Acquire::https?::\S*(?:Proxy|CaInfo)\S* .*;$", done.stdout, re.MULTILINE)
    lines += re.findall(r"^Acquire::Check-(?:Valid-Until|Date) .*;$", done.stdout, re.MULTILINE)
    return "\n".join(lines) + "\n"


def _os_release(path: Path) -> dict[str, str]:
    try:
        text = path.read_text()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value.strip().strip("\"'") for key, value in pairs}


def _source_files(root: Path) -> list[Path]:
    folder = root / "etc/apt/sources.list.d"
    files = [root / "etc/apt/sources.list", *sorted(folder.glob("*.list"))]
    files += sorted(folder.glob("*.sources"))
    return [path for path in files if path.is_file()]
