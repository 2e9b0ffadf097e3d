"""Checks of the service's end: SIGTERM, requests in flight, and processes that nobody reaps."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.contract.checks.judge import judge, named, skipped
from careen.contract.probes import request
from careen.contract.traffic import Clients, Sent, hold, requests_of, send
from careen.engine.service_http import NoAnswerError
from careen.report.quantities import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.config.contract import HttpProbe
    from careen.contract.model import Check
    from careen.contract.workbench import Bench
    from careen.engine.containers import Container, Process
    from careen.engine.service_http import HeldRequest

STOP, IN_FLIGHT, ZOMBIES = "stop-on-sigterm", "requests-in-flight", "no-zombies"
_GOOD_CODES = frozenset({0, 143})
# A request that was sent this long before the signal has reached the service.
_ARRIVED_SECONDS = 0.03
# A quicker one is over before a signal can be sent into it.
_SLOW_SECONDS = 0.06
_CLIENTS = 2
_HELD = 3
# So long before SIGTERM held requests are sent, and so long after it their last bytes.
_APART_SECONDS = 0.25


@dataclass(frozen=True)
class Stop:
    """How a service ended.

    Attributes:
        code: its exit code; None where it did not end in time.
        seconds: from the signal to its end.
        signalled: when the signal was sent, on the monotonic clock.
        sent: the requests around that moment.
        slow_seconds: of the contract's slowest request, when nothing else ran; of a held one what
            the end took.
    """

    code: int | None
    seconds: float
    signalled: float
    sent: tuple[Sent, ...]
    slow_seconds: float


def stop(bench: Bench, container: Container, base_url: str) -> Stop:
    """Send SIGTERM to a service while requests are in flight.

    Those are requests whose last byte is held back until the signal has come, so that none is
    answered before; where the contract has none with a body, its slowest one.
    """
    limit = bench.contract.limits.stop_seconds
    requests = (*requests_of(bench.contract), *bench.contract.http)
    with_body = next((probe for probe in requests if request(probe)[1]), None)
    if with_body is not None:
        return _stop_holding(bench, container, base_url, with_body)
    probe, slow_seconds = slowest(base_url, requests)
    with Clients(base_url, [probe], _CLIENTS, timeout_seconds=limit + 5) as clients:
        bench.pause(max(_ARRIVED_SECONDS, min(1.0, slow_seconds / 2)))
        signalled = time.monotonic()
        container.signal("SIGTERM")
        clients.stop()
        code, taken = _end(container, signalled, limit)
    return Stop(code, taken, signalled, tuple(clients.sent), slow_seconds)


def _stop_holding(bench: Bench, container: Container, base_url: str, probe: HttpProbe) -> Stop:
    limit = bench.contract.limits.stop_seconds
    begun = time.monotonic()
    held: list[HeldRequest] = []
    try:
        held.extend(hold(base_url, probe, timeout_seconds=limit) for _ in range(_HELD))
        bench.pause(_APART_SECONDS)
        signalled = time.monotonic()
        container.signal("SIGTERM")
        bench.pause(_APART_SECONDS)
        sent = tuple(_finished(one, begun) for one in held)
        code, taken = _end(container, signalled, limit)
    finally:
        for one in held:
            one.close()
    return Stop(code, taken, signalled, sent, taken)


def _finished(held: HeldRequest, begun: float) -> Sent:
    status, problem = None, ""
    try:
        status = held.finish().status
    except NoAnswerError as error:
        problem = error.args[0]
    return Sent(begun, time.monotonic(), status, problem)


def _end(container: Container, signalled: float, limit: float) -> tuple[int | None, float]:
    """Wait for the end until the limit is over; give the exit code and the seconds."""
    code = container.wait(max(0.0, signalled + limit - time.monotonic()))
    taken = time.monotonic() - signalled
    if code is None:
        container.signal("SIGKILL")
    return code, taken


def slowest(base_url: str, probes: Sequence[HttpProbe]) -> tuple[HttpProbe, float]:
    """Give the request that takes longest, and its seconds."""
    taken = []
    for probe in {probe.model_dump_json(): probe for probe in probes}.values():
        try:
            taken.append((send(base_url, probe).seconds, probe))
        except NoAnswerError:
            continue
    if not taken:
        return probes[0], 0.0
    longest, probe = max(taken, key=lambda pair: pair[0])
    return probe, longest


def judge_stop(stop: Stop, limit_seconds: float, log: Sequence[str]) -> Check:
    """Hold a service's end against the grace period and the two good exit codes."""
    if stop.code is None:
        measured = f"it still ran after {seconds(limit_seconds)}"
        reason = (
            f"it ignores SIGTERM: {measured}; an exec-form CMD (no shell in between) and a handler "
            "for SIGTERM end it"
        )
    else:
        measured = f"exit code {stop.code} after {seconds(stop.seconds)}"
        reason = f"it ended with {measured}"
    return judge(
        STOP,
        stop.code in _GOOD_CODES and stop.seconds <= limit_seconds,
        expected=f"exit code 0 or 143 within {seconds(limit_seconds)}",
        measured=measured,
        reason=reason,
        log=log,
        figures={"exit_code": stop.code, "seconds": stop.seconds},
    )


def judge_in_flight(stop: Stop, log: Sequence[str]) -> Check:
    """Tell whether the requests that a signal came into were answered in whole."""
    if stop.slow_seconds < _SLOW_SECONDS:
        return skipped(
            IN_FLIGHT,
            f"the contract's slowest request takes {seconds(stop.slow_seconds)}: none is in "
            "flight when the signal comes; a slow one among its requests makes this check",
        )
    flying = [
        one
        for one in stop.sent
        if one.begun < stop.signalled - _ARRIVED_SECONDS and one.ended > stop.signalled
    ]
    lost = [one.problem for one in flying if one.status is None]
    if not flying:
        return skipped(IN_FLIGHT, "no request was in flight when the signal came")
    return judge(
        IN_FLIGHT,
        not lost,
        expected="every request in flight is answered in whole",
        measured=f"{len(lost)} of {len(flying)} lost",
        reason=f"{len(lost)} of {len(flying)} requests in flight were lost: {named(lost)}",
        log=log,
        figures={"in_flight": len(flying), "lost": len(lost)},
    )


def judge_zombies(processes: Sequence[Process]) -> Check:
    """Tell whether processes of a container ended that nobody waited for."""
    found = [one.command for one in processes if one.state.startswith("Z")]
    return judge(
        ZOMBIES,
        not found,
        expected="no zombie processes",
        measured=named(found),
        reason=f"{len(found)} processes ended and were never waited for: {named(found)}; the "
        "service waits for its children, or an init does (docker run --init)",
        figures={"processes": len(processes), "zombies": len(found)},
    )
