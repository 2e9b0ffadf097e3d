"""Requests of a contract as they are sent, again and again, by several clients."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from careen.config.contract import HttpProbe
from careen.contract.probes import request
from careen.engine.service_http import Answer, HeldRequest, NoAnswerError, fetch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.config.contract import ContractSettings

# So that a service that refuses at once is not asked 1,000 times a second.
_PAUSE_SECONDS = 0.05
_SERVER_ERROR = 500


def send(base_url: str, probe: HttpProbe, *, timeout_seconds: float | None = None) -> Answer:
    """Send one request of a contract.

    Raises:
        NoAnswerError: it is not answered in whole in time.
    """
    headers, body = request(probe)
    return fetch(
        f"{base_url}{probe.path}",
        method=probe.method,
        headers=headers,
        body=body,
        timeout_seconds=timeout_seconds or probe.timeout_seconds,
    )


def hold(base_url: str, probe: HttpProbe, *, timeout_seconds: float) -> HeldRequest:
    """Send a request that has a body, but for its last byte.

    Raises:
        NoAnswerError: it cannot be sent.
    """
    headers, body = request(probe)
    return HeldRequest(
        f"{base_url}{probe.path}",
        method=probe.method,
        headers=headers,
        body=body,
        timeout_seconds=timeout_seconds,
    )


def wrong_answer(base_url: str, probes: Sequence[HttpProbe]) -> str:
    """Say which of the requests has another status than it should; "" where none has."""
    for probe in probes:
        try:
            status = send(base_url, probe).status
        except NoAnswerError as error:
            return str(error.args[0])
        if status != probe.status:
            return f"{probe.method} {probe.path} answers {status}, not {probe.status}"
    return ""


def requests_of(contract: ContractSettings) -> tuple[HttpProbe, ...]:
    """Give what a contract's clients send: its load, else its probes, else its health path."""
    return (
        contract.load.requests
        or contract.http
        or (HttpProbe(path=contract.health, timeout_seconds=10.0),)
    )


@dataclass(frozen=True)
class Sent:
    """A request that was sent.

    Attributes:
        begun: when, on the monotonic clock.
        ended: likewise.
        status: of its answer; None where it was not answered in whole.
        problem: why.
    """

    begun: float
    ended: float
    status: int | None
    problem: str = ""


@dataclass
class Clients:
    """Clients that send requests until they are stopped; a context manager.

    Attributes:
        base_url: of the service.
        requests: that each client sends in turn.
        number: of clients.
        sent: what they sent.
    """

    base_url: str
    requests: Sequence[HttpProbe]
    number: int = 4
    timeout_seconds: float = 30.0
    sent: list[Sent] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Clients:
        for number in range(self.number):
            thread = threading.Thread(target=self._run, args=(number,), daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for thread in self._threads:
            thread.join(self.timeout_seconds + 5)

    def stop(self) -> None:
        """Begin no more requests."""
        self._stop.set()

    def _run(self, number: int) -> None:
        while not self._stop.is_set():
            probe = self.requests[number % len(self.requests)]
            number += 1
            begun = time.monotonic()
            status, problem = None, ""
            try:
                status = send(self.base_url, probe, timeout_seconds=self.timeout_seconds).status
            except NoAnswerError as error:
                problem = error.args[0]
            self.sent.append(Sent(begun, time.monotonic(), status, problem))
            if status is None or status >= _SERVER_ERROR:
                self._stop.wait(_PAUSE_SECONDS)
