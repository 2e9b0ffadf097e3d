"""Refusing request bodies that are too large: by their declared length, and while reading."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pokertool.problems import Problem, ProblemError, error_response

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
MAX_UPLOAD_BODY_BYTES = MAX_UPLOAD_BYTES + 64 * 1024  # the multipart envelope
MAX_BODY_BYTES = 1024 * 1024
UPLOAD_PATH = "/api/ocr"

# A client that is still sending when the connection closes may never see the answer, so a
# body not much too large is read to its end first.
MAX_DRAINED_BYTES = 4 * MAX_UPLOAD_BYTES
DRAIN_SECONDS = 5.0


def too_large(limit: int) -> ProblemError:
    """The answer 413."""
    return ProblemError(413, _message(limit), _problems(limit))


def limit_for(path: str) -> int:
    """How many bytes a request body to a path may have."""
    return MAX_UPLOAD_BODY_BYTES if path == UPLOAD_PATH else MAX_BODY_BYTES


class BodyLimit:
    """ASGI middleware that answers 413 to a body over the limit of its path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413, or pass the request on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = limit_for(scope["path"])
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            if int(declared) <= MAX_DRAINED_BYTES and "expect" not in headers:
                await _drain(receive)
            answer = error_response(413, _message(limit), _problems(limit))
            await answer(scope, receive, send)
            return
        await self._app(scope, _counting(receive, limit), send)


def _counting(receive: Receive, limit: int) -> Receive:
    """`receive`, which raises the answer 413 once more than `limit` bytes have come."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            if message.get("more_body", False):
                await _drain(receive)
            raise too_large(limit)
        return message

    return counted


async def _drain(receive: Receive) -> None:
    """Read and forget the rest of a body, within bounds of size and time."""
    drained, more = 0, True
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while more and drained <= MAX_DRAINED_BYTES:
                message = await receive()
                drained += len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        return


def _message(limit: int) -> str:
    return f"the request is larger than the {limit} bytes allowed"


def _problems(limit: int) -> list[Problem]:
    is_upload = limit >= MAX_UPLOAD_BYTES
    return [Problem("image" if is_upload else "body", f"at most {limit} bytes")]
