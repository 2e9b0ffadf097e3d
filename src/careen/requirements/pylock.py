"""A lock as pylock.toml, which installers of any kind read.

Source: PEP 751 and the specification "pylock.toml" of packaging.python.org, version 1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w
from packaging.markers import Marker
from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from careen.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from careen.engine.package_index import IndexFile
    from careen.requirements.lock import Lock, Pin


def pylock(lock: Lock, index: Mapping[str, Sequence[IndexFile] | str], name: str) -> str:
    """Give the text of a pylock.toml.

    Only files whose hash the lock has are in it: those that pip would take.

    Args:
        lock: the pins.
        index: the files of each distribution, by name; a text where it could not be asked.
        name: of the lock, for errors.

    Raises:
        EngineError: of a pin no file is known, or one of them is on this machine alone.
    """
    made = Pylock(
        lock_version=Version("1.0"),
        created_by="careen",
        packages=[
            _package(pin, index.get(pin.name, "it was not asked for"), name) for pin in lock.pins
        ],
    )
    made.validate()
    return tomli_w.dumps(dict(made.to_dict()))


def check_name(name: str) -> None:
    """See that a file's name is the one that installers look for.

    Raises:
        UsageError: it is not.
    """
    if name != "pylock.toml":
        raise UsageError(f"{name}: such a lock is named pylock.toml", hint="--export pylock.toml")


def _package(pin: Pin, known: Sequence[IndexFile] | str, name: str) -> Package:
    if isinstance(known, str):
        raise EngineError(f"{name}:{pin.line}: {pin.name}=={pin.version}: {known}")
    files = [file for file in known if f"sha256:{file.sha256}" in pin.hashes]
    remote = [file for file in files if file.url.startswith(("https://", "http://"))]
    if not remote:
        where = "on this machine alone" if files else "known to no index that is configured"
        raise EngineError(f"{name}:{pin.line}: the files of {pin.name}=={pin.version} are {where}")
    wheels = [PackageWheel(**_file(file)) for file in remote if file.is_wheel]
    sdist = next((file for file in remote if not file.is_wheel), None)
    return Package(
        name=canonicalize_name(pin.name),
        version=Version(pin.version),
        marker=Marker(pin.marker) if pin.marker else None,
        requires_python=_specifier(remote[0].requires_python),
        sdist=PackageSdist(**_file(sdist)) if sdist else None,
        wheels=sorted(wheels, key=lambda wheel: wheel.name or "") or None,
    )


def _file(file: IndexFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "url": file.url,
        "size": file.size,
        "hashes": {"sha256": file.sha256},
    }


def _specifier(text: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(text) if text else None
    except InvalidSpecifier:
        return None
