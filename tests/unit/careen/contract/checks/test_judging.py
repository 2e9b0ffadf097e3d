"""What is made of what was measured: starts, memory, ends, health, Python, logs."""

from __future__ import annotations

from typing import Any

import pytest

from careen.config.contract import Limits
from careen.contract.checks import hardening, health, logs, memory, python, stop
from careen.contract.checks.start import judge_starts
from careen.contract.checks.stop import Stop
from careen.contract.traffic import Sent
from careen.contract.workbench import Start
from careen.engine.containers import Change, ContainerPlan, Logs, Process, Usage
from careen.errors import CareenError

MB = 1_000_000


def test_starts_are_judged_by_their_median() -> None:
    starts = [Start(0.5), Start(3.0), Start(0.7)]
    check = judge_starts(starts, 1.0, "/health")
    assert check.status == "passed"
    assert check.figures == {
        "seconds": [0.5, 3.0, 0.7],
        "median_seconds": [0.7],
        "max_seconds": [3.0],
    }
    assert judge_starts(starts, 0.6, "/health").status == "failed"
    assert judge_starts(starts, None, "/health").status == "passed"


def test_one_bad_start_fails() -> None:
    bad = Start(None, "it exited with code 3", log=("bye",))
    check = judge_starts([Start(0.5), bad], 1.0, "/health")
    assert (check.status, check.reason) == ("failed", "start 2: it exited with code 3")
    assert check.log == ("bye",)


def test_memory_at_rest_and_at_peak() -> None:
    use = Usage(60 * MB, 50 * MB, 95 * MB, 4)
    assert memory.judge_rest(use, 90 * MB, 10).status == "passed"
    assert memory.judge_rest(use, 50 * MB, 10).status == "failed"
    assert memory.judge_rest(Usage(None, None, None, None), 1, 10).status == "unknown"
    peak = memory.judge_peak([use, Usage(70 * MB, 50 * MB, 99 * MB, 4)], 80 * MB)
    assert peak.status == "passed"  # the file cache is given back where memory is short
    assert peak.measured == "70.0 MB (n = 2); with the file cache 99.0 MB"
    assert memory.judge_peak([use], 50 * MB).status == "failed"
    assert memory.judge_peak([], 1).status == "unknown"


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        ({"Running": True, "OOMKilled": False}, "passed", "it runs"),
        ({"Running": True, "OOMKilled": True}, "failed", "out of memory"),
        ({"Running": False, "OOMKilled": True, "ExitCode": 137}, "failed", "out of memory"),
        ({"Running": False, "OOMKilled": False, "ExitCode": 1}, "failed", "exited with code 1"),
    ],
)
def test_survival_at_the_limit(state: dict[str, Any], status: str, words: str) -> None:
    check = memory.judge_survival(state, 100 * MB, (), ("log",))
    assert check.status == status
    assert words in check.measured


def test_a_limit_that_the_engine_does_not_set_is_unknown() -> None:
    state = {"Running": True}
    warning = "Your kernel does not support memory limit capabilities."
    assert memory.judge_survival(state, MB, (warning,), ()).status == "unknown"
    plan = ContainerPlan("a", pids=9)
    pids = "Your kernel does not support PIDs limit capabilities"
    assert memory.judge_limits(plan, Limits(), (pids,), ()).status == "unknown"


def test_processes_below_their_limit() -> None:
    use = [Usage(1, 1, 1, 9)]
    plan = ContainerPlan("a", pids=9)
    assert memory.judge_limits(plan, Limits(pids=10), (), use).status == "passed"
    assert memory.judge_limits(plan, Limits(pids=9), (), use).status == "failed"


def ended(code: int | None, *sent: Sent, seconds: float = 1.0, slow: float = 0.5) -> Stop:
    return Stop(code, seconds, 100.0, sent, slow)


@pytest.mark.parametrize(
    ("code", "seconds", "status"),
    [
        (0, 1.0, "passed"),
        (143, 1.0, "passed"),
        (137, 1.0, "failed"),
        (0, 11.0, "failed"),
        (None, 10, "failed"),
    ],
)
def test_the_end(code: int | None, seconds: float, status: str) -> None:
    assert stop.judge_stop(ended(code, seconds=seconds), 10.0, ()).status == status


def test_requests_in_flight() -> None:
    answered = Sent(99.0, 100.4, 200)
    lost = Sent(99.5, 100.1, None, "GET /: the answer was cut off")
    before, late = Sent(98.0, 99.0, None, "x"), Sent(99.99, 100.2, None, "x")
    good = stop.judge_in_flight(ended(0, answered, before, late), ())
    assert (good.status, good.measured) == ("passed", "0 of 1 lost")
    bad = stop.judge_in_flight(ended(0, answered, lost), ())
    assert bad.status == "failed"
    assert bad.reason == "1 of 2 requests in flight were lost: GET /: the answer was cut off"
    assert stop.judge_in_flight(ended(0, before), ()).status == "skipped"
    assert stop.judge_in_flight(ended(0, lost, slow=0.01), ()).status == "skipped"


def test_zombies() -> None:
    alive, dead = Process("Ssl", "python"), Process("Z", "[tesseract] <defunct>")
    assert stop.judge_zombies([alive]).status == "passed"
    assert stop.judge_zombies([alive, dead]).measured == "[tesseract] <defunct>"


def test_restrictions() -> None:
    good = hardening.judge_restricted("read-only", "--read-only", Start(0.5), "", ())
    assert good.status == "passed"
    start = Start(None, "it exited with code 1", log=("Read-only file system",))
    bad = hardening.judge_restricted("read-only", "--read-only", start, "", ())
    assert bad.reason == "with --read-only: it exited with code 1"
    assert bad.log == ("Read-only file system",)
    wrong = hardening.judge_restricted(
        "read-only", "--read-only", Start(0.5), "GET / answers 500, not 200", ("trace",)
    )
    assert (wrong.status, wrong.log) == ("failed", ("trace",))


CONFIG = {"Healthcheck": {"Test": ["CMD", "ask"], "Interval": 30_000_000_000, "Retries": 5}}


def test_a_health_check_is_asked_more_often_than_the_image_says() -> None:
    assert health.quick({}) is None
    found = health.quick(CONFIG)
    assert found is not None
    assert found["Test"] == ["CMD", "ask"]
    assert (found["Interval"], found["Retries"]) == (1_000_000_000, 5)
    assert (health.quick(CONFIG, retries=1) or {})["Retries"] == 1


@pytest.mark.parametrize(
    ("wanted", "state", "code", "status"),
    [
        ("healthy", "healthy", 0, "passed"),
        ("healthy", "starting", 0, "failed"),
        ("healthy", "unhealthy", 1, "failed"),
        ("unhealthy", "unhealthy", 1, "passed"),
        ("unhealthy", "unhealthy", 0, "failed"),
        ("unhealthy", "healthy", 0, "failed"),
    ],
)
def test_the_engine_s_word_and_the_command_s(
    wanted: str, state: str, code: int, status: str
) -> None:
    check = health.judge_health(CONFIG, wanted, state, code, "503 no database", 1.0)
    assert (check.name, check.status) == (f"healthcheck-{wanted}", status)
    assert "every second in place of every 30 s" in check.measured


def test_surroundings() -> None:
    said = {"zone_hours": -4.0, "encoding": "UTF-8", "stdout": "utf-8", "certificates": 9}
    assert {one.status for one in python.judge_surroundings(said)} == {"passed"}
    assert python.judge_surroundings(said)[0].measured == "UTC-4 hours"
    assert python.judge_surroundings({**said, "zone_hours": 0.0})[0].status == "failed"
    bare = {
        "zone_error": "ZoneInfoNotFoundError: no key",
        "encoding": "ANSI_X3.4-1968",
        "stdout": "ascii",
        "certificates_error": "ImportError: ssl",
    }
    assert {one.status for one in python.judge_surroundings(bare)} == {"failed"}


def test_imports() -> None:
    assert python.judge_imports({"names": ["a", "b"], "broken": {}}).measured == "all 2 do"
    assert python.judge_imports({"names": [], "broken": {}}).status == "skipped"
    assert python.judge_imports({"names": ["a"], "broken": {"a": "E: x"}}).status == "failed"


def test_the_answer_is_found_among_whatever_else_is_written() -> None:
    assert python.answer_of(0, 'noise\ncareen: {"a": 1}\nmore') == {"a": 1}
    with pytest.raises(CareenError, match="ended with 1 and said: ImportError: json"):
        python.answer_of(1, "Traceback\nImportError: json\n")
    with pytest.raises(CareenError, match="something else"):
        python.answer_of(0, "careen: []")


def test_source_that_is_compiled_is_named() -> None:
    lines = [
        "# code object from '/app/__pycache__/a.cpython-313.pyc'",
        "# code object from /app/b.py",
        "import 'b'",
    ]
    assert python.judge_compiled(lines).measured == "/app/b.py"
    assert python.judge_compiled(lines[:1]).status == "passed"
    assert python.judge_compiled([]).status == "skipped"


def test_bytecode_that_is_written_is_named() -> None:
    changes = [Change("added", "/app/__pycache__/a.pyc"), Change("changed", "/app")]
    assert python.judge_written(changes).measured == "/app/__pycache__/a.pyc"
    assert python.judge_written(changes[1:]).status == "passed"


def test_what_is_written_outside_the_declared_folders() -> None:
    changes = [
        Change("changed", "/var"),
        Change("changed", "/var/tmp"),
        Change("added", "/var/tmp/state"),
        Change("changed", "/data"),
        Change("added", "/data/db"),
        Change("added", "/app/__pycache__"),
        Change("added", "/app/__pycache__/a.pyc"),
        Change("changed", "/etc/hosts"),
    ]
    check = logs.judge_written(changes, {"/data": ""})
    assert check.measured == "/var/tmp/state"
    assert logs.judge_written(changes, {"/data": "", "/var/tmp": ""}).status == "passed"


def test_logs_go_to_the_outputs() -> None:
    file = [Change("added", "/var/log/app/access.log")]
    assert logs.judge_logs(Logs(("a",), ()), ()).status == "passed"
    assert logs.judge_logs(Logs(("a",), ()), file).status == "failed"
    assert logs.judge_logs(Logs((), ()), file).status == "failed"
    assert logs.judge_logs(Logs((), ()), ()).status == "skipped"
