"""Sources copied before dependencies are installed: layers stand in the order of their changes.

It is a fault where a stage copies a folder of sources from the context (src, app, frontend, lib,
scripts, server, ...) and a later step installs packages of the system or the dependencies that a
manifest names, with a tool that has not installed before. (The whole context: see
copy-all-before-install.)

Bad:

    FROM node:22-slim AS frontend
    WORKDIR /frontend
    COPY frontend/ .
    RUN npm ci

Good:

    FROM node:22-slim AS frontend
    WORKDIR /frontend
    COPY frontend/package.json frontend/package-lock.json ./
    RUN npm ci
    COPY frontend/ .
"""

from __future__ import annotations

from posixpath import basename
from typing import TYPE_CHECKING

from careen.lint.install_order import copies_before_install
from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.copies import Copy
    from careen.lint.subject import Subject

_SOURCES = frozenset({
    "api", "app", "apps", "backend", "client", "frontend", "lib", "scripts", "server", "service",
    "source", "sources", "src", "tests", "ui", "web", "webapp",
})  # fmt: skip


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        for instruction, copy, command, tool in copies_before_install(subject, view, _is_source):
            yield Fault(
                instruction.line,
                f"the sources ({copy.sources[0]}) are copied before {tool} installs in line "
                f"{command.line}: each change of them installs it anew",
                "copy the manifest alone before it, the sources afterwards",
            )


def _is_source(copy: Copy) -> bool:
    names = (source.rstrip("/") for source in copy.sources)
    return not copy.origin and any(
        basename(name) in _SOURCES or name.partition("/")[0] == "src" for name in names
    )


RULE = Rule("layer-order", "warning", "sources copied before dependencies are installed", _check)
