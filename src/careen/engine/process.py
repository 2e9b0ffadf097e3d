"""The one door to other programs: argument lists, drained pipes, time limits, no secrets."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from careen.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TERMINATE_GRACE_SECONDS = 10.0
_CHUNK_BYTES = 65536
_RUNNING: set[subprocess.Popen[bytes]] = set()


@dataclass(frozen=True)
class Completed:
    """A program that ended.

    Attributes:
        argv: the argument list as it was run.
        returncode: the exit status, negative for a signal.
        stdout: what it wrote to standard output.
        stderr: what it wrote to standard error.
        seconds: wall-clock time from start to exit.
    """

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    seconds: float


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str | None] | None = None,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    timeout_seconds: float = 600.0,
    secrets: Sequence[str] = (),
    check: bool = True,
    hint: str = "",
    on_stdout: Callable[[bytes], object] | None = None,
    on_stderr: Callable[[bytes], object] | None = None,
    keep_stdout: bool = True,
) -> Completed:
    """Run a program to its end and give its output.

    Both pipes are read at the same time. After *timeout_seconds*, or when this process is
    interrupted, the program and all that it started get SIGTERM and later SIGKILL.

    Args:
        argv: the program and its arguments; no shell looks at them.
        env: variables set on top of this process's environment; None takes one away.
        cwd: the folder to run in.
        stdin: bytes for its standard input; without them it gets none.
        timeout_seconds: the bound on the whole run.
        secrets: texts that an error must never show.
        check: raise on a non-zero exit status.
        hint: what to do next, for the error.
        on_stdout: called with each chunk of standard output as it comes.
        on_stderr: the same for standard error.
        keep_stdout: gather standard output as well; off for what is large and has *on_stdout*.

    Raises:
        ProcessError: it could not start, took too long, or failed and *check* is set.

    >>> run(["printf", "%s", "layer"]).stdout
    'layer'
    """
    words = tuple(str(word) for word in argv)
    started = time.monotonic()
    process = _start(words, env=env, cwd=cwd, stdin=stdin is not None, secrets=secrets)
    pumps = _Pumps(process, stdin, on_stdout, on_stderr, keep_stdout=keep_stdout)
    _RUNNING.add(process)
    try:
        pumps.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        pumps.join()
        reason = f"no end after {timeout_seconds:g} s"
        raise _error(words, None, pumps, secrets, reason=reason, hint=hint) from None
    except BaseException:
        _end(process)
        pumps.join()
        raise
    finally:
        _RUNNING.discard(process)
    seconds = time.monotonic() - started
    if check and process.returncode != 0:
        raise _error(words, process.returncode, pumps, secrets, reason="", hint=hint)
    return Completed(words, process.returncode, pumps.stdout, pumps.stderr, seconds)


def spawn(argv: Sequence[str | Path], *, log: Path, env: Mapping[str, str] | None = None) -> int:
    """Start a program that outlives this one, in a session of its own; give its pid.

    Its output is appended to *log*, its standard input is empty.

    Raises:
        ProcessError: it could not start.
    """
    words = tuple(str(word) for word in argv)
    with log.open("ab") as sink:
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env={**os.environ, **(env or {})},
                start_new_session=True,
                cwd="/",
            )
        except OSError as error:
            raise ProcessError(words, None, reason=str(error)) from error
    # A daemon is reaped by whoever is its parent when it ends: by a thread while we live.
    threading.Thread(target=process.wait, daemon=True).start()
    return process.pid


def is_alive(pid: int) -> bool:
    """Tell whether a process with this id runs (a zombie does not).

    >>> is_alive(2**22 + 1)
    False
    """
    try:
        state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def command_line(pid: int) -> str:
    """Give the command line of a process, words joined by blanks; empty where it is gone."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return words.replace(b"\0", b" ").decode(errors="replace").strip()


def stop(pid: int, *, grace_seconds: float = TERMINATE_GRACE_SECONDS) -> None:
    """End a process by its id: SIGTERM, and SIGKILL once *grace_seconds* are over."""
    for number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not is_alive(pid):
            return


def end_all() -> None:
    """End all programs that other threads wait for in `run`: this process is interrupted."""
    for process in list(_RUNNING):
        _end(process)


def redact(text: str, secrets: Sequence[str]) -> str:
    """Replace every secret in a text.

    >>> redact("token=abc", ["abc"])
    'token=***'
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


class _Pumps:
    """The threads that feed standard input and drain both outputs."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        stdin: bytes | None,
        on_stdout: Callable[[bytes], object] | None,
        on_stderr: Callable[[bytes], object] | None,
        *,
        keep_stdout: bool,
    ) -> None:
        self._process = process
        self._out: list[bytes] | None = [] if keep_stdout else None
        self._err: list[bytes] = []
        self._failures: list[BaseException] = []
        jobs: list[tuple[Callable[..., None], tuple[object, ...]]] = [
            (self._drain, (process.stdout, self._out, on_stdout)),
            (self._drain, (process.stderr, self._err, on_stderr)),
        ]
        if stdin is not None:
            jobs.append((self._feed, (stdin,)))
        self._threads = [
            threading.Thread(target=target, args=args, daemon=True) for target, args in jobs
        ]
        for thread in self._threads:
            thread.start()

    @property
    def stdout(self) -> str:
        return b"".join(self._out or ()).decode(errors="replace")

    @property
    def stderr(self) -> str:
        return b"".join(self._err).decode(errors="replace")

    def wait(self, timeout_seconds: float) -> None:
        _wait(self._process, timeout_seconds)
        self.join()
        for failure in self._failures:
            raise failure

    def join(self) -> None:
        # A grandchild may hold a pipe open after the program is gone: do not wait for it.
        for thread in self._threads:
            thread.join(5.0)

    def _drain(
        self, pipe: IO[bytes], into: list[bytes] | None, on_chunk: Callable[[bytes], object] | None
    ) -> None:
        with pipe:
            for chunk in _chunks(pipe):
                if into is not None:
                    into.append(chunk)
                if on_chunk is not None and not self._failures:
                    try:
                        on_chunk(chunk)
                    except BaseException as failure:  # noqa: BLE001 - raised by wait()
                        self._failures.append(failure)

    def _feed(self, data: bytes) -> None:
        pipe = self._process.stdin
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError), pipe:
                pipe.write(data)


def _wait(process: subprocess.Popen[bytes], timeout_seconds: float) -> None:
    """Wait for the end of a process; Linux tells of it at once, `Popen.wait` looks every 50 ms.

    Raises:
        subprocess.TimeoutExpired: it has not ended.
    """
    deadline = time.monotonic() + timeout_seconds
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # an old kernel
            number = os.pidfd_open(process.pid)
            try:
                ended = select.poll()
                ended.register(number, select.POLLIN)
                ended.poll(timeout_seconds * 1000)
            finally:
                os.close(number)
    process.wait(max(0.0, deadline - time.monotonic()))


def _chunks(pipe: IO[bytes]) -> Iterator[bytes]:
    number = pipe.fileno()
    while chunk := os.read(number, _CHUNK_BYTES):
        yield chunk


def _start(
    words: tuple[str, ...],
    *,
    env: Mapping[str, str | None] | None,
    cwd: Path | None,
    stdin: bool,
    secrets: Sequence[str],
) -> subprocess.Popen[bytes]:
    given: dict[str, str | None] = {**os.environ, **(env or {})}
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: text for name, text in given.items() if text is not None},
            cwd=cwd,
            start_new_session=True,
        )
    except OSError as error:
        shown = tuple(redact(word, secrets) for word in words)
        raise ProcessError(shown, None, reason=f"cannot start: {error.strerror}") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and all of its session's process group."""
    for number, seconds in ((signal.SIGTERM, TERMINATE_GRACE_SECONDS), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


def _error(
    words: tuple[str, ...],
    returncode: int | None,
    pumps: _Pumps,
    secrets: Sequence[str],
    *,
    reason: str,
    hint: str,
) -> ProcessError:
    return ProcessError(
        tuple(redact(word, secrets) for word in words),
        returncode,
        stdout=redact(pumps.stdout, secrets)[-8000:],
        stderr=redact(pumps.stderr, secrets)[-8000:],
        reason=reason,
        hint=hint,
    )
