"""The shortest list of what to upgrade so that a policy holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from careen.scan.version_order import version_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from careen.scan.model import Finding, Kind

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
        packages: with the version that each needs, for the base: name, version.
    """

    how: How
    package: str
    installed: tuple[str, ...]
    to: str
    ids: tuple[str, ...]
    packages: tuple[tuple[str, str], ...] = ()


def upgrades(failing: Sequence[Finding]) -> tuple[Upgrade, ...]:
    """Give one entry per package, and one alone where all of them came with the base.

    Findings without a fixed version are not in it: `without_fix` has those.
    """
    fixable = [one for one in failing if one.fixed_version]
    groups: dict[tuple[Kind, str], list[Finding]] = defaultdict(list)
    for one in fixable:
        kind, name, _ = one.package.key
        groups[kind, one.package.source or name].append(one)
    single = tuple(_upgrade(kind, name, groups[kind, name]) for kind, name in sorted(groups))
    if len(single) > 1 and all(one.origin.in_base for one in fixable):
        packages = tuple((one.package, one.to) for one in single)
        return (Upgrade("base", "", (), "", _ids(fixable), packages),)
    return single


def without_fix(failing: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give the findings that no version is known to mend."""
    return tuple(one for one in failing if not one.fixed_version)


def _upgrade(kind: Kind, name: str, found: Sequence[Finding]) -> Upgrade:
    to = max((one.fixed_version for one in found), key=lambda one: (version_key(kind, one), one))
    there = {one.package.version for one in found}
    return Upgrade(_HOW.get(kind, "rebuild"), name, tuple(sorted(there)), to, _ids(found))


def _ids(found: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({one.id for one in found}))
