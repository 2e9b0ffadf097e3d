"""Makes the error that a user reads of a failed build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.errors import (
    BuildFailedError,
    CareenError,
    DiskFullError,
    DockerfileError,
    EngineError,
    LayerCollectedError,
)

if TYPE_CHECKING:
    from careen.build.failure import Failure
    from careen.build.plan import BuildPlan


def explain(failure: Failure, plan: BuildPlan) -> CareenError:
    """Make the error that a user reads of a failed build."""
    by_name = {variant.name: variant for variant in plan.variants}
    variant = by_name.get(failure.target)
    where = variant.shown if variant else failure.dockerfile
    where = f"{where}:{failure.line}" if where and failure.line else where
    at, inside = (f"{where}: ", f" ({where})") if where else ("", "")
    tail = "".join(f"\n  | {line}" for line in failure.log_tail[-20:])
    step = f" in step {failure.step}" if failure.step else ""
    if failure.kind == "disk-full":
        return DiskFullError(
            f"the disk ran full{step}{inside}: {_first_line(failure.message)}",
            hint="free some where the engine keeps its data; finished variants are kept",
        )
    if failure.kind == "engine-gone":
        return EngineError(
            f"the engine went away during the build{step}: {_first_line(failure.message)}",
            hint="run the same command again; the embedded engine is started anew and goes on "
            "with the steps that were finished",
        )
    if failure.kind == "collected":
        return LayerCollectedError(
            f"the engine removed a layer while it unpacked the image{step}: "
            f"{_first_line(failure.message)}",
            hint="run the same command again: every step is in the cache",
        )
    if failure.kind == "dockerfile":
        return DockerfileError(f"{at}{_first_line(failure.message)}")
    return BuildFailedError(
        f"{failure.target or 'the build'} failed{step}\n  "
        f"{f'at {at}' if at else ''}{_first_line(failure.message)}{tail}"
    )


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
