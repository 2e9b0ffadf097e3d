"""Makes the checks of a running service, in few containers: the image's own and restricted ones."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from careen.contract.checks import hardening, health, logs, memory, python, stop
from careen.contract.checks.judge import NO_SERVICE, skipped, unknown
from careen.contract.checks.start import NAME as START
from careen.contract.checks.start import judge_starts
from careen.contract.load import NAME as LOAD
from careen.contract.model import Check
from careen.contract.traffic import Clients, requests_of, send
from careen.contract.workbench import CancelledError
from careen.engine.service_http import NoAnswerError
from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from careen.contract.workbench import Bench
    from careen.engine.containers import Container

REST_SECONDS = 10.0  # between the load and the memory at rest, see docs on measuring
_LOG_LINES = 12
# What is asked of the service in its own container, in this order; see `_plain`.
PLAIN = (
    memory.AT_PEAK,
    memory.LIMITS,
    memory.AT_REST,
    python.TIME_ZONE,
    python.LOCALE,
    python.CERTIFICATES,
    python.IMPORTS,
    stop.ZOMBIES,
    python.NO_BYTECODE,
    logs.WRITES,
    logs.LOGS,
    memory.AT_LIMIT,
    stop.STOP,
    stop.IN_FLIGHT,
)
# What is asked in a container each, while the first one rests.
OTHERS = (*hardening.NAMES, health.HEALTHY, health.UNHEALTHY, python.NO_SOURCE)


@dataclass(frozen=True)
class Running:
    """A service that answers.

    Attributes:
        bench: of its image.
        container: that it runs in, with the contract's limits.
        base_url: where it answers.
    """

    bench: Bench
    container: Container
    base_url: str


def no_probes(_: Running) -> Sequence[Check]:
    """Probe nothing beyond what careen itself checks."""
    return ()


def service_checks(
    bench: Bench,
    probes: Callable[[Running], Sequence[Check]],
    meanwhile: Callable[[], list[Check]],
    later: Callable[[Running], Sequence[Check]] = no_probes,
) -> list[Check]:
    """Make the checks of a service whose starts were measured.

    Args:
        bench: of its image.
        probes: asks the running service, before the load.
        meanwhile: is called while the service rests.
        later: asks it too, once its memory at rest is measured: what is no fixed load.
    """
    limit = bench.contract.limits.start_seconds
    checks = attempt(
        bench, (START,), lambda: [judge_starts(bench.starts, limit, bench.contract.health)]
    )
    if not all(start.is_good for start in bench.starts):
        return [*meanwhile(), *checks, *without_service((*PLAIN, *OTHERS))]
    plan = bench.plan(healthcheck=health.OFF)
    with bench.started(plan) as (container, start):
        if not start.is_good:
            failed = Check(START, "failed", start.what, log=start.log)
            return [*meanwhile(), failed, *without_service((*PLAIN, *OTHERS))]
        running = Running(bench, container, container.base_url)
        return [*checks, *_plain(running, probes, meanwhile, later)]


def without_service(names: Sequence[str]) -> list[Check]:
    """Give the checks that cannot be made of a service that does not run."""
    return [skipped(name, NO_SERVICE) for name in names]


def attempt(
    bench: Bench,
    names: Sequence[str],
    act: Callable[[], Sequence[Check]],
    container: Container | None = None,
) -> list[Check]:
    """Make checks: those that the contract leaves out are skipped, an error makes them unknown.

    Args:
        bench: of the image.
        names: of the checks that *act* makes.
        act: makes them.
        container: that they need; where it ended they are skipped.
    """
    left_out = bench.contract.skip
    reasons = [skipped(name, left_out[name]) for name in names if name in left_out]
    if len(reasons) == len(names):
        return reasons
    bench.say(f"{bench.target.variant}: {', '.join(names)}")
    begun = time.monotonic()
    try:
        if container is not None and not container.is_running():
            return without_service(names)
        found = list(act())
    except CancelledError:
        raise
    except CareenError as error:
        if container is not None and not container.is_running():
            return without_service(names)
        found = [unknown(name, error.args[0]) for name in names]
    taken = time.monotonic() - begun
    return reasons + [
        replace(check, seconds=taken) for check in found if check.name not in left_out
    ]


def _plain(
    running: Running,
    probes: Callable[[Running], Sequence[Check]],
    meanwhile: Callable[[], list[Check]],
    later: Callable[[Running], Sequence[Check]],
) -> list[Check]:
    bench, container = running.bench, running.container
    limits = bench.contract.limits
    checks: list[Check] = []

    def make(names: Sequence[str], act: Callable[[], Sequence[Check]]) -> None:
        checks.extend(attempt(bench, names, act, container))

    with memory.Sampler(container) as sampler:
        probed = attempt(bench, ("probes",), lambda: probes(running), container)
        checks += probed
        if not has_loaded(probed):
            _load(running)
        loaded = time.monotonic()
        checks += meanwhile()
        checks += _others(bench)
        bench.pause(max(0.0, loaded + REST_SECONDS - time.monotonic()))
    peak = limits.peak_memory or limits.memory
    rested = time.monotonic() - loaded
    tail = container.log_tail(_LOG_LINES)
    make((memory.AT_PEAK,), lambda: [memory.judge_peak(sampler.samples, peak)])
    make(
        (memory.LIMITS,),
        lambda: [memory.judge_limits(container.plan, limits, container.warnings, sampler.samples)],
    )
    make(
        (memory.AT_REST,),
        lambda: [memory.judge_rest(container.usage(), limits.rest_memory, rested)],
    )
    checks += attempt(bench, ("further-probes",), lambda: later(running), container)
    make(
        (python.TIME_ZONE, python.LOCALE, python.CERTIFICATES),
        lambda: python.surroundings(bench, container),
    )
    make((stop.ZOMBIES,), lambda: [stop.judge_zombies(container.processes())])
    checks += attempt(bench, (python.NO_BYTECODE, logs.WRITES, logs.LOGS), lambda: _files(running))
    make((python.IMPORTS,), lambda: [python.imports(bench, container)])
    # Of a container that ended as well: why it did is what this says.
    checks += attempt(
        bench,
        (memory.AT_LIMIT,),
        lambda: [memory.judge_survival(container.state, limits.memory, container.warnings, tail)],
    )
    make((stop.STOP, stop.IN_FLIGHT), lambda: _stop(running))
    return checks


def has_loaded(probed: Sequence[Check]) -> bool:
    """Say whether the contract's load was sent and measured: it need not be sent again.

    It is the fixed load without which memory at rest means nothing.
    """
    return any(check.name == LOAD and check.figures for check in probed)


def _load(running: Running) -> None:
    """Send the contract's load; each of its requests once where it has no load."""
    load = running.bench.contract.load
    requests = requests_of(running.bench.contract)
    if load.requests:
        with Clients(running.base_url, requests, load.clients):
            running.bench.pause(load.seconds)
        return
    for probe in requests:
        try:
            send(running.base_url, probe)
        except NoAnswerError:
            return  # the probes' checks say what it does not answer


def _others(bench: Bench) -> list[Check]:
    """Make the checks that need a start of their own."""
    checks = []
    for name in hardening.NAMES:
        checks += attempt(bench, (name,), partial(_restricted, bench, name))
    checks += attempt(bench, (health.HEALTHY,), lambda: [health.turns_healthy(bench)])
    checks += attempt(bench, (health.UNHEALTHY,), lambda: [health.turns_unhealthy(bench)])
    checks += attempt(bench, (python.NO_SOURCE,), lambda: [python.nothing_compiled(bench)])
    return checks


def _restricted(bench: Bench, name: str) -> list[Check]:
    return [hardening.restricted(bench, name)]


def _files(running: Running) -> list[Check]:
    """Judge what the service wrote; asked before careen's own Python programs run in there."""
    changes = running.container.changes()
    return [
        python.judge_written(changes),
        logs.judge_written(changes, running.bench.contract.tmpfs),
        logs.judge_logs(running.container.logs(), changes),
    ]


def _stop(running: Running) -> list[Check]:
    ended = stop.stop(running.bench, running.container, running.base_url)
    log = running.container.log_tail(_LOG_LINES)
    limit = running.bench.contract.limits.stop_seconds
    return [stop.judge_stop(ended, limit, log), stop.judge_in_flight(ended, log)]
