"""`POST /api/ocr`."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from pokertool.ocr.screenshot import TableReading, read_table
from pokertool.ocr.upload import read_upload
from pokertool.services import ServicesOfApp

FIELD = "image"

_FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [FIELD],
    "properties": {FIELD: {"type": "string", "format": "binary"}},
}

router = APIRouter()


@router.post(
    "/api/ocr",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": _FORM_SCHEMA}},
        }
    },
)
async def post_ocr(request: Request, services: ServicesOfApp) -> TableReading:
    """Read the text, the pot and the stacks of a table screenshot, a PNG or JPEG."""
    image = await read_upload(request, FIELD)
    return await run_in_threadpool(read_table, image, services.tesseract)
