"""Where a lock will be installed: a Python, a libc and a processor, and the wheels that fit there.

Sources: PEP 425 (tags), PEP 600 (manylinux_x_y), PEP 656 (musllinux), PEP 508 (markers).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.tags import compatible_tags, cpython_tags

from careen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.tags import Tag

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("glibc-amd64", "glibc-arm64", "musl-amd64", "musl-arm64")
# Debian 12 has glibc 2.36, Alpine since 3.12 musl 1.2 (PEP 656 has wheels for 1.1 fit it too).
_GLIBC, _MUSL = (2, 36), (1, 2)
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# The oldest glibc of a processor, and the names that PEP 600 keeps for some.
_OLDEST = {"x86_64": 5, "aarch64": 17}
_NAMED = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_PYTHON = re.compile(r"3\.(\d{1,2})")


@dataclass(frozen=True)
class Target:
    """One kind of image.

    Attributes:
        libc: `glibc` (2.36 and newer) or `musl` (1.2).
        architecture: `amd64` or `arm64`, as platforms of images name it.
        python: such as `3.13`.
    """

    libc: str
    architecture: str
    python: str

    @property
    def name(self) -> str:
        """Such as `glibc-amd64-3.13`."""
        return f"{self.libc}-{self.architecture}-{self.python}"

    @property
    def machine(self) -> str:
        """As the kernel names the processor."""
        return _MACHINES[self.architecture]

    def tags(self) -> dict[Tag, int]:
        """Give the wheel tags that fit, the best one with 0."""
        version = tuple(int(part) for part in self.python.split("."))
        interpreter = f"cp{self.python.replace('.', '')}"
        platforms = self._platforms()
        found = [
            *cpython_tags(version, abis=[interpreter], platforms=platforms),
            *compatible_tags(version, interpreter, platforms),
        ]
        return {tag: rank for rank, tag in reversed(list(enumerate(found)))}

    def environment(self) -> dict[str, str]:
        """Give the variables of markers, see PEP 508; the patch level is taken to be 0."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }

    def _platforms(self) -> list[str]:
        machine = self.machine
        if self.libc == "musl":
            major, newest = _MUSL
            return [f"musllinux_{major}_{minor}_{machine}" for minor in range(newest, -1, -1)]
        major, newest = _GLIBC
        found = [f"linux_{machine}"]
        for minor in range(newest, _OLDEST[machine] - 1, -1):
            found.append(f"manylinux_{major}_{minor}_{machine}")
            found += [f"{_NAMED[minor]}_{machine}"] if minor in _NAMED else []
        return found


def targets(pythons: Iterable[str] = (), platforms: Iterable[str] = ()) -> tuple[Target, ...]:
    """Give the targets that names mean, in their order; all of them where nothing is named.

    Args:
        pythons: such as `3.13`.
        platforms: such as `musl-arm64`, or `musl` or `arm64` for all of that kind.

    Raises:
        UsageError: a name is none of them.

    >>> [target.name for target in targets(["3.13"], ["musl"])]
    ['musl-amd64-3.13', 'musl-arm64-3.13']
    """
    versions = tuple(pythons) or PYTHONS
    for version in versions:
        if not _PYTHON.fullmatch(version):
            raise UsageError(f"{version} is no Python", hint="give minor versions, such as 3.13")
    chosen = _chosen(tuple(platforms))
    return tuple(
        Target(libc, architecture, python)
        for libc, _, architecture in (platform.partition("-") for platform in chosen)
        for python in versions
    )


def _chosen(names: Sequence[str]) -> list[str]:
    for name in names:
        if not any(name == one or name in one.split("-") for one in PLATFORMS):
            raise UsageError(f"there is no platform {name}", hint=f"known: {', '.join(PLATFORMS)}")
    wanted = names or PLATFORMS
    return [one for one in PLATFORMS if any(x == one or x in one.split("-") for x in wanted)]
