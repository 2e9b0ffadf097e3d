"""How much of a cold build's work a later build took from its cache, by time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from careen.build.trace import Step, Trace


def time_efficiency(cold: Trace, warm: Trace) -> float | None:
    """Give the share of a cold build's work that a warm build took from its cache, 0 to 1.

    Cold seconds of the Dockerfile's steps that are cached in the warm build (or that it did not
    need at all) / cold seconds of all the Dockerfile's steps. Steps are matched by target and name;
    where BuildKit named a shared step after another target's stage, by target and instruction.
    Over several targets a shared step weighs once a target.

    Returns:
        None where a build failed or the cold build had nothing to do.
    """
    if cold.failed or warm.failed:
        return None
    saved = [step for step in _dockerfile_steps(warm) if step.reused]
    keys = {step.key for step in _dockerfile_steps(warm)}
    saved_keys = {step.key for step in saved}
    saved_instructions = {_instruction(step) for step in saved}
    total = kept = 0.0
    for step in _dockerfile_steps(cold):
        total += step.seconds
        if step.key in saved_keys or (
            step.key not in keys and _instruction(step) in saved_instructions
        ):
            kept += step.seconds
    return kept / total if total else None


def _dockerfile_steps(trace: Trace) -> list[Step]:
    return [step for step in trace.steps if step.kind == "dockerfile"]


def _instruction(step: Step) -> tuple[str, str, str]:
    return (step.target, step.platform, step.instruction)
