"""Runs `buildx bake` over a definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from careen.engine.process import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from careen.engine.obtain import Engine
    from careen.engine.process import Completed


def bake(
    engine: Engine,
    definition: Mapping[str, Any],
    *,
    cwd: Path,
    timeout_seconds: float,
    arguments: Sequence[str] = (),
    on_stderr: Callable[[bytes], object] = lambda _: None,
) -> Completed:
    """Build the targets of a definition's default group.

    Args:
        engine: where.
        definition: see Docker's "Bake file reference" (JSON form).
        cwd: the folder that relative paths in it are of.
        timeout_seconds: the bound on the whole build.
        arguments: more options of `buildx bake`.
        on_stderr: called with each chunk of the progress, in the form `rawjson`.

    Raises:
        ProcessError: it failed, or took too long.
    """
    return run(
        [
            *engine.buildx,
            *("bake", "--file", "-", "--progress", "rawjson"),
            *arguments,
            "default",
        ],
        stdin=json.dumps(definition).encode(),
        # Newer buildx asks before it reads files outside the working folder.
        env={**engine.environment, "BUILDX_BAKE_ENTITLEMENTS_FS": "0"},
        cwd=cwd,
        timeout_seconds=timeout_seconds,
        on_stderr=on_stderr,
    )
