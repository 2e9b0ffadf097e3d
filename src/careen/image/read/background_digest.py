"""Feeds a hash in a thread of its own, so that reading and hashing use two processors."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import TracebackType


class Digest(Protocol):
    """What hashlib makes."""

    @property
    def name(self) -> str:
        """Such as sha256."""
        ...

    def update(self, data: memoryview, /) -> None:
        """Take more bytes."""
        ...

    def hexdigest(self) -> str:
        """Give the hash of all of them."""
        ...


class BackgroundDigest:
    """Feeds a hash while it is open; afterwards the hash is complete, or an error is under way.

    hashlib lets other threads run while it hashes a large buffer.
    """

    def __init__(self, digest: Digest) -> None:
        self._digest = digest
        self._waiting: SimpleQueue[memoryview | None] = SimpleQueue()
        self._done: SimpleQueue[None] = SimpleQueue()
        self._abandoned = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="digest", daemon=True)

    def __enter__(self) -> BackgroundDigest:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._abandoned = kind is not None
        self._waiting.put(None)
        self._thread.join()
        if kind is None and self._error is not None:
            raise self._error

    def feed(self, view: memoryview) -> None:
        """Hash a buffer, some time; it must stay as it is until then."""
        self._waiting.put(view)

    def wait_for_one(self) -> None:
        """Wait until one more of the buffers has been hashed, in their order."""
        self._done.get()

    def _run(self) -> None:
        while (view := self._waiting.get()) is not None:
            try:
                if not self._abandoned and self._error is None:
                    self._digest.update(view)
            except Exception as error:  # noqa: BLE001 - raised again where the digest is closed
                self._error = error
            self._done.put(None)
