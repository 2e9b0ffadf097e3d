"""Waiting for PostgreSQL ends, whatever the server does; psycopg2's connection is a pipe here."""

from __future__ import annotations

import importlib
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pokertool import postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator

psycopg2: Any = importlib.import_module("psycopg2")
known: Any = importlib.import_module("psycopg2.extensions")


class Connection:
    """A connection whose states are given; it waits at one end of a pipe."""

    def __init__(self, number: int, *states: int, status: int = known.STATUS_READY) -> None:
        self.number = number
        self.states = [*states]
        self.status = status

    def poll(self) -> int:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def fileno(self) -> int:
        return self.number


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(postgresql, "WAIT_SECONDS", 0.05)


def test_an_answer_that_comes_ends_the_wait() -> None:
    with pipe() as (reading, writing):
        os.write(writing, b"x")
        postgresql.wait(Connection(reading, known.POLL_READ, known.POLL_OK))
        postgresql.wait(Connection(writing, known.POLL_WRITE, known.POLL_OK))
        postgresql.wait(Connection(reading, known.POLL_OK))


@pytest.mark.parametrize(
    ("status", "seconds"),
    [(known.STATUS_READY, 0.2), (known.STATUS_BEGIN, 0.2), (20, 0.05)],
    ids=["ready", "in a transaction", "connecting"],
)
def test_an_answer_that_does_not_come_is_given_up(status: int, seconds: float) -> None:
    begun = time.monotonic()
    with (
        pipe() as (reading, _),
        pytest.raises(psycopg2.OperationalError, match=f"no answer .* within {seconds:g} s"),
    ):
        postgresql.wait(Connection(reading, known.POLL_READ, status=status))
    assert time.monotonic() - begun >= seconds * 0.9


def test_a_server_that_sends_and_never_ends_is_given_up() -> None:
    with pipe() as (reading, writing):
        os.write(writing, b"x")
        with pytest.raises(psycopg2.OperationalError, match="no answer"):
            postgresql.wait(Connection(reading, known.POLL_READ))


def test_a_state_that_is_unknown_is_a_failure() -> None:
    with pytest.raises(psycopg2.OperationalError, match="state 3"):
        postgresql.wait(Connection(0, known.POLL_ERROR))


def test_the_driver_is_told_to_wait_like_this() -> None:
    before = known.get_wait_callback()
    try:
        assert postgresql.load_driver() is psycopg2
        assert known.get_wait_callback() is postgresql.wait
    finally:
        known.set_wait_callback(before)
