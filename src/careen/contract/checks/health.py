"""Checks of the image's HEALTHCHECK: that it turns healthy, and unhealthy without a database."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from careen.contract.checks.judge import judge, skipped
from careen.contract.model import Check
from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from careen.contract.workbench import Bench
    from careen.engine.containers import Container

HEALTHY, UNHEALTHY = "healthcheck-healthy", "healthcheck-unhealthy"
# In place of an image's HEALTHCHECK where memory is measured.
OFF = {"Test": ["NONE"]}
_SECOND, _MILLISECOND = 1_000_000_000, 1_000_000
_EVERY_SECONDS = 0.1
_DEFAULT_TIMEOUT_SECONDS, _DEFAULT_INTERVAL_SECONDS = 30.0, 30.0
# How often the command may fail to be run before the engine has said something.
_PATIENCE_SECONDS = 10.0


def test_of(config: Mapping[str, Any]) -> list[str]:
    """Give a HEALTHCHECK's command, `CMD` or `CMD-SHELL` first; [] where there is none.

    >>> test_of({"Healthcheck": {"Test": ["NONE"]}})
    []
    """
    words = list((config.get("Healthcheck") or {}).get("Test") or [])
    return words if words and words[0] in {"CMD", "CMD-SHELL"} else []


def quick(config: Mapping[str, Any], *, retries: int | None = None) -> dict[str, Any] | None:
    """Give the image's own HEALTHCHECK, asked each second; None where it has none."""
    if not test_of(config):
        return None
    own = config["Healthcheck"]
    return {
        "Test": own["Test"],
        "Interval": _SECOND,
        "Timeout": own.get("Timeout") or round(_DEFAULT_TIMEOUT_SECONDS * _SECOND),
        "StartPeriod": _MILLISECOND,  # 0 would be the image's own
        "Retries": retries or own.get("Retries") or 3,
    }


def turns_healthy(bench: Bench) -> Check:
    """Start the service, run its health command, and wait until the engine says healthy.

    The container is made with `quick`: nobody waits for an interval of 30 s. It is one of its own,
    since the command's processes are the container's memory too.
    """
    config = bench.config
    if not test_of(config):
        return skipped(HEALTHY, "the image has no HEALTHCHECK")
    with bench.started(bench.plan(healthcheck=quick(config))) as (container, start):
        if not start.is_good:
            return Check(HEALTHY, "failed", start.what, "the engine says healthy", log=start.log)
        begun = time.monotonic()
        code, output = _run_test(bench, container)
        state = _wait(bench, container, "healthy") if code == 0 else container.health()
        return judge_health(config, "healthy", state, code, output, time.monotonic() - begun)


def _wait(bench: Bench, container: Container, wanted: str) -> str:
    timeout = (bench.config["Healthcheck"].get("Timeout") or 0) / _SECOND
    deadline = time.monotonic() + _PATIENCE_SECONDS + 2 * min(timeout, _DEFAULT_TIMEOUT_SECONDS)
    while True:
        state = container.health()
        if state == wanted or time.monotonic() > deadline or not container.is_running():
            return state
        bench.pause(_EVERY_SECONDS)


def _run_test(bench: Bench, container: Container) -> tuple[int, str]:
    words = test_of(bench.config)
    argv = words[1:] if words[0] == "CMD" else ["/bin/sh", "-c", words[1]]
    timeout = (bench.config["Healthcheck"].get("Timeout") or 0) / _SECOND
    try:
        done = container.exec(argv, timeout_seconds=(timeout or _DEFAULT_TIMEOUT_SECONDS) + 2)
    except CareenError as error:
        return -1, error.args[0]
    return done.exit_code, done.output.strip()


def judge_health(
    config: Mapping[str, Any],
    wanted: str,
    state: str,
    code: int,
    output: str,
    taken_seconds: float,
) -> Check:
    """Hold the engine's word and the command's exit code against what they should be."""
    name = HEALTHY if wanted == "healthy" else UNHEALTHY
    interval = ((config.get("Healthcheck") or {}).get("Interval") or 0) / _SECOND
    own = interval or _DEFAULT_INTERVAL_SECONDS
    command_is_right = (code == 0) == (wanted == "healthy")
    return judge(
        name,
        state == wanted and command_is_right,
        expected=f"the engine says {wanted}",
        measured=f"{state} after {taken_seconds:.1f} s, asked every second in place of every "
        f"{own:g} s; the command ends with {code}",
        reason=f"the engine says {state}, not {wanted}; the command ends with {code}: "
        f"{output[-300:] or 'it wrote nothing'}",
        figures={"exit_code": code, "seconds": taken_seconds},
    )


def turns_unhealthy(bench: Bench) -> Check:
    """Start the service with a database that does not answer: the health says so."""
    cut = bench.contract.database
    if cut is None:
        return skipped(UNHEALTHY, "the contract does not say how the database is cut off")
    config = bench.config
    environment = {**bench.contract.environment, **cut.environment}
    plan = bench.plan(environment=environment, healthcheck=quick(config, retries=1))
    with bench.started(plan, status=cut.status) as (container, start):
        if not start.is_good:
            expected = f"GET {bench.contract.health} answers {cut.status} without a database"
            return Check(UNHEALTHY, "failed", start.what, expected, "it does not", start.log)
        if not test_of(config):
            return skipped(
                UNHEALTHY,
                f"the image has no HEALTHCHECK; GET {bench.contract.health} answers {cut.status}",
            )
        begun = time.monotonic()
        code, output = _run_test(bench, container)
        state = _wait(bench, container, "unhealthy")
        return judge_health(config, "unhealthy", state, code, output, time.monotonic() - begun)
