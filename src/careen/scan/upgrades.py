"""The shortest list of what to upgrade so that a policy holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from careen.scan.version_order import version_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from careen.scan.model import Finding, Kind

_BY_SOURCE = frozenset({"deb", "apk"})
How = Literal["base", "apt", "apk", "requirements", "npm", "rebuild"]
_HOW: dict[Kind, How] = {"deb": "apt", "apk": "apk", "python": "requirements", "npm": "npm"}


@dataclass(frozen=True)
class Upgrade:
    """One thing to do.

    Attributes:
        how: `base` is one newer base image for all its packages; `apt` and `apk` an upgrade in
            the Dockerfile; `requirements` a pin; `rebuild` a newer program.
        package: its name, of a deb its source's; "" for the base.
        installed: the versions that are there.
        to: the lowest version that removes all of *ids*; "" for the base.
        ids: the findings that it removes.
        packages: name and version that each needs: those of the base, and those of a source that
            are installed under names of their own.
    """

    how: How
    package: str
    installed: tuple[str, ...]
    to: str
    ids: tuple[str, ...]
    packages: tuple[tuple[str, str], ...] = ()


def upgrades(failing: Sequence[Finding]) -> tuple[Upgrade, ...]:
    """Give one entry per package, and one for all that came with the base, where several did.

    Findings without a fixed version are not in it: `without_fix` has those.
    """
    fixable = [one for one in failing if one.fixed_version]
    groups: dict[tuple[Kind, str], list[Finding]] = defaultdict(list)
    for one in fixable:
        kind, name, _ = one.package.key
        groups[kind, one.package.source or name].append(one)
    based = {key for key, found in groups.items() if all(one.origin.in_base for one in found)}
    if len(based) < 2:  # noqa: PLR2004 - one package is no reason for another base
        based = set()
    single = [_upgrade(*key, groups[key]) for key in sorted(groups.keys() - based)]
    if not based:
        return tuple(single)
    newer = [_upgrade(*key, groups[key]) for key in sorted(based)]
    ids = {id_ for one in newer for id_ in one.ids}
    packages = tuple((one.package, one.to) for one in newer)
    return (Upgrade("base", "", (), "", tuple(sorted(ids)), packages), *single)


def without_fix(failing: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give the findings that no version is known to mend."""
    return tuple(one for one in failing if not one.fixed_version)


def _upgrade(kind: Kind, name: str, found: Sequence[Finding]) -> Upgrade:
    to = max((one.fixed_version for one in found), key=lambda one: (version_key(kind, one), one))
    there = {one.package.version for one in found}
    # A manager installs by these names: it may know none of its source's.
    binaries = sorted({one.package.name for one in found if kind in _BY_SOURCE})
    packages = tuple((one, to) for one in binaries) if binaries not in ([], [name]) else ()
    return Upgrade(_HOW.get(kind, "rebuild"), name, tuple(sorted(there)), to, _ids(found), packages)


def _ids(found: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({one.id for one in found}))
