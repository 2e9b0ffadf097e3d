"""Asks a running service over HTTP, with a limit on the whole answer."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHUNK_BYTES = 65536
_MOST_BYTES = 64 << 20


class Answer(NamedTuple):
    """An answer that came in whole.

    Attributes:
        status: such as 200.
        headers: their names in lower case.
        body: its bytes.
        seconds: from the connection's start to the last byte.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class NoAnswerError(EngineError):
    """A service did not answer, or not to the end, or not in time."""


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout_seconds: float = 10.0,
) -> Answer:
    """Send a request and read its answer to the end. Proxies are not used.

    Raises:
        NoAnswerError: there is none in time, or it is cut off; the message says which.
    """
    begun = time.monotonic()
    connection, target = _connection(url, timeout_seconds)
    try:
        with _failures(f"{method} {target}", timeout_seconds):
            connection.connect()
            with _ended_at(connection, begun + timeout_seconds):
                connection.request(method, target, body=body or None, headers=dict(headers or {}))
                return _answer(connection, begun, timeout_seconds)
    finally:
        connection.close()


class HeldRequest:
    """A request whose last byte is held back: the service has it, and cannot answer it yet.

    Args:
        url: of the request.
        method: such as POST.
        headers: of the request.
        body: of at least one byte.
        timeout_seconds: for each step.

    Raises:
        NoAnswerError: it cannot be sent.
    """

    def __init__(
        self,
        url: str,
        *,
        method: str,
        headers: Mapping[str, str],
        body: bytes,
        timeout_seconds: float = 10.0,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._last = body[-1:]
        self._connection, target = _connection(url, timeout_seconds)
        self._what = f"{method} {target}"
        with _failures(self._what, timeout_seconds):
            self._connection.putrequest(method, target)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self._connection.putheader(name, value)
            self._connection.endheaders(body[:-1])

    def finish(self) -> Answer:
        """Send the last byte, read the answer to its end and close the connection.

        Raises:
            NoAnswerError: there is none.
        """
        begun = time.monotonic()
        try:
            with (
                _failures(self._what, self._timeout_seconds),
                _ended_at(self._connection, begun + self._timeout_seconds),
            ):
                self._connection.send(self._last)
                return _answer(self._connection, begun, self._timeout_seconds)
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection, answered or not."""
        self._connection.close()


def _connection(url: str, timeout_seconds: float) -> tuple[http.client.HTTPConnection, str]:
    """Give a connection that is not opened yet, and the request's target."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port or 80, timeout=timeout_seconds
    )
    path = parts.path or "/"
    return connection, f"{path}?{parts.query}" if parts.query else path


def _answer(connection: http.client.HTTPConnection, begun: float, timeout_seconds: float) -> Answer:
    response = connection.getresponse()
    data = _body(response, begun + timeout_seconds)
    lower = {name.lower(): text for name, text in response.getheaders()}
    return Answer(response.status, lower, data, time.monotonic() - begun)


@contextmanager
def _ended_at(connection: http.client.HTTPConnection, deadline: float) -> Iterator[None]:
    """End a connection at a time: the socket's own limit begins anew with each byte that comes.

    Raises:
        TimeoutError: the time came.
    """
    connected: socket.socket = connection.sock

    def end() -> None:
        with suppress(OSError):  # it is closed already
            connected.shutdown(socket.SHUT_RDWR)

    alarm = threading.Timer(max(0.0, deadline - time.monotonic()), end)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if time.monotonic() >= deadline:
            raise TimeoutError from None
        raise
    finally:
        alarm.cancel()


@contextmanager
def _failures(what: str, timeout_seconds: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise NoAnswerError(f"{what}: no answer within {timeout_seconds:g} s") from None
    except http.client.IncompleteRead:
        raise NoAnswerError(f"{what}: the answer was cut off") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswerError(f"{what}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, http.client.RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(error, http.client.BadStatusLine):
        return "what answers does not speak HTTP"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _body(response: http.client.HTTPResponse, deadline: float) -> bytes:
    data = bytearray()
    wanted = response.length  # None where the answer is chunked, or ends with the connection
    while wanted is None or len(data) < wanted:
        most = _CHUNK_BYTES if wanted is None else min(_CHUNK_BYTES, wanted - len(data))
        # read1: what has come; read waits for the whole chunk, however slowly that drips.
        chunk = response.read1(most)
        data += chunk
        if not chunk:
            break
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(data) > _MOST_BYTES:
            raise ValueError("an answer of more than 64 MB")
    if wanted is not None and len(data) < wanted:
        raise http.client.IncompleteRead(bytes(data), wanted - len(data))
    return bytes(data)
