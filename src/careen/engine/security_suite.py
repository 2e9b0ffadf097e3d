"""The security suite of a Debian release: fetched and verified by apt, kept in a folder.

The folder may be carried into a network without mirrors: what was verified when it was fetched is
read there as it is.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from careen.engine.apt import PrivateApt, Source, is_available, read_host
from careen.engine.paths import locked, write_atomically
from careen.engine.temporary import temporary_folder
from careen.errors import EngineError, ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SCHEMA_VERSION = 1
_COMPONENTS = ("main", "contrib", "non-free", "non-free-firmware")
_NAME = re.compile(r"[a-z][a-z0-9]*")
_GONE = re.compile(r"does not have a Release file|\b404\b")
# A lock of the kernel's is one file handle's: threads wait for this one first.
_FETCHING = threading.Lock()


@dataclass(frozen=True)
class SuitePackage:
    """A package of the suite: the newest version that it has.

    Attributes:
        name: of the binary package.
        version: likewise.
        architecture: likewise; `all` where it is of none.
        source: the source package's name.
        source_version: likewise.
    """

    name: str
    version: str
    architecture: str
    source: str
    source_version: str


@dataclass(frozen=True)
class Suite:
    """A security suite as it was on a day.

    Attributes:
        name: such as trixie-security.
        architecture: as Debian names it.
        date: when its Release file was made.
        valid_until: until when that file is to be believed; None for ever.
        fetched: when it was fetched.
        packages: one row each, in the list's order.
    """

    name: str
    architecture: str
    date: datetime
    valid_until: datetime | None
    fetched: datetime
    packages: tuple[SuitePackage, ...]


def read_suite(folder: Path, codename: str, architecture: str) -> Suite | None:
    """Give what is kept of a release's security suite; None where nothing whole is there."""
    try:
        data = json.loads(_path(folder, codename, architecture).read_bytes())
        if data["schema_version"] != _SCHEMA_VERSION:
            return None
        return Suite(
            str(data["name"]),
            str(data["architecture"]),
            datetime.fromisoformat(data["date"]),
            datetime.fromisoformat(data["valid_until"]) if data["valid_until"] else None,
            datetime.fromisoformat(data["fetched"]),
            tuple(SuitePackage(*map(str, row)) for row in data["packages"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def fetch_suite(
    folder: Path,
    codename: str,
    architecture: str,
    *,
    fresh: Callable[[Suite], bool] = lambda _: False,
) -> Suite:
    """Fetch a release's security suite, and keep it.

    Several scans, also of several processes, fetch it one after the other.

    Args:
        folder: that it is kept in.
        codename: of the Debian release, such as trixie.
        architecture: as Debian names it.
        fresh: whether what another scan has fetched meanwhile is taken as it is.

    Raises:
        EngineError: this machine has no apt, or no archive of Debian in its sources; the mirror
            cannot be reached, has no such suite, or a signature does not hold.
    """
    if not _NAME.fullmatch(codename) or not _NAME.fullmatch(architecture):
        raise EngineError(f"{codename!r} for {architecture!r} is no release of Debian")
    if not is_available():
        raise EngineError("this machine has no apt to fetch and verify Debian's lists with")
    host = read_host()
    if host.distribution != "debian":
        raise EngineError(
            f"the apt sources of this machine are {host.distribution}'s, not Debian's"
        )
    name = f"{codename}-security"
    mirror = host.security_mirror
    if mirror == host.mirror and not mirror.endswith("-security"):
        mirror += "-security"  # as every mirror has it, beside the archive
    source = Source(mirror, name, _COMPONENTS, host.keyring, architecture)
    with _FETCHING, locked(folder / ".lock"), temporary_folder("scan") as work:
        kept = read_suite(folder, codename, architecture)
        if kept is not None and fresh(kept):
            return kept
        apt = PrivateApt(work, [source])
        _update(apt, name)
        suite = _read_lists(apt.lists, name, architecture)
        _write(suite, _path(folder, codename, architecture))
    return suite


def _update(apt: PrivateApt, name: str) -> None:
    try:
        apt.update()
    except ProcessError as error:
        if not _GONE.search(error.stderr):
            raise
        raise EngineError(
            f"there is no {name}: the release is past its end of life, or this machine's mirror "
            "does not carry it",
            hint="build the image on a release that Debian still supports",
        ) from error


def _path(folder: Path, codename: str, architecture: str) -> Path:
    return folder / f"{codename}-{architecture}.json"


def _write(suite: Suite, path: Path) -> None:
    data: dict[str, Any] = {
        "schema_version": _SCHEMA_VERSION,
        "name": suite.name,
        "architecture": suite.architecture,
        "date": suite.date.isoformat(),
        "valid_until": suite.valid_until.isoformat() if suite.valid_until else None,
        "fetched": suite.fetched.isoformat(),
        "packages": [list(asdict(one).values()) for one in suite.packages],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(data).encode())


def _read_lists(folder: Path, name: str, architecture: str) -> Suite:
    releases = [*folder.glob("*InRelease"), *folder.glob("*_Release")]
    if not releases:
        raise EngineError(f"apt has fetched no Release file of {name}")
    fields = next(parse_stanzas(_after_armour(releases[0].read_text(encoding="utf-8"))), {})
    packages = [
        suite_package(stanza)
        for path in sorted(folder.glob("*_Packages"))
        for stanza in parse_stanzas(path.read_text(encoding="utf-8"))
        if stanza.get("Package") and stanza.get("Version")
    ]
    if "Date" not in fields or not packages:
        raise EngineError(f"what apt has fetched of {name} has no date, or no packages")
    until = fields.get("Valid-Until")
    return Suite(
        name,
        architecture,
        _moment(fields["Date"]),
        _moment(until) if until else None,
        datetime.now(UTC),
        tuple(packages),
    )


def suite_package(stanza: dict[str, str]) -> SuitePackage:
    """Read a stanza of a Packages file, see deb822(5) and deb-control(5)."""
    source, _, version = stanza.get("Source", stanza["Package"]).partition("(")
    return SuitePackage(
        stanza["Package"],
        stanza["Version"],
        stanza.get("Architecture", ""),
        source.strip(),
        version.strip(" )") or stanza["Version"],
    )


def parse_stanzas(text: str) -> Iterator[dict[str, str]]:
    r"""Read stanzas of deb822(5); of a field that goes on, its first line.

    >>> list(parse_stanzas("Package: a\\nVersion: 1\\n more\\n\\nPackage: b\\n"))
    [{'Package': 'a', 'Version': '1'}, {'Package': 'b'}]
    """
    fields: dict[str, str] = {}
    for line in [*text.splitlines(), ""]:
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif not line.startswith((" ", "\t")):
            key, colon, value = line.partition(":")
            if colon:
                fields.setdefault(key, value.strip())


def _after_armour(text: str) -> str:
    """Give what is signed: it stands after the armour's head and the blank line behind it."""
    if not text.startswith("-----BEGIN PGP SIGNED MESSAGE-----"):
        return text
    return text.partition("\n\n")[2].partition("\n-----BEGIN PGP SIGNATURE-----")[0]


def _moment(text: str) -> datetime:
    return parsedate_to_datetime(text.replace("UTC", "+0000")).astimezone(UTC)
