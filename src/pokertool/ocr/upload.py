"""The uploaded file of a multipart request, held in memory and never written to disk."""

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from pokertool.body_limit import MAX_UPLOAD_BYTES, too_large
from pokertool.problems import invalid


async def read_upload(request: Request, field: str) -> bytes:
    """The bytes of the one file of a field.

    Raises:
        ProblemError: 422 where the request has no such file, 413 for a file too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise invalid(field, "send the file as multipart/form-data")
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=8)
    parser.spool_max_size = MAX_UPLOAD_BYTES + 1  # keeps the file off a read-only disk
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise invalid(field, error.message) from error
    except ClientDisconnect as error:
        raise invalid(field, "the upload broke off") from error
    try:
        upload = form.get(field)
        if not isinstance(upload, UploadFile):
            raise invalid(field, "missing: a file with this name is required")
        content = await upload.read()
    finally:
        await form.close()
    if len(content) > MAX_UPLOAD_BYTES:
        raise too_large(MAX_UPLOAD_BYTES)
    return content
