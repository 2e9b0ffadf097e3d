"""What careen's client says of services that answer badly; each within its time."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from careen.engine.service_http import NoAnswerError, fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answer one connection after another by a function, at the address that is given."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        connection.recv(65536)
                        answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x?y=1"
        server.shutdown(socket.SHUT_RDWR)


def drip(connection: socket.socket, text: bytes) -> None:
    for letter in text:
        connection.sendall(bytes([letter]))
        time.sleep(0.05)


BAD: dict[str, tuple[Callable[[socket.socket], None], str]] = {
    "silent": (lambda _: time.sleep(2), "no answer within 0.5 s"),
    "drips-headers": (
        lambda one: drip(one, b"HTTP/1.1 200 OK\r\nX: " + b"y" * 60),
        "no answer within 0.5 s",
    ),
    "drips-body": (
        lambda one: drip(one, b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n" + b"y" * 60),
        "no answer within 0.5 s",
    ),
    "closes": (lambda _: None, "the connection was closed without an answer"),
    "cut-off": (
        lambda one: one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
        "the answer was cut off",
    ),
    "no-http": (lambda one: one.sendall(b"SSH-2.0-x\r\n"), "what answers does not speak HTTP"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_told_in_time(name: str) -> None:
    answer, said = BAD[name]
    begun = time.monotonic()
    with serving(answer) as url, pytest.raises(NoAnswerError) as raised:
        fetch(url, timeout_seconds=0.5)
    assert time.monotonic() - begun < 1.5
    assert raised.value.args[0] == f"GET /x?y=1: {said}"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NoAnswerError, match="GET /: Connection refused"):
        fetch(f"http://127.0.0.1:{port}/", timeout_seconds=1.0)


def test_an_answer_comes_whole_its_headers_in_lower_case() -> None:
    text = b"HTTP/1.1 503 No\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok"
    with serving(lambda one: one.sendall(text)) as url:
        found = fetch(url, method="POST", body=b"1", timeout_seconds=5.0)
    assert (found.status, found.headers["x-a"], found.body) == (503, "b", b"ok")
