"""Platforms: how they are written, and which of an index's manifests fits one."""

from __future__ import annotations

import platform as machine
import re
from typing import NamedTuple

from careen.errors import UsageError

# As Go names what uname says; containerd's platforms/database.go.
_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "i386": "386",
    "i486": "386",
    "i586": "386",
    "i686": "386",
    "aarch64": "arm64",
    "armv8l": "arm64",
    "armhf": "arm",
    "armel": "arm",
    "loongarch64": "loong64",
}
_DEFAULT_VARIANTS = {"arm64": "v8", "arm": "v7", "amd64": "v1"}
_PART = re.compile(r"[A-Za-z0-9_.+-]{1,64}")


class Platform(NamedTuple):
    """A platform as a manifest names it.

    Attributes:
        system: such as linux.
        architecture: such as amd64.
        variant: such as v7 for arm; "" where it is the architecture's usual one.
    """

    system: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in self if part)


def normal(system: str, architecture: str, variant: str = "") -> Platform:
    """Give a platform its usual names.

    >>> str(normal("linux", "aarch64", "v8")), str(normal("Linux", "armv6l"))
    ('linux/arm64', 'linux/arm/v6')
    """
    system, architecture, variant = system.lower(), architecture.lower(), variant.lower()
    if match := re.fullmatch(r"armv([5-7])[a-z]*", architecture):
        architecture, variant = "arm", variant or f"v{match[1]}"
    if architecture == "armel":
        variant = variant or "v6"
    architecture = _ARCHITECTURES.get(architecture, architecture)
    if variant and not variant.startswith("v") and variant.isdigit():
        variant = f"v{variant}"
    if variant == _DEFAULT_VARIANTS.get(architecture):
        variant = ""
    return Platform(system, architecture, variant)


def parse(text: str) -> Platform:
    """Read `os/arch[/variant]`.

    Raises:
        UsageError: it is written otherwise.
    """
    parts = text.strip().split("/")
    if len(parts) not in {2, 3} or not all(_PART.fullmatch(part) for part in parts):
        raise UsageError(
            f"no platform: {text!r}", hint="write os/architecture[/variant], such as linux/arm64"
        )
    return normal(*parts)


def own() -> Platform:
    """Give the platform whose images this machine runs: Linux, on its own processor."""
    return normal("linux", machine.machine())


def rank(offered: Platform | None, asked: Platform) -> int | None:
    """Tell how well what is offered fits what is asked for: 0 is best, None is not at all.

    A processor runs what was made for an earlier variant of it, but a variant that was asked for
    is given as it is, or not at all.

    >>> rank(Platform("linux", "arm", "v6"), Platform("linux", "arm")) is None
    False
    >>> rank(Platform("linux", "arm64"), Platform("linux", "amd64")) is None
    True
    """
    if offered is None or offered[:2] != asked[:2]:
        return None
    if offered.variant == asked.variant:
        return 0
    if asked.variant:
        return None
    number = int(digits) if (digits := offered.variant.lstrip("v")).isdigit() else 99
    # arm: v6 before v5. amd64: v2 before v3, either of which not every machine runs.
    return 1 + (20 - min(number, 20) if asked.architecture == "arm" else number)
