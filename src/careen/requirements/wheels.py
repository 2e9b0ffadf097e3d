"""Which pins of a lock have a wheel for a target, and which would be compiled there."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from careen import __version__
from careen.errors import UsageError, nearest
from careen.requirements.lock import parse_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from packaging.tags import Tag

    from careen.config.model import Settings
    from careen.engine.package_index import IndexFile
    from careen.requirements.lock import Lock, Pin
    from careen.requirements.targets import Target

Status = Literal["wheel", "compile", "not-needed", "unsupported", "unknown"]


@dataclass(frozen=True)
class Coverage:
    """What one pin means for one target.

    Attributes:
        name: of the distribution.
        version: as it is pinned.
        target: the target's name.
        status: `wheel`; `compile`: there is a source only; `not-needed`: its marker says so;
            `unsupported`: the release does not want this Python; `unknown`: no index that is
            configured has the release, or it could not be asked.
        file: what pip would take, "" for none.
        download_bytes: of that file; None where nobody says it.
        reason: of all but `wheel`.
    """

    name: str
    version: str
    target: str
    status: Status
    file: str = ""
    download_bytes: int | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form: the attributes."""
        return dict(vars(self))


def covered(
    settings: Settings,
    names: Sequence[str],
    targets: Sequence[Target],
    ask: Callable[[Sequence[str]], Mapping[str, Sequence[IndexFile] | str]],
) -> dict[str, Any]:
    """Say what pip would take of each set's lock, for each target.

    Args:
        settings: of the project.
        names: of sets; all of them where it is empty.
        targets: where the locks are to be installed.
        ask: gives the files of distributions, by name.

    Returns:
        The document of `careen wheels --json`.

    Raises:
        UsageError: a set is unknown, or has no lock.
    """
    locks = {name: _lock(settings, name) for name in names or settings.requirements}
    pins = {pin.name for lock in locks.values() for pin in lock.pins}
    index = ask(sorted(pins))
    sets: list[dict[str, Any]] = []
    for name, lock in locks.items():
        found = [one.to_json() for one in coverage(lock, index, targets)]
        path = settings.requirements[name].lock
        sets.append({"name": name, "lock": path, "pins": len(lock.pins), "coverage": found})
    whole = all(
        one["status"] in {"wheel", "not-needed"} for part in sets for one in part["coverage"]
    )
    return {
        "schema_version": 1,
        "careen": __version__,
        "outcome": "passed" if whole else "failed",
        "targets": [target.name for target in targets],
        "sets": sets,
    }


def _lock(settings: Settings, name: str) -> Lock:
    if name not in settings.requirements:
        hint = nearest(name, settings.requirements)
        raise UsageError(f"there is no requirement set {name}", hint=hint)
    path = settings.root / settings.requirements[name].lock
    if not path.is_file():
        raise UsageError(f"requirement set {name} has no {path}", hint="`careen compile` makes it")
    return parse_lock(path.read_text(encoding="utf-8"))


def coverage(
    lock: Lock, index: Mapping[str, Sequence[IndexFile] | str], targets: Iterable[Target]
) -> list[Coverage]:
    """Say of each pin and each target what pip would take.

    Args:
        lock: the pins, with their hashes.
        index: the files of each distribution, by name; a text where it could not be asked.
        targets: where the lock is to be installed.
    """
    needs = build_needs()
    releases = [_release(pin, index.get(pin.name, "it was not asked for")) for pin in lock.pins]
    found = []
    for target in targets:
        tags = target.tags()
        for pin, known in zip(lock.pins, releases, strict=True):
            found.append(_pin(pin, known, target, tags, needs.get(pin.name)))
    return found


def build_needs() -> dict[str, dict[str, Any]]:
    """Give what compiling a distribution needs, by name: see build_needs.toml."""
    text = files("careen.requirements").joinpath("build_needs.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["needs"])


def _release(pin: Pin, known: Sequence[IndexFile] | str) -> Sequence[IndexFile] | str:
    """Give the files that a lock allows, a text where there are none."""
    if isinstance(known, str):
        return known
    hashes = {text.removeprefix("sha256:") for text in pin.hashes}
    allowed = [file for file in known if file.sha256 in hashes]
    if allowed:
        return allowed
    ours = [file for file in known if _is_version(file, pin.version)]
    if not ours:
        return f"no index that is configured has {pin.name} {pin.version}"
    return "the lock has the hash of none of its files" if pin.hashes else ours


def _pin(
    pin: Pin,
    known: Sequence[IndexFile] | str,
    target: Target,
    tags: Mapping[Tag, int],
    needs: Mapping[str, Any] | None,
) -> Coverage:
    def says(status: Status, reason: str = "", file: IndexFile | None = None) -> Coverage:
        size = file.size if file else None
        name = file.name if file else ""
        return Coverage(pin.name, pin.version, target.name, status, name, size, reason)

    if not _is_needed(pin.marker, target):
        return says("not-needed", f"only where {pin.marker}")
    if isinstance(known, str):
        return says("unknown", known)
    fitting = [file for file in known if _wants(file.requires_python, target.python)]
    if not fitting:
        wanted = next((file.requires_python for file in known), "")
        return says("unsupported", f"it wants Python {wanted}")
    ranked = [(rank, file) for file in fitting if (rank := _rank(file, tags)) is not None]
    if ranked:
        return says("wheel", file=min(ranked, key=lambda one: one[0])[1])
    source = next((file for file in fitting if not file.is_wheel), None)
    if source is None:
        return says("unsupported", "it has neither a wheel for it nor a source")
    return says("compile", _needs(needs, target), source)


def _is_needed(marker: str, target: Target) -> bool:
    try:
        return not marker or Marker(marker).evaluate({**target.environment(), "extra": ""})
    except InvalidMarker:
        return True


def _is_version(file: IndexFile, version: str) -> bool:
    try:
        if file.is_wheel:
            return parse_wheel_filename(file.name)[1] == Version(version)
        stem = file.name.removesuffix(".tar.gz").removesuffix(".zip")
        return Version(stem.rpartition("-")[2]) == Version(version)
    except (InvalidVersion, InvalidWheelFilename):
        return False


@cache
def _wants(requires_python: str, python: str) -> bool:
    try:
        return not requires_python or SpecifierSet(requires_python).contains(f"{python}.0")
    except InvalidSpecifier:
        return True


def _rank(file: IndexFile, tags: Mapping[Tag, int]) -> int | None:
    fitting = [tags[tag] for tag in _tags(file.name) if tag in tags] if file.is_wheel else []
    return min(fitting, default=None)


@cache
def _tags(name: str) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(name)[3]
    except InvalidWheelFilename:
        return frozenset()


def _needs(known: Mapping[str, Any] | None, target: Target) -> str:
    if known is None:
        return (
            "source only; what it needs is not known: a compiler and Python's headers, or nothing"
        )
    if known.get("pure"):
        return "source only, in Python alone: nothing to compile"
    packages = known["alpine" if target.libc == "musl" else "debian"]
    return f"needs {', '.join(packages)}"
