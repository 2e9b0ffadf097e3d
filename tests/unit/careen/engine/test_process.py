"""Programs, with no program started: what an error shows, and what it never shows."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.engine import process
from careen.engine.process import redact, run
from careen.errors import ProcessError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2-pässword"


class FakeProgram(subprocess.Popen[bytes]):
    """A program that wrote something and ended; it is never started."""

    def __init__(self, stdout: bytes, stderr: bytes, status: int | None) -> None:
        self.pid = 2**22 + 1
        self.returncode = status
        self.stdin = None
        self.stdout = readable(stdout)
        self.stderr = readable(stderr)

    def __del__(self) -> None:
        """Nothing is to be reaped."""

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            raise subprocess.TimeoutExpired("x", timeout or 0)
        return self.returncode


def readable(data: bytes) -> Any:
    end, start = os.pipe()
    os.write(start, data)
    os.close(start)
    return os.fdopen(end, "rb")


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Any:
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda pid, number: killed.append(number))

    def install(stdout: bytes = b"", stderr: bytes = b"", status: int | None = 0) -> list[int]:
        program = FakeProgram(stdout, stderr, status)
        monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: program)
        return killed

    return install


def test_both_outputs_are_given_and_passed_on(ends: Any) -> None:
    ends(b"out", b"err")
    chunks: list[bytes] = []
    done = run(["tool", "-v"], on_stderr=chunks.append)
    assert (done.argv, done.returncode, done.stdout, done.stderr) == (
        ("tool", "-v"),
        0,
        "out",
        "err",
    )
    assert chunks == [b"err"]


def test_large_output_need_not_be_kept(ends: Any) -> None:
    ends(b"out")
    chunks: list[bytes] = []
    assert run(["tool"], on_stdout=chunks.append, keep_stdout=False).stdout == ""
    assert chunks == [b"out"]


def test_a_failure_can_be_a_result(ends: Any) -> None:
    ends(status=7)
    assert run(["tool"], check=False).returncode == 7


def shown(error: ProcessError) -> str:
    parts = (
        str(error),
        repr(error),
        error.args,
        error.argv,
        error.stdout,
        error.stderr,
        error.hint,
    )
    return " ".join(map(str, parts))


@pytest.mark.parametrize("status", [1, -9, None])
def test_a_secret_reaches_no_part_of_an_error(ends: Any, status: int | None) -> None:
    ends(f"using {SECRET}".encode(), f"denied: {SECRET}".encode(), status)
    with pytest.raises(ProcessError) as raised:
        run(["login", f"--password={SECRET}"], secrets=[SECRET], timeout_seconds=0.01, hint="look")
    assert SECRET not in shown(raised.value)
    assert raised.value.argv == ("login", "--password=***")
    assert raised.value.stdout == "using ***"
    assert "denied: ***" in str(raised.value)
    assert str(raised.value).endswith("-> look")


def test_a_secret_reaches_no_error_of_a_program_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", f"tool{SECRET}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(ProcessError, match="cannot start: No such file") as raised:
        run([f"tool{SECRET}"], secrets=[SECRET])
    assert SECRET not in shown(raised.value)
    assert raised.value.returncode is None


def test_what_takes_too_long_is_ended_with_all_that_it_started(ends: Any) -> None:
    killed = ends(status=None)
    with pytest.raises(ProcessError, match=r"no end after 0\.5 s"):
        run(["tool"], timeout_seconds=0.5)
    assert killed == [signal.SIGTERM, signal.SIGKILL]


def test_an_error_shows_the_last_lines_and_the_command(ends: Any) -> None:
    ends(stderr="\n".join(f"line {number}" for number in range(40)).encode(), status=2)
    with pytest.raises(ProcessError) as raised:
        run(["tool", "--go"])
    text = str(raised.value)
    assert text.startswith("tool: exit status 2\n  command: tool --go\n  | line 28\n")
    assert text.endswith("  | line 39")


def test_a_failing_watcher_is_not_lost(ends: Any) -> None:
    killed = ends(stdout=b"x")

    def watch(chunk: bytes) -> None:
        raise KeyError(chunk)

    with pytest.raises(KeyError, match="x"):
        run(["tool"], on_stdout=watch)
    assert killed[:1] == [signal.SIGTERM]


@given(st.text("ab* "), st.lists(st.text("ab* ", min_size=1, max_size=3), max_size=4))
def test_what_is_redacted_is_gone(text: str, secrets: list[str]) -> None:
    secrets = [secret for secret in secrets if "*" not in secret]
    left = redact(text, secrets)
    assert [secret for secret in secrets if secret in left] == []
    assert redact(text, ["", *secrets]) == left


def test_this_process_is_alive_and_one_of_no_such_id_is_not() -> None:
    assert process.is_alive(os.getpid())
    assert not process.is_alive(2**22 + 1)
    assert "python" in process.command_line(os.getpid())
    assert process.command_line(2**22 + 1) == ""


def test_a_daemon_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(ProcessError, match=r"dockerd: .*No such file"):
        process.spawn(["dockerd"], log=tmp_path / "log")
