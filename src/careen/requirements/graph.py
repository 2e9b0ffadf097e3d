"""Which requirement set stands on which: their order, and faults in it."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from careen.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careen.config.model import RequirementSet


def ordered(sets: Mapping[str, RequirementSet]) -> list[str]:
    """Give the names so that each comes after those that it stands on.

    Raises:
        ConfigError: a set stands on an unknown one, or on itself.
    """
    for name, one in sets.items():
        for other in one.on:
            if other not in sets:
                raise ConfigError(
                    f"requirement set {name} stands on {other}, which is unknown",
                    hint=nearest(other, sets),
                )
    graph = {name: one.on for name, one in sets.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        loop = " -> ".join(error.args[1])
        raise ConfigError(
            f"requirement sets stand on each other in a loop: {loop}",
            hint="remove one of these `on` entries",
        ) from None
