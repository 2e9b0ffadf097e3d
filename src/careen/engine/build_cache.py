"""Removes single records of an engine's build cache: ours, never a user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.engine.process import run
from careen.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable

    from careen.engine.obtain import Engine


def forget(engine: Engine, text: str, say: Callable[[str], None] = lambda _: None) -> None:
    """Remove the records (cache mounts, steps) whose description has a text that only ours have.

    What cannot be removed is left to the engine's own garbage collection, and said.

    Args:
        engine: where.
        text: such as the namespace of a measurement's cache mounts.
        say: told of a failure.
    """
    # buildx takes this as one filter with two conditions. One without an id would have the engine
    # add conditions of its own, which leave cache mounts out.
    condition = f'id=".",description~="{text}"'
    try:
        run(
            [*engine.buildx, "prune", "--force", "--filter", condition],
            env=engine.environment,
            timeout_seconds=120,
        )
    except ProcessError as error:
        say(f"the cache mounts of {text} stay until the engine collects them: {error.returncode}")
