"""`COPY . .` before the dependencies are installed: any changed file installs all of them anew.

It is a fault where a stage copies the whole context (or a stage that holds the whole context) and
a later step installs packages of the system or the dependencies that a manifest names, with a tool
that has not installed before that COPY.

Bad:

    FROM python:3.13-slim-trixie
    WORKDIR /app
    COPY . .
    RUN pip install -r requirements.txt

Good:

    FROM python:3.13-slim-trixie
    WORKDIR /app
    COPY requirements.txt .
    RUN pip install -r requirements.txt
    COPY . .
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.copies import Copy, read_copy
from careen.lint.install_order import copies_before_install
from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject

_ALL = frozenset({".", "./", "/", "*", "./*"})


def _check(subject: Subject) -> Iterator[Fault]:
    def is_all(copy: Copy) -> bool:
        return _holds_all(subject, copy)

    for view in subject.stages:
        for instruction, copy, command, tool in copies_before_install(subject, view, is_all):
            what = f"stage {copy.origin} with the whole context" if copy.origin else "everything"
            yield Fault(
                instruction.line,
                f"{what} is copied before {tool} installs in line {command.line}: "
                "any changed file installs all of it anew",
                "copy the requirements or the manifest alone before it, the rest afterwards",
            )


def _holds_all(subject: Subject, copy: Copy) -> bool:
    if not copy.origin:
        return any(source in _ALL for source in copy.sources)
    origin = subject.source(copy.origin)
    if origin is None:
        return False
    for at, instruction in enumerate(origin.instructions):
        other = read_copy(subject, instruction, origin.instructions[:at])
        if other and not other.origin and any(source in _ALL for source in other.sources):
            return any(source.rstrip("/") in {"", other.target} for source in copy.sources)
    return False


RULE = Rule(
    "copy-all-before-install", "warning", "COPY . . before the dependencies are installed", _check
)
