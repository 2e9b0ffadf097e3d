"""Workers give results in order, pass errors on, and none is left behind.

A fork is no other program: these tests start some, on purpose.
"""

from __future__ import annotations

import os
import time

import pytest

from careen.engine.workers import LEAST_BYTES, Codec, in_parallel
from careen.errors import ArchiveError, EngineError

TEXT = Codec(lambda text: str(text).encode(), lambda data: data.decode())
BIG = [LEAST_BYTES * (number + 1) for number in range(5)]


def children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def test_results_are_in_the_order_of_the_numbers_and_from_several_processes() -> None:
    def work(number: int) -> str:
        time.sleep(0.02)
        return f"{number} {os.getpid()}"

    found = in_parallel(BIG, work, TEXT, most=3)
    assert [text.split()[0] for text in found] == ["0", "1", "2", "3", "4"]
    assert len({text.split()[1] for text in found}) == 3
    assert not children()


@pytest.mark.parametrize("sizes", [[], [1 << 40], [5, 5, 5]])
def test_small_inputs_start_nothing(sizes: list[int]) -> None:
    found = in_parallel(sizes, lambda _: str(os.getpid()), TEXT, most=3)
    assert set(found) <= {str(os.getpid())}


def test_large_results_come_back_whole() -> None:
    found = in_parallel(BIG, lambda number: "x" * (1 << 20) + str(number), TEXT, most=4)
    assert [text[-1] for text in found] == list("01234")


def test_an_error_of_a_worker_is_an_error_here() -> None:
    own = os.getpid()

    def work(number: int) -> str:
        time.sleep(0.02)
        if os.getpid() != own:
            raise ArchiveError(f"layer {number} is corrupt", hint="fetch it again")
        return "fine"

    with pytest.raises(ArchiveError, match="is corrupt") as caught:
        in_parallel(BIG, work, TEXT, most=2)
    assert caught.value.hint == "fetch it again"
    assert not children()


def test_a_defect_and_a_killed_worker_are_errors() -> None:
    own = os.getpid()

    def defect(_: int) -> str:
        time.sleep(0.02)
        if os.getpid() != own:
            raise RuntimeError("oops")
        return "fine"

    def killed(_: int) -> str:
        time.sleep(0.02)
        if os.getpid() != own:
            os._exit(9)
        return "fine"

    with pytest.raises(EngineError, match="RuntimeError: oops"):
        in_parallel(BIG, defect, TEXT, most=2)
    with pytest.raises(EngineError, match="ended early"):
        in_parallel(BIG, killed, TEXT, most=2)
    assert not children()


def test_an_interrupt_ends_the_workers() -> None:
    own = os.getpid()

    def work(_: int) -> str:
        if os.getpid() == own:
            raise KeyboardInterrupt
        time.sleep(30)
        return ""

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        in_parallel(BIG, work, TEXT, most=3)
    assert time.monotonic() - start < 5
    assert not children()
