"""The operating system's packages of a merged tree: dpkg, distroless's status.d, apk.

Sources: deb-control(5) and dpkg-query(1) for status and lists; distroless's README for status.d;
https://wiki.alpinelinux.org/wiki/Apk_spec for apk's `installed`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.image.weigh.view import View

DEB, APK = "deb", "apk"
_STATUS = "var/lib/dpkg/status"
_INFO = "var/lib/dpkg/info"
_STATUS_FOLDER = "var/lib/dpkg/status.d"
_APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
_SUMS = ".md5sums"
# States of dpkg(1) in which all files of a package are there, whatever its scripts have yet to do.
_UNPACKED = frozenset(
    {"installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"}
)


@dataclass(frozen=True)
class Package:
    """A package of the operating system.

    Attributes:
        name: as the package manager has it.
        version: likewise, "" where it says none.
        architecture: likewise.
        kind: deb or apk.
        paths: of its files, as its list has them: from the root, through any links, folders among
            them. None where the image has no list: what it owns is unknown, not nothing.
        source: the source package that it was built from; "" where it has the same name.
        source_version: likewise, "" where it has the same version.
    """

    name: str
    version: str
    architecture: str
    kind: str
    paths: tuple[str, ...] | None
    source: str = ""
    source_version: str = ""


@dataclass(frozen=True)
class Release:
    """What os-release says: ID, VERSION_ID, PRETTY_NAME, VERSION_CODENAME; "" for the unsaid."""

    name: str
    version: str
    title: str
    codename: str = ""


def packages(view: View) -> list[Package]:
    """Give the installed packages, in the order of the databases; none twice."""
    found: dict[tuple[str, str, str], Package] = {}
    for package in (*_dpkg(view), *_status_folder(view), *_apk(view)):
        key = package.kind, package.name, package.architecture
        known = found.get(key)
        if known is None or known.paths is None:
            found[key] = package
    return list(found.values())


def release(view: View) -> Release | None:
    """Give the operating system's name and version; None where no os-release is.

    >>> release(view)
    Release(name='debian', version='13', title='Debian GNU/Linux 13 (trixie)', codename='trixie')
    """
    for path in _OS_RELEASE:
        data = view.document(path)
        if data is not None:
            fields = dict(_assignments(_text(data)))
            keys = ("ID", "VERSION_ID", "PRETTY_NAME", "VERSION_CODENAME")
            return Release(*(fields.get(key, "") for key in keys))
    return None


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    """Read NAME="value" lines (os-release(5)): what is quoted loses its quotes and backslashes."""
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            yield name, value.replace("\\", "")


def listed_packages(path: str, data: bytes) -> list[Package]:
    """Give the packages that one database lists, without their files; [] for any other file.

    A layer's database says what was installed when the layer was made.

    Args:
        path: of the database in the image.
        data: its contents.
    """
    if path == _STATUS:
        return [_deb(stanza, None) for stanza in _installed(_text(data))]
    if path in _APK:
        return [replace(one, paths=None) for one in _apk_packages(_text(data))]
    if path.startswith(f"{_STATUS_FOLDER}/") and not path.endswith(_SUMS):
        return [_deb(stanza, None) for stanza in _stanzas(_text(data)) if stanza.get("package")]
    return []


def _installed(text: str) -> Iterator[dict[str, str]]:
    for stanza in _stanzas(text):
        # "want flag status": a package on hold is installed too, one with config-files is not.
        state = stanza.get("status", "").split()[-1:]
        if stanza.get("package") and _UNPACKED.issuperset(state) and state:
            yield stanza


def _deb(stanza: dict[str, str], paths: tuple[str, ...] | None) -> Package:
    # deb-control(5), Source: `name` or `name (version)`.
    source, _, version = stanza.get("source", "").partition("(")
    return Package(
        stanza["package"],
        stanza.get("version", ""),
        stanza.get("architecture", ""),
        DEB,
        paths,
        source.strip(),
        version.strip(" )"),
    )


def _dpkg(view: View) -> Iterator[Package]:
    data = view.document(_STATUS)
    for stanza in _installed(_text(data or b"")):
        name, architecture = stanza["package"], stanza.get("architecture", "")
        yield _deb(stanza, _listed(view, f"{_INFO}/{name}", f"{_INFO}/{name}:{architecture}"))


def _listed(view: View, *stems: str) -> tuple[str, ...] | None:
    """Read NAME.list, or NAME:ARCH.list of what may be there for several architectures."""
    for stem in stems:
        data = view.document(f"{stem}.list")
        if data is not None:
            return tuple(filter(None, _text(data).split("\n")))
    for stem in stems:
        data = view.document(stem + _SUMS)
        if data is not None:
            return _summed(data)
    return None


def _summed(data: bytes) -> tuple[str, ...]:
    """Read lines of 32 hexadecimal digits, two spaces and a path from the root."""
    lines = (line.partition("  ") for line in _text(data).split("\n"))
    return tuple(path for _, gap, path in lines if gap)


def _status_folder(view: View) -> Iterator[Package]:
    for name in sorted(view.children(_STATUS_FOLDER) or ()):
        data = None if name.endswith(_SUMS) else view.document(f"{_STATUS_FOLDER}/{name}")
        for stanza in _stanzas(_text(data or b"")):
            if stanza.get("package"):
                sums = view.document(f"{_STATUS_FOLDER}/{name}{_SUMS}")
                yield _deb(stanza, None if sums is None else _summed(sums))


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    """Read stanzas, their fields' names in lower case; continued lines are left out."""
    fields: dict[str, str] = {}
    for line in text.split("\n"):
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif not line.startswith((" ", "\t")):
            name, colon, value = line.partition(":")
            if colon:
                fields.setdefault(name.lower(), value.strip())
    if fields:
        yield fields


def _apk(view: View) -> Iterator[Package]:
    for database in _APK:
        data = view.document(database)
        if data is not None:
            yield from _apk_packages(_text(data))
            return


def _apk_packages(text: str) -> Iterator[Package]:
    """Read `P:name V:version A:architecture`, then `F:folder` with an `R:file` for each file."""
    fields: dict[str, str] = {}
    folder = ""
    paths: list[str] = []
    for line in (*text.split("\n"), ""):
        key, colon, value = line.partition(":")
        if not line.strip():
            if fields.get("P"):
                source = fields.get("o", "")
                yield Package(
                    fields["P"],
                    fields.get("V", ""),
                    fields.get("A", ""),
                    APK,
                    tuple(paths),
                    source if source != fields["P"] else "",
                )
            fields, folder, paths = {}, "", []
        elif colon and key == "F":
            folder = value
        elif colon and key == "R":
            paths.append(f"{folder}/{value}")
        elif colon:
            fields.setdefault(key, value)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
