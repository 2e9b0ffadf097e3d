"""An engine's images over its local socket, without the Docker SDK, whose import takes 0.2 s.

Source: the Docker Engine API, "Inspect an image" and "Export an image".
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from careen.engine.client import EngineClient
from careen.engine.read_ahead import read_ahead
from careen.errors import EngineError
from careen.image.read.chunks import Chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.engine.find import Endpoint
    from careen.image.tar.window import Source

_ANSWER_SECONDS = 60.0
_MOST_ANSWER_BYTES = 16 << 20
_NOT_FOUND, _BAD_REQUEST, _OK = 404, 400, 200


class ImageApi:
    """What careen asks an engine about images.

    Args:
        endpoint: of the engine; a local socket is spoken to directly, all else through the SDK.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._socket = endpoint.host.removeprefix("unix://")
        self._is_local = endpoint.host.startswith("unix://")

    def answers(self) -> bool:
        """Tell whether an engine listens there."""
        if not self._is_local:
            with EngineClient(self.endpoint) as client:
                return client.answers()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
            end.settimeout(5.0)
            try:
                end.connect(self._socket)
            except OSError:
                return False
        return True

    def inspect(self, name: str) -> dict[str, Any] | None:
        """Give an image's document, or None where the engine does not have it.

        Raises:
            EngineError: the engine does not answer, or refuses.
        """
        if not self._is_local:
            with EngineClient(self.endpoint) as client:
                return client.image(name)
        with self._get(f"/images/{quote(name, safe='/:@')}/json") as answer:
            data = answer.read(_MOST_ANSWER_BYTES)
            # A name that no image can have is a bad request.
            if answer.status in {_NOT_FOUND, _BAD_REQUEST}:
                return None
            self._check(answer, data)
        document = json.loads(data)
        if not isinstance(document, dict):
            raise EngineError("the engine's answer is no image")
        return document

    @contextlib.contextmanager
    def save(self, name: str) -> Iterator[Source]:
        """Give the stream of an image's archive.

        Raises:
            EngineError: the engine does not answer, or refuses.
        """
        if not self._is_local:
            with EngineClient(self.endpoint) as client:
                yield Chunks(client.save(name))
            return
        with self._get(f"/images/{quote(name, safe='/:@')}/get") as answer:
            if answer.status != _OK:
                self._check(answer, answer.read(_MOST_ANSWER_BYTES))
            with read_ahead(answer) as source:
                yield source

    @contextlib.contextmanager
    def _get(self, path: str) -> Iterator[http.client.HTTPResponse]:
        connection = _Connection(self._socket)
        try:
            connection.request("GET", path)
            yield connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise EngineError(
                f"the engine at {self.endpoint.host} ({self.endpoint.origin}) ended the "
                f"conversation: {reason}",
                hint="`careen doctor` says what was tried",
            ) from None
        finally:
            connection.close()

    @staticmethod
    def _check(answer: http.client.HTTPResponse, data: bytes) -> None:
        if answer.status == _OK:
            return
        try:
            said = str(json.loads(data)["message"])
        except (ValueError, KeyError, TypeError):
            said = f"status {answer.status}"
        raise EngineError(f"the engine refused: {' '.join(said.split())[:200]}")


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
