"""Reads several layers at the same time, in forked processes beside this one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from typing import TYPE_CHECKING, Generic, NamedTuple, NoReturn, TypeVar

from careen.errors import ArchiveError, CareenError, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

# Below this a fork and the way back cost more than they save.
LEAST_BYTES = 8 << 20
_MOST_WORKERS = 8
# What stands in the queue is read whole, since a pipe's reads of so few bytes are.
_NUMBER_BYTES, _LENGTH_BYTES = 2, 8
_MOST_TASKS = (64 << 10) // _NUMBER_BYTES // 2
_DONE, _FAULT, _DEFECT = b"d", b"f", b"x"


class Codec(NamedTuple, Generic[T]):
    """How a result passes from a process to another."""

    encode: Callable[[T], bytes]
    decode: Callable[[bytes], T]


class _Worker(NamedTuple):
    pid: int
    results: int


def in_parallel(
    sizes: Sequence[int], work: Callable[[int], T], codec: Codec[T], *, most: int | None = None
) -> list[T]:
    """Do *work* for each number, the largest first; this process works too.

    Args:
        sizes: the bytes that each number stands for.
        work: what is to be done; raises CareenError for what is the input's fault.
        codec: takes results out of the other processes.
        most: processes at the same time; None is the number of processors.

    Returns:
        the results in the order of the numbers.

    Raises:
        CareenError: the first that a worker raised; the others are ended.
        EngineError: a worker was killed.
    """
    count = _workers(sizes, most)
    if not count:
        return [work(number) for number in range(len(sizes))]
    order = sorted(range(len(sizes)), key=lambda number: -sizes[number])
    queue = _queue(order)
    workers: list[_Worker] = []
    done: dict[int, T] = {}
    try:
        for _ in range(count):
            workers.append(_fork(queue, work, codec.encode, workers))
        for number in _numbers(queue):
            done[number] = work(number)
        for worker in workers:
            done.update(_results(worker, codec.decode))
    finally:
        os.close(queue)
        for worker in workers:
            _end(worker)
    if len(done) != len(sizes):
        raise EngineError(
            "a process that read layers ended early", hint="is there enough memory? run it again"
        )
    return [done[number] for number in range(len(sizes))]


def _workers(sizes: Sequence[int], most: int | None) -> int:
    """Give the number of processes to start beside this one."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        # A fork in the middle of another thread's work may leave its locks held for ever.
        return 0
    if sum(sizes) - max(sizes, default=0) < LEAST_BYTES or len(sizes) > _MOST_TASKS:
        return 0
    processors = most or min(_processors(), _MOST_WORKERS)
    return min(processors, len(sizes)) - 1


def _processors() -> int:
    # Those that this process may use; not every system can tell.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _queue(order: Sequence[int]) -> int:
    """Make a pipe that each process takes its next number from."""
    ends = os.pipe()
    os.write(ends[1], b"".join(number.to_bytes(_NUMBER_BYTES, "big") for number in order))
    os.close(ends[1])
    return ends[0]


def _numbers(queue: int) -> Iterator[int]:
    while number := os.read(queue, _NUMBER_BYTES):
        yield int.from_bytes(number, "big")


def _fork(
    queue: int,
    work: Callable[[int], T],
    encode: Callable[[T], bytes],
    others: Sequence[_Worker],
) -> _Worker:
    ends = os.pipe()
    pid = os.fork()
    if pid:
        os.close(ends[1])
        return _Worker(pid, ends[0])
    # From here on it is the worker, which never returns.
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for other in others:
            os.close(other.results)
        os.close(ends[0])
        _work(queue, ends[1], work, encode)
        status = 0
    finally:
        _exit(status)


def _exit(status: int) -> NoReturn:
    # Not sys.exit: what the parent has open and buffered is the parent's to write.
    os._exit(status)


def _work(queue: int, results: int, work: Callable[[int], T], encode: Callable[[T], bytes]) -> None:
    """Take numbers until there are none; results are kept until then, for nobody reads them."""
    kept: list[bytes] = []
    for number in _numbers(queue):
        try:
            kind, data = _DONE, encode(work(number))
        except CareenError as error:
            kind = _FAULT
            data = json.dumps([str(error.args[0]), error.hint]).encode()
        except Exception as error:  # noqa: BLE001 - the other process raises it
            kind, data = _DEFECT, f"{type(error).__name__}: {error}".encode()
        head = number.to_bytes(_NUMBER_BYTES, "big") + len(data).to_bytes(_LENGTH_BYTES, "big")
        kept.append(kind + head + data)
        if kind != _DONE:
            break
    with os.fdopen(results, "wb") as sink:
        for each in kept:
            sink.write(each)


def _results(worker: _Worker, decode: Callable[[bytes], T]) -> Iterator[tuple[int, T]]:
    length = 1 + _NUMBER_BYTES + _LENGTH_BYTES
    with os.fdopen(worker.results, "rb", closefd=False) as source:
        while len(head := source.read(length)) == length:
            kind, number = head[:1], int.from_bytes(head[1 : 1 + _NUMBER_BYTES], "big")
            size = int.from_bytes(head[1 + _NUMBER_BYTES :], "big")
            data = source.read(size)
            if len(data) != size:
                return
            if kind == _FAULT:
                message, hint = json.loads(data)
                raise ArchiveError(message, hint=hint)
            if kind == _DEFECT:
                raise EngineError(f"a process that read layers failed: {data.decode()}")
            yield number, decode(data)


def _end(worker: _Worker) -> None:
    os.close(worker.results)
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(worker.pid, 0)
