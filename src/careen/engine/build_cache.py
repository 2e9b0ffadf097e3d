"""Removes single records of an engine's build cache: ours, never a user's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.engine.process import run
from careen.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable

    from careen.engine.obtain import Engine

# A record goes once none stands on it, so a chain of steps takes as many rounds.
_MOST_ROUNDS = 50


def forget(engine: Engine, text: str, say: Callable[[str], None] = lambda _: None) -> int:
    """Remove the records (cache mounts, steps) whose description has a text that only ours have.

    What an image or a step of somebody else stands on stays. What cannot be removed is left to the
    engine's own garbage collection, and said.

    Args:
        engine: where.
        text: such as the namespace of a measurement's cache mounts.
        say: told of a failure.

    Returns:
        How many were removed.
    """
    removed = 0
    try:
        left = records(engine, text)
        for _ in range(_MOST_ROUNDS):
            for record in reversed(left):
                _buildx(engine, "prune", "--force", "--filter", f"id={record}")
            still = records(engine, text)
            removed += len(left) - len(still)
            if not still or len(still) == len(left):
                break
            left = still
    except ProcessError as error:
        say(f"the cache of {text} stays until the engine collects it: {error.returncode}")
    return removed


def records(engine: Engine, text: str) -> list[str]:
    """Give the ids of the records whose description has a text, the older ones first."""
    # One filter with two conditions: buildx makes another operator of a description alone. `prune`
    # selects nothing by it, so records are removed by their ids.
    listing = _buildx(engine, "du", "--verbose", "--filter", f'id=".",description~="{text}"')
    return re.findall(r"^ID:\s+(\S+)", listing, re.MULTILINE)


def _buildx(engine: Engine, *words: str) -> str:
    return run(
        [*engine.buildx, *words], env=engine.environment, check=True, timeout_seconds=120
    ).stdout
