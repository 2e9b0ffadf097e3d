"""Lighter distributions in the place of heavy ones: which there are, and what both weigh here."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True)
class Alternative:
    """A heavy distribution and a lighter one.

    Attributes:
        name: of the heavy one, perhaps with extras.
        lighter: of the other.
        when: it does the same work.
    """

    name: str
    lighter: str
    when: str


@dataclass(frozen=True)
class Measured:
    """What both weigh, installed here in a folder of their own with all that they need.

    Attributes:
        alternative: the pair.
        bytes: of the heavy one; None where it could not be installed.
        lighter_bytes: of the other; likewise.
        reason: why one could not be.
    """

    alternative: Alternative
    bytes: int | None
    lighter_bytes: int | None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form."""
        return {
            **vars(self.alternative),
            "bytes": self.bytes,
            "lighter_bytes": self.lighter_bytes,
            "reason": self.reason,
        }


def alternatives() -> tuple[Alternative, ...]:
    """Give the list of alternatives.toml."""
    text = files("careen.requirements").joinpath("alternatives.toml").read_text(encoding="utf-8")
    return tuple(Alternative(**row) for row in tomllib.loads(text)["alternative"])


def fitting(wanted: Iterable[str]) -> tuple[Alternative, ...]:
    """Give the alternatives to what requirements ask for.

    Args:
        wanted: requirement lines, such as `uvicorn[standard]>=0.30`.

    >>> [one.lighter for one in fitting(["uvicorn[standard]", "uvicorn", "idna"])]
    ['uvicorn']
    """
    asked = {key for line in wanted if (key := _key(line)) is not None}
    found = []
    for one in alternatives():
        key = _key(one.name)
        if key is not None and any(key[0] == name and key[1] <= extras for name, extras in asked):
            found.append(one)
    return tuple(found)


def measure(pairs: Iterable[Alternative], install: Callable[[str], int]) -> tuple[Measured, ...]:
    """Install both of each pair, and measure them.

    Args:
        pairs: what is measured.
        install: installs a requirement with all that it needs, and gives the bytes; raises
            CareenError where that fails.
    """
    return tuple(_measured(one, install) for one in pairs)


def _measured(one: Alternative, install: Callable[[str], int]) -> Measured:
    sizes: list[int | None] = []
    reasons = []
    for name in (one.name, one.lighter):
        try:
            sizes.append(install(name))
        except CareenError as error:
            sizes.append(None)
            reasons.append(f"{name}: {str(error.args[0]).splitlines()[0]}")
    return Measured(one, sizes[0], sizes[1], "; ".join(reasons))


def _key(line: str) -> tuple[str, frozenset[str]] | None:
    try:
        read = Requirement(line)
    except InvalidRequirement:
        return None
    return canonicalize_name(read.name), frozenset(
        canonicalize_name(extra) for extra in read.extras
    )
