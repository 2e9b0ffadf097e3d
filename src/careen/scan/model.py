"""What scanners say, in one form: packages, vulnerabilities, secrets, what was not seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from careen.image.weigh.distributions import normalised

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from careen.image.model import Image

Kind = Literal["deb", "apk", "python", "npm", "binary", "other"]
Severity = Literal["CRITICAL", "HIGH", "MEDIUM", "LOW", "NEGLIGIBLE", "UNKNOWN"]
Status = Literal["ran", "unknown", "failed", "skipped"]
Place = Literal["file", "environment", "history", "label", "command"]

# From the gravest on. What nobody rated may be anything: it stands after what is rated low, and
# a policy names it by itself where it is to fail.
SEVERITIES: tuple[Severity, ...] = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "NEGLIGIBLE", "UNKNOWN")


@dataclass(frozen=True)
class Package:
    """A package that is installed in an image.

    Attributes:
        kind: of its manager; `binary` is a program that none knows, such as a compiled Python.
        name: as the manager has it.
        version: likewise.
        architecture: of a deb or an apk, "" elsewhere.
        path: of its metadata in the image, without a leading `/`; "" where nobody says it.
        source: the source package's name of a deb or apk; "" where it is the same or unknown.
        source_version: likewise.
    """

    kind: Kind
    name: str
    version: str
    architecture: str = ""
    path: str = ""
    source: str = ""
    source_version: str = ""

    @property
    def key(self) -> tuple[Kind, str, str]:
        """What two scanners mean when they mean the same package: kind, name and version."""
        name = normalised(self.name) if self.kind == "python" else self.name.lower()
        return self.kind, name, self.version


@dataclass(frozen=True)
class Vulnerability:
    """What one scanner says of one package.

    Attributes:
        id: as the scanner names it: CVE-2024-1, GHSA-..., PYSEC-..., DSA-...; a pending update
            of a security suite that names none is `debian-security:SOURCE@VERSION`.
        aliases: other ids of the same.
        package: where it is.
        severity: as this scanner rates it.
        fixed_version: the first that does not have it; "" where there is none, or none is known.
        title: one line.
        url: to read more.
    """

    id: str
    package: Package
    severity: Severity
    fixed_version: str = ""
    aliases: tuple[str, ...] = ()
    title: str = ""
    url: str = ""


@dataclass(frozen=True)
class Secret:
    """A secret that anyone who has the image can read. What it is stands nowhere in here.

    Attributes:
        rule: such as `aws-access-key-id`.
        title: in words.
        place: where it stands.
        path: of the file without a leading `/`; the name of a variable or label; "" in a command.
        line: of the file, from 1; None where it means the whole.
        layer: its number from 1, the base's first; None for the configuration.
        diff_id: of that layer, "" where nobody says it.
        instruction: that made the layer, or that it stands in; redacted.
        removed: whether an upper layer removed or overwrote the file.
        masked: the first letters and the length, such as `AKIA... (20 characters)`.
    """

    rule: str
    title: str
    place: Place
    path: str = ""
    line: int | None = None
    layer: int | None = None
    diff_id: str = ""
    instruction: str = ""
    removed: bool = False
    masked: str = ""


@dataclass(frozen=True)
class Misconfiguration:
    """What a scanner has against the image's configuration or a file in it."""

    id: str
    severity: Severity
    title: str
    path: str = ""
    line: int | None = None
    advice: str = ""


@dataclass(frozen=True)
class License:
    """A licence that a scanner saw; *severity* is the scanner's own classes of licences."""

    name: str
    severity: Severity
    package: str = ""
    path: str = ""


@dataclass(frozen=True)
class Database:
    """What a scanner looks vulnerabilities up in.

    Attributes:
        updated: when it was made, in UTC; None where nobody says it.
        origin: its folder, or the service that was asked.
    """

    updated: datetime | None
    origin: str


@dataclass(frozen=True)
class ScannerReport:
    """What one scanner did with one image.

    Attributes:
        scanner: its name in `[tool.careen.scan] scanners`.
        status: `ran`: it looked, and could know; `unknown`: it looked, but its database is
            missing, too old or was not reached, so that what it did not find says nothing;
            `failed`: it crashed, took too long, or nobody understands what it printed;
            `skipped`: it cannot be had here, or wants a login.
        reason: of all but `ran`; may be several lines.
        version: its own, "" where it could not be asked.
        database: None where it needs none.
        covers: kinds of packages whose vulnerabilities it knows, where it could know.
        blind_to: what it cannot see in any image, a sentence each.
        packages: the inventory that it saw; None where it gives none.
        seconds: its run time, wall clock.
    """

    scanner: str
    status: Status
    reason: str = ""
    version: str = ""
    database: Database | None = None
    covers: frozenset[Kind] = frozenset()
    blind_to: tuple[str, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] = ()
    secrets: tuple[Secret, ...] = ()
    misconfigurations: tuple[Misconfiguration, ...] = ()
    licenses: tuple[License, ...] = ()
    packages: tuple[Package, ...] | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Target:
    """An image to be scanned.

    Attributes:
        name: what people call it: a variant's tag, a path.
        archive: a `docker save` archive or an OCI layout that every scanner reads.
        layout: which of both.
        image: the same, as careen reads it.
        base: the image that it stands on, None where nobody knows.
        sbom: the folder that SBOMs are written to, None for none.
    """

    name: str
    archive: Path
    layout: Literal["docker-archive", "oci-archive", "oci-layout"]
    image: Image
    base: Image | None = None
    sbom: Path | None = None


@dataclass(frozen=True)
class How:
    """How scanners run.

    Attributes:
        databases: the folder that holds one folder per scanner with a database.
        now: in UTC; ages are counted to it.
        offline: fetch nothing.
        timeout_seconds: of each scanner and image.
        max_age_days: of a database; beyond it what was not found is unknown.
        say: told what takes long.
    """

    databases: Path
    now: datetime
    offline: bool = False
    timeout_seconds: float = 300.0
    max_age_days: float = 7.0
    say: Callable[[str], None] = field(default=lambda _: None)


class Scanner(Protocol):
    """One way to look into an image."""

    @property
    def name(self) -> str:
        """As `[tool.careen.scan] scanners` has it."""
        ...

    def scan(self, target: Target, how: How) -> ScannerReport:
        """Look into an image; whatever goes wrong is in the report's status and reason."""
        ...

    def update(self, how: How) -> str:
        """Fetch the newest database; give one line on what is there now.

        Raises:
            CareenError: it cannot be had; there is nothing to fetch.
        """
        ...


@dataclass(frozen=True)
class Origin:
    """What brought a package into an image.

    Attributes:
        layer: its number from 1; None where nobody knows.
        diff_id: of it, "" where nobody says it.
        instruction: of the history, redacted; "" where the history does not fit.
        in_base: whether the layer is one of the base; None where the base is not known.
    """

    layer: int | None = None
    diff_id: str = ""
    instruction: str = ""
    in_base: bool | None = None


@dataclass(frozen=True)
class Installed:
    """A package of our own inventory: read from the image by careen, and where it came from."""

    package: Package
    origin: Origin


@dataclass(frozen=True)
class Finding:
    """One vulnerability in one package, whoever saw it.

    Attributes:
        id: the CVE where there is one, else the first scanner's id.
        aliases: all other ids.
        package: name, version and where it is.
        severity: the gravest that a scanner gives.
        severities: of each scanner that saw it, by its name.
        fixed_version: the lowest that has it no more, of those that were named; "" for none.
        origin: the layer and the instruction that brought the package in.
        title: one line.
        url: to read more.
    """

    id: str
    package: Package
    severity: Severity
    severities: tuple[tuple[str, Severity], ...]
    aliases: tuple[str, ...] = ()
    fixed_version: str = ""
    origin: Origin = field(default_factory=Origin)
    title: str = ""
    url: str = ""

    @property
    def scanners(self) -> tuple[str, ...]:
        """The scanners that saw it."""
        return tuple(name for name, _ in self.severities)
