"""Checks of memory, processes and processors: what the service uses, and that it stays alive."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from careen.contract.checks.judge import judge, unknown
from careen.errors import CareenError
from careen.report.quantities import size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from careen.config.contract import Limits
    from careen.contract.model import Check
    from careen.engine.containers import Container, ContainerPlan, Usage

_EVERY_SECONDS = 0.5
AT_REST, AT_PEAK, AT_LIMIT, LIMITS = (
    "memory-at-rest",
    "memory-at-peak",
    "memory-limit",
    "cpu-and-pids-limits",
)


@dataclass
class Sampler:
    """Asks what a container uses, twice a second, while its block runs."""

    container: Container
    samples: list[Usage] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Sampler:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.samples.append(self.container.usage())
            except CareenError:
                return  # it ended: the checks that wait for it say so
            self._stop.wait(_EVERY_SECONDS)


def judge_rest(usage: Usage, limit_bytes: int | None, rested_seconds: float) -> Check:
    """Hold what is used after the load and a rest against its limit."""
    current, anonymous = usage.current_bytes, usage.anonymous_bytes
    if current is None:
        return unknown(AT_REST, "the engine does not say what the container uses")
    measured = f"{size(current)} after {rested_seconds:.0f} s of rest"
    if anonymous is not None:
        measured += f", {size(anonymous)} of it anonymous"
    return judge(
        AT_REST,
        limit_bytes is None or current <= limit_bytes,
        expected=f"at most {size(limit_bytes)}" if limit_bytes is not None else "no limit",
        measured=measured,
        figures={"current_bytes": current, "anonymous_bytes": anonymous},
    )


def judge_peak(samples: Sequence[Usage], limit_bytes: int) -> Check:
    """Hold the highest usage against its limit.

    The kernel's own peak counts the file cache too, which it takes back where memory is short: a
    peak of it at the limit is judged by the samples, which leave that out.
    """
    seen = [one.current_bytes for one in samples if one.current_bytes is not None]
    kernel = [one.peak_bytes for one in samples if one.peak_bytes is not None]
    if not seen:
        return unknown(AT_PEAK, "the engine does not say what the container uses")
    measured = f"{size(max(seen))} (n = {len(seen)})"
    if kernel:
        measured += f"; with the file cache {size(max(kernel))}"
    return judge(
        AT_PEAK,
        max(seen) <= limit_bytes,
        expected=f"at most {size(limit_bytes)}",
        measured=measured,
        figures={"peak_bytes": max(seen), "peak_with_cache_bytes": max(kernel, default=None)},
    )


def judge_survival(
    state: Mapping[str, Any], limit_bytes: int, warnings: Sequence[str], log: Sequence[str]
) -> Check:
    """Tell from a container's state whether it lived through the load at its memory limit."""
    if ignored := [text for text in warnings if "memory" in text.lower()]:
        return unknown(AT_LIMIT, f"the engine sets no memory limit: {ignored[0]}")
    killed = bool(state.get("OOMKilled"))
    if killed:
        measured = "the kernel killed a process: out of memory"
    elif not state["Running"]:
        measured = f"it exited with code {state['ExitCode']}"
    else:
        measured = "it runs"
    return judge(
        AT_LIMIT,
        bool(state["Running"]) and not killed,
        expected=f"it lives through the load with {size(limit_bytes)}",
        measured=measured,
        reason=f"with {size(limit_bytes)} of memory: {measured}",
        log=log,
    )


def judge_limits(
    plan: ContainerPlan, limits: Limits, warnings: Sequence[str], samples: Sequence[Usage]
) -> Check:
    """Tell whether the service did its work under the limits of processors and processes."""
    words = ("cpu", "pids", "nano")
    if ignored := [text for text in warnings if any(word in text.lower() for word in words)]:
        return unknown(LIMITS, f"the engine does not set the limits: {ignored[0]}")
    most = max((one.pids for one in samples if one.pids is not None), default=None)
    return judge(
        LIMITS,
        most is None or most < limits.pids,
        expected=f"it works with {limits.cpus:g} processors and {limits.pids} processes",
        measured=f"at most {'unknown' if most is None else most} processes and threads",
        reason=f"it reached its limit of {plan.pids} processes and threads",
        figures={"pids": most},
    )
