"""What the routes need from outside a request, and how a route gets it."""

from dataclasses import dataclass
from typing import Annotated, Self, cast

from fastapi import Depends, Request

from pokertool.database import Database
from pokertool.ocr.tesseract import Tesseract
from pokertool.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The outside world of one application; tests give it other parts."""

    settings: Settings
    database: Database
    tesseract: Tesseract

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The real parts. Nothing is reached, opened or started yet."""
        return cls(settings, Database(settings), Tesseract(settings.tesseract))


async def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


ServicesOfApp = Annotated[Services, Depends(_services)]
