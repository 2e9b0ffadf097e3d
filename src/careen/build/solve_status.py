"""BuildKit's SolveStatus, as buildx writes it with --progress=rawjson; what careen reads of it.

Source: client/graph.go in moby/buildkit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Base64Bytes, BaseModel, Field, model_validator


class Vertex(BaseModel):
    """A step of the build as it is now; it is sent again with every change."""

    digest: str
    name: str = ""
    started: datetime | None = None
    completed: datetime | None = None
    cached: bool = False
    error: str = ""


class _Transfer(BaseModel):
    id: str
    vertex: str
    name: str = ""
    current: int = 0


class _LogData(BaseModel):
    vertex: str
    stream: int = 1
    data: Base64Bytes = b""
    timestamp: datetime | None = None


class _Position(BaseModel):
    line: int = 0


class _Range(BaseModel):
    start: _Position = _Position()


class _Source(BaseModel):
    filename: str = ""


class _Warning(BaseModel):
    short: Base64Bytes = b""
    source: _Source | None = Field(default=None, alias="sourceInfo")
    range: tuple[_Range, ...] | None = None

    @property
    def text(self) -> str:
        """The warning in one line, with the Dockerfile and line that it is about."""
        text = self.short.decode(errors="replace")
        if self.source is None or not self.range:
            return text
        return f"{self.source.filename}:{self.range[0].start.line}: {text}"


class Status(BaseModel):
    """One message; an object without any of these is none of BuildKit's."""

    vertexes: tuple[Vertex, ...] = ()
    statuses: tuple[_Transfer, ...] = ()
    logs: tuple[_LogData, ...] = ()
    warnings: tuple[_Warning, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("no progress message")
        return self
