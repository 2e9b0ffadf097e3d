"""Pins that are behind: how much older a pinned release is than the newest one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from careen.audit.finding import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from careen.engine.package_index import IndexFile
    from careen.requirements.lock import Lock, Pin

CHECK = "releases"


def findings(
    path: str,
    pins: Iterable[Pin],
    index: Mapping[str, Sequence[IndexFile] | str],
    max_age_days: float,
    *,
    python: str = "",
    held: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Give the pins that are older than their newest release.

    Args:
        path: of the lock, as it is shown.
        pins: of it.
        index: the files of each distribution, by name; a text where it could not be asked.
        max_age_days: by how much a pin may be older than the newest release.
        python: that the lock is for, such as 3.13: releases that do not want it do not count.
        held: reasons why a distribution stays behind, by name.
    """
    unasked = "it was not asked for"
    reasons: dict[str, str] = {canonicalize_name(name): why for name, why in (held or {}).items()}
    found = []
    for pin in pins:
        known = index.get(pin.name, unasked)
        one = _pin(f"{path}:{pin.line}", pin, known, max_age_days, python)
        reason = reasons.get(pin.name, "")
        if one is not None and one.status != "unknown" and reason:
            one = replace(one, status="note", message=f"{one.message}: {reason}", advice="")
        found += [one] if one is not None else []
    return found


def unheld(
    held: Iterable[str], locks: Iterable[Lock], index: Mapping[str, Sequence[IndexFile] | str]
) -> list[Finding]:
    """Give the names in *held* that stay behind in no lock.

    Args:
        held: names.
        locks: all of the project.
        index: see `findings`.
    """
    unasked = "it was not asked for"
    behind = {
        pin.name
        for lock in locks
        for pin in lock.pins
        if _pin("", pin, index.get(pin.name, unasked), 0, lock.python) is not None
    }
    return [
        Finding(
            CHECK,
            "fault",
            "pyproject.toml",
            f"[tool.careen.audit] held names {name}, which is not behind, or in no lock",
            "take it out",
        )
        for name in sorted(held)
        if canonicalize_name(name) not in behind
    ]


def _pin(
    where: str, pin: Pin, known: Sequence[IndexFile] | str, max_age_days: float, python: str
) -> Finding | None:
    if isinstance(known, str):
        return Finding(CHECK, "unknown", where, f"{pin.name}: {known}", "run it again later")
    dates = _released(known)
    pinned = Version(pin.version)
    if pinned not in dates:
        said = f"no index that is configured has {pin.name} {pin.version}"
        return Finding(CHECK, "unknown", where, said, "is an index missing in pip's configuration?")
    fitting = _released([file for file in known if _wants(file.requires_python, python)])
    stable = [version for version in fitting if not version.is_prerelease or pinned.is_prerelease]
    newest = max(stable, default=pinned)
    if newest <= pinned:
        return None
    old, new = dates[pinned], dates[newest]
    if old is None or new is None:
        said = f"{pin.name} {pinned} is behind {newest}; the index does not say since when"
        return Finding(CHECK, "note", where, said, f"invoke compile --upgrade-package {pin.name}")
    days = max((new - old).days, 0)
    said = f"{pin.name} {pinned} is {days} days older than {newest}"
    status: Status = "fault" if days > max_age_days else "note"
    return Finding(CHECK, status, where, said, f"invoke compile --upgrade-package {pin.name}")


def _released(known: Sequence[IndexFile]) -> dict[Version, datetime | None]:
    """Give the day of each release that was not withdrawn: that of its first file."""
    dates: dict[Version, list[datetime]] = defaultdict(list)
    for file in known:
        version = _version(file.name)
        if version is not None and not file.yanked:
            dates[version] += [datetime.fromisoformat(file.uploaded)] if file.uploaded else []
    return {version: min(found, default=None) for version, found in dates.items()}


def _wants(requires_python: str, python: str) -> bool:
    try:
        return not python or SpecifierSet(requires_python).contains(f"{python}.99")
    except InvalidSpecifier:
        return True


def _version(name: str) -> Version | None:
    try:
        if name.endswith(".whl"):
            return parse_wheel_filename(name)[1]
        return parse_sdist_filename(name)[1]
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None
