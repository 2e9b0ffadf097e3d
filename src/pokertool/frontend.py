"""The built front end, served as plain files wherever no route of the API matches."""

from pathlib import Path

from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pokertool.problems import error_response

INDEX = "index.html"
NOT_BUILT = (
    "The front end is not built. The API works: see /health and /api/openapi.json.\n"
    "Build it with `npm run build` in frontend/, or set POKERTOOL_FRONTEND_DIR.\n"
)
FOREVER = "public, max-age=31536000, immutable"  # names in assets/ have a hash of the content
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}


class Frontend:
    """ASGI application over a folder of files; a path of the API that is unknown is JSON 404.

    Args:
        root: The folder with index.html; it need not exist.
        otherwise: Takes what is not HTTP.
    """

    def __init__(self, root: Path, otherwise: ASGIApp) -> None:
        self._root = root.resolve()
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._otherwise(scope, receive, send)
            return
        response = self.respond(scope["method"], scope["path"])
        await response(scope, receive, send)

    def respond(self, method: str, path: str) -> Response:
        """The answer to a request that no route took."""
        if method not in {"GET", "HEAD"} or path == "/api" or path.startswith("/api/"):
            return error_response(404, f"there is no {method} {path[:200]}")
        file = self._find(path.removeprefix("/") or INDEX)
        if file is not None:
            cache = FOREVER if path.startswith("/assets/") else "no-cache"
            return FileResponse(file, headers=SECURITY_HEADERS | {"Cache-Control": cache})
        if path == "/":
            return PlainTextResponse(NOT_BUILT, 503)
        return error_response(404, f"there is no page {path[:200]}")

    def _find(self, name: str) -> Path | None:
        """The file of a name below the root, or None; links out of the root do not count."""
        try:
            file = (self._root / name).resolve()
            return file if file.is_relative_to(self._root) and file.is_file() else None
        except (OSError, ValueError):  # a name too long, or with a NUL
            return None
