"""`GET /health`: whether the database and tesseract can be reached, told within bounded time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from pokertool import __version__
from pokertool.ocr import opencv
from pokertool.problems import ProblemError
from pokertool.services import Services

PROBE_SECONDS = 4.0
NO_STORE = {"Cache-Control": "no-store"}

router = APIRouter()


class Monitor:
    """Asks the database and tesseract, in threads of its own.

    The threads are few and no other work waits in them, so a long calculation never delays
    the answer, and a database that hangs cannot pile up threads.
    """

    def __init__(self, services: Services, seconds: float = PROBE_SECONDS) -> None:
        self._services = services
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")

    def warm_up(self) -> None:
        """Ask once in the background, so that the first report finds all loaded."""
        self._threads.submit(self._services.tesseract.version)
        self._threads.submit(self._services.database.ping)

    def close(self) -> None:
        """Let the threads end; what hangs is left behind."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def report(self) -> dict[str, Any]:
        """The health report; its status is "ok" only if both can be reached."""
        (database, _), (tesseract, version) = await asyncio.gather(
            self._probe(self._services.database.ping),
            self._probe(self._services.tesseract.version),
        )
        return {
            "status": "ok" if database and tesseract else "degraded",
            "version": __version__,
            "database": {"reachable": database, "kind": self._services.database.kind},
            "tesseract": {"reachable": tesseract, "version": version},
            "ml": opencv.is_installed(),
        }

    async def _probe(self, ask: Callable[[], str | None]) -> tuple[bool, str | None]:
        loop = asyncio.get_running_loop()
        try:
            answer = loop.run_in_executor(self._threads, ask)
            return True, await asyncio.wait_for(answer, self._seconds)
        except (ProblemError, TimeoutError):
            return False, None


@router.get("/health")
async def get_health(request: Request) -> JSONResponse:
    """Whether the service can do its work: 200, or 503 where it cannot."""
    report = await request.app.state.monitor.report()
    return JSONResponse(report, 200 if report["status"] == "ok" else 503, NO_STORE)
