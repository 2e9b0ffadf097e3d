"""Asks a running service over HTTP, with a limit on the whole answer."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    parts = urlsplit(url)
    begun = time.monotonic()
    deadline = begun + timeout_seconds
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port or 80, timeout=timeout_seconds
    )
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection.request(method, target, body=body or None, headers=dict(headers or {}))
        response = connection.getresponse()
        data = _body(response, deadline)
        lower = {name.lower(): text for name, text in response.getheaders()}
        return Answer(response.status, lower, data, time.monotonic() - begun)
    except TimeoutError:
        raise NoAnswerError(f"{method} {target}: no answer within {timeout_seconds:g} s") from None
    except http.client.IncompleteRead:
        raise NoAnswerError(f"{method} {target}: the answer was cut off") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        what = getattr(error, "strerror", None) or type(error).__name__
        raise NoAnswerError(f"{method} {target}: {what}") from None
    finally:
        connection.close()


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
