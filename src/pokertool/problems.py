"""The one shape of every error answer, and the handlers that give it.

The shape is `{"error": "<message>", "details": [{"field": "hole.0", "reason": "..."}]}`;
`details` is empty where no field is to blame.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

log = logging.getLogger(__name__)

INVALID = "the request is not valid"


@dataclass(frozen=True, slots=True)
class Problem:
    """One field of a request, named by its dotted path, and what is wrong with it."""

    field: str
    reason: str


class ProblemError(HTTPException):
    """A request that cannot be answered as asked: the status, a message, the fields to blame."""

    def __init__(self, status: int, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(status_code=status, detail=message)
        self.problems = tuple(problems)


def invalid(field: str, reason: str) -> ProblemError:
    """The answer 422 for one field.

    Example:
        >>> invalid("villain.1", "As is dealt twice").status_code
        422
    """
    return ProblemError(422, INVALID, [Problem(field, reason)])


def unavailable(message: str) -> ProblemError:
    """The answer 503: something that the service needs cannot be reached now."""
    return ProblemError(503, message)


def error_response(
    status: int,
    message: str,
    problems: Iterable[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error answer in the common shape."""
    content = {"error": message, "details": [asdict(problem) for problem in problems]}
    return JSONResponse(content, status, headers)


def install_handlers(app: FastAPI) -> None:
    """Make every failure of the application answer in the common shape."""
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)


def _on_validation_error(_request: Request, error: Exception) -> JSONResponse:
    details = error.errors() if isinstance(error, RequestValidationError) else ()
    return error_response(422, INVALID, map(_problem, details))


def _on_http_exception(_request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, ProblemError):
        return error_response(error.status_code, error.detail, error.problems)
    if not isinstance(error, HTTPException):
        return error_response(500, "internal error")
    if error.status_code == 400:  # noqa: PLR2004 - the framework's word for an unreadable body
        return error_response(422, INVALID, [Problem("body", str(error.detail))])
    return error_response(error.status_code, str(error.detail), headers=error.headers)


def _on_unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed: %s", request.method, request.url.path, type(error).__name__)
    return error_response(500, "internal error; the server's log has the cause")


def _problem(detail: Mapping[str, Any]) -> Problem:
    """One of pydantic's errors as a problem, without the rejected input itself."""
    reason = str(detail.get("msg", "not valid")).removeprefix("Value error, ")
    if detail.get("type") == "json_invalid":
        return Problem("body", f"not JSON: {detail.get('ctx', {}).get('error', reason)}")
    return Problem(_field(detail.get("loc", ())), reason)


def _field(location: Sequence[str | int]) -> str:
    """`("body", "hole", 0)` is `hole.0`; the body as a whole is `body`."""
    place, *path = location or ("body",)
    return ".".join(map(str, path)) or str(place)
