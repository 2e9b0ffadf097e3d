"""How checks are made one after the other: skipped, unknown, and without a service."""

from __future__ import annotations

from typing import Any

import pytest

from careen.contract.checks.judge import skipped
from careen.contract.model import Check
from careen.contract.run import IMAGE_CHECKS, image_checks, measure_starts
from careen.contract.service_checks import attempt, has_loaded, service_checks
from careen.contract.workbench import CancelledError, Start
from careen.errors import EngineError

from .benches import bench


class Fake:
    """A container that runs, or ran."""

    def __init__(self, *, running: bool) -> None:
        self.running = running

    def is_running(self) -> bool:
        return self.running


def refuse() -> list[Check]:
    raise EngineError("the engine refused", hint="look at it")


def test_an_error_makes_each_of_the_checks_unknown() -> None:
    found = attempt(bench(), ("a", "b"), refuse)
    assert [(one.name, one.status, one.reason) for one in found] == [
        ("a", "unknown", "the engine refused"),
        ("b", "unknown", "the engine refused"),
    ]


def test_a_container_that_ended_is_asked_nothing() -> None:
    ended: Any = Fake(running=False)
    (found,) = attempt(bench(), ("a",), refuse, ended)
    assert (found.status, found.reason) == ("skipped", "the service does not run")
    running: Any = Fake(running=True)
    assert attempt(bench(), ("a",), refuse, running)[0].status == "unknown"


def test_the_contract_leaves_checks_out_with_a_reason() -> None:
    one = bench(contract={"skip": {"a": "not ours"}})
    assert attempt(one, ("a",), refuse) == [skipped("a", "not ours")]
    both = attempt(one, ("a", "b"), lambda: [Check("a", "failed"), Check("b", "passed")])
    assert [(check.name, check.status) for check in both] == [("a", "skipped"), ("b", "passed")]


def test_a_load_that_could_not_be_measured_is_sent_without_measuring() -> None:
    assert has_loaded([Check("a", "passed"), Check("load", "failed", figures={"requests": 1})])
    assert not has_loaded([Check("load", "unknown", "locust is missing")])
    assert not has_loaded([Check("load", "skipped", "the contract names no requests")])
    assert not has_loaded([Check("GET /load", "passed", figures={"requests": 1})])


def test_an_interrupted_run_ends() -> None:
    one = bench()
    one.cancelled.set()

    def wait() -> list[Check]:
        one.pause(60)
        return []

    with pytest.raises(CancelledError):
        attempt(one, ("a",), wait)


def test_without_a_good_start_all_that_needs_one_is_skipped() -> None:
    one = bench()
    one.starts = [Start(None, "it exited with code 3", exited=True)]
    found = service_checks(one, lambda _: pytest.fail("nothing to probe"), list)
    assert found[0].reason == "it exited with code 3"
    assert {check.status for check in found[1:]} == {"skipped"}
    assert len({check.name for check in found}) == len(found) == 21


def test_the_image_s_checks_need_no_container() -> None:
    names = [check.name for check in image_checks(bench(ExposedPorts={"80/tcp": {}}))]
    assert names == [name for name, _ in IMAGE_CHECKS]


def test_an_image_without_a_port_is_not_started() -> None:
    one = bench()
    measure_starts([one])
    assert [start.what for start in one.starts] == [
        "its port is not known: EXPOSE one, or set port in the contract"
    ]


def test_patience_is_bounded() -> None:
    assert bench().patience_seconds == 20
    assert bench(contract={"limits": {"start-seconds": 0.5}}).patience_seconds == 5
    assert bench(contract={"limits": {"start-seconds": 50}}).patience_seconds == 60


def test_patience_is_longer_once_the_starts_were_good() -> None:
    one = bench(contract={"limits": {"start-seconds": 0.5, "start-runs": 2}})
    one.starts.append(Start(0.3, status=200))
    assert one.patience_seconds == 5
    one.starts.append(Start(0.3, status=200))
    assert one.patience_seconds == 15
    one.starts[0] = Start(None, "nothing answers")
    assert one.patience_seconds == 5
