"""PYTHONDONTWRITEBYTECODE with no compiled bytecode: every start compiles everything again.

It is a fault where

- an image sets PYTHONDONTWRITEBYTECODE to something,
- Python sources come into it, or into a stage that it needs, by a COPY of the context,
- and no step of these stages compiles them: `compileall`, `py_compile`, `--compile-bytecode`,
  UV_COMPILE_BYTECODE, or `pip install` of the project itself.

Bad:

    FROM python:3.13-slim-trixie
    ENV PYTHONDONTWRITEBYTECODE=1
    COPY src /app
    CMD ["python", "/app/main.py"]

Good:

    FROM python:3.13-slim-trixie
    ENV PYTHONDONTWRITEBYTECODE=1
    COPY src /app
    RUN python -m compileall -q --invalidation-mode unchecked-hash /app
    CMD ["python", "/app/main.py"]
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.lint.copies import read_copy
from careen.lint.installs import pip_arguments
from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import commands, script_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import StageView, Subject

_COMPILES = re.compile(r"compileall|py_compile|--compile-bytecode|UV_COMPILE_BYTECODE")
_NO_SOURCES = re.compile(
    r"\.(txt|toml|lock|json|in|cfg|ini|ya?ml|sh|md|pem|crt|conf)$|/?\.[a-z]+rc$"
)
_NAME = "PYTHONDONTWRITEBYTECODE"


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.images:
        if not subject.environment(view.instructions).get(_NAME):
            continue
        if any(_compiles(one) for one in subject.needed):
            continue
        if not any(_brings_sources(subject, one) for one in subject.needed):
            continue
        lines = [
            one.line_at(max(one.value.find(_NAME), 0))
            for one in view.instructions
            if one.keyword == "ENV" and _NAME in dict(subject.pairs(one))
        ]
        yield Fault(
            lines[-1],
            f"{_NAME} is set and nothing compiles the sources: every start compiles them again",
            "compile them in the build: python -m compileall -q --invalidation-mode "
            "unchecked-hash FOLDER",
        )


def _compiles(view: StageView) -> bool:
    for instruction in view.stage.instructions:
        text = script_text(instruction) if instruction.keyword == "RUN" else instruction.value
        if instruction.keyword in {"RUN", "ENV", "ARG"} and _COMPILES.search(text):
            return True
        for command in commands(instruction):
            arguments = pip_arguments(command) or ()
            if arguments[:1] == ("install",) and any(
                word == "." or word.startswith(("./", ".[")) for word in arguments[1:]
            ):
                return True
    return False


def _brings_sources(subject: Subject, view: StageView) -> bool:
    for at, instruction in enumerate(view.stage.instructions):
        copy = read_copy(subject, instruction, view.stage.instructions[:at])
        if copy and not copy.origin and not all(_NO_SOURCES.search(one) for one in copy.sources):
            return True
    return False


RULE = Rule("no-bytecode", "warning", "no bytecode in the image, and none may be written", _check)
