"""What one layer brings and a later one removes stays in the image, and is pulled for ever.

It is a fault where

- a COPY or ADD of a stage that becomes an image, or of one that it stands on, brings a path,
- and a later RUN of the chain removes or moves that path, or a folder that holds it.

Bad:

    FROM python:3.13-slim-trixie AS builder
    COPY requirements.txt .
    RUN pip wheel --wheel-dir /wheels -r requirements.txt
    FROM python:3.13-slim-trixie
    COPY --from=builder /wheels /wheels
    RUN pip install /wheels/* && rm -rf /wheels

Good:

    FROM python:3.13-slim-trixie AS builder
    COPY requirements.txt .
    RUN pip wheel --wheel-dir /wheels -r requirements.txt
    FROM python:3.13-slim-trixie
    RUN --mount=type=bind,from=builder,source=/wheels,target=/wheels pip install /wheels/*
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from posixpath import join, normpath
from typing import TYPE_CHECKING

from careen.lint.copies import Copy, read_copy
from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import StageView, Subject


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.images:
        removals = list(_removals(subject, view))
        for at, instruction in enumerate(view.instructions):
            copy = read_copy(subject, instruction, view.instructions[:at])
            for path in copy.paths() if copy else ():
                after = [one for one in removals if one[0] > at and _hits(one[2], path)]
                if after:
                    line = after[0][1]
                    yield Fault(
                        instruction.line,
                        f"{path} comes into a layer here and is removed in line {line}: "
                        "it stays in this layer",
                        f"mount it where it is used: RUN --mount=type=bind,{_origin(copy)}"
                        f"target={path}, or copy the finished result alone",
                    )
                    break


def _removals(subject: Subject, view: StageView) -> Iterator[tuple[int, int, str]]:
    """Give (the instruction's number, the line, the absolute path) of what is removed."""
    for at, instruction in enumerate(view.instructions):
        found = commands(instruction)
        moved = any(command.name in {"cd", "pushd"} for command in found)
        for command in found:
            paths = command.operands() if command.name == "rm" else ()
            if command.name == "mv":
                paths = command.operands()[:-1]
            for path in paths:
                if path.startswith("/") or not (moved or "$" in path):
                    folder = subject.workdir(view.instructions[:at])
                    yield at, command.line, normpath(join(folder, path))


def _hits(removed: str, path: str) -> bool:
    removed = removed.removesuffix("/*")
    return path.startswith(f"{removed}/") or fnmatchcase(path, removed)


def _origin(copy: Copy | None) -> str:
    if copy is None or len(copy.sources) > 1:
        return ""
    origin = f"from={copy.origin}," if copy.origin else ""
    return f"{origin}source={copy.sources[0]},"


RULE = Rule("removed-later", "warning", "a later layer removes what a COPY brought", _check)
