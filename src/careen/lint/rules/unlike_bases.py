r"""A virtual environment or site-packages copied between bases that do not agree.

It is a fault where a COPY --from=STAGE brings a virtual environment or a site-packages folder,
the interpreter does not come along, and the two bases differ in

- the interpreter's minor version: compiled modules do not import, and site-packages of another
  version are not looked for;
- the libc (glibc or musl): compiled modules do not load;
- the interpreter's path, for a virtual environment: its `python` is a link to the builder's.

What cannot be told from the bases' names is not judged.

Bad:

    FROM python:3.12-slim AS builder
    RUN pip install fastapi
    FROM gcr.io/distroless/python3-debian12
    COPY --from=builder /usr/local/lib/python3.12/site-packages /site-packages

Good:

    FROM debian:13-slim AS builder
    RUN --mount=type=cache,target=/var/lib/apt,sharing=locked \
        apt-get update && apt-get install -y --no-install-recommends python3-venv
    RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install fastapi
    FROM gcr.io/distroless/python3-debian13:nonroot
    COPY --from=builder /opt/venv /opt/venv
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.lint.base_facts import BaseFacts
from careen.lint.copies import Copy, read_copy
from careen.lint.installs import apt_action, apt_packages
from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import script_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import StageView, Subject

_PACKAGES = re.compile(r"(site|dist)-packages|/lib/python3?(\.\d+)?$")
_VENV = re.compile(r"(^|/)\.?(venv|virtualenv)s?(/|$)")
_MAKES_VENV = re.compile(r"(?:-m venv|virtualenv|uv venv)\s[^\n;&|]*?(/[\w./-]+)")
# Interpreters that a stage has from elsewhere: its base tells nothing about them.
_OWN_PYTHON = re.compile(
    r"uv python|UV_PYTHON|pyenv|micromamba|conda|--managed-python|--relocatable"
)


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        for instruction in view.stage.instructions:
            copy = read_copy(subject, instruction, view.before(instruction))
            builder = subject.source(copy.origin) if copy and copy.origin else None
            if copy is None or builder is None:
                continue
            venv = _is_venv(copy, builder)
            if not venv and not any(_PACKAGES.search(source) for source in copy.sources):
                continue
            if message := _difference(subject, builder, view, venv=venv):
                yield Fault(
                    instruction.line,
                    f"{copy.sources[0]} of stage {copy.origin} does not fit here: {message}",
                    "build it on a base with the same interpreter version, libc and path",
                )


def _is_venv(copy: Copy, builder: StageView) -> bool:
    if any(_VENV.search(source) for source in copy.sources):
        return True
    scripts = (script_text(one) for one in builder.instructions if one.keyword == "RUN")
    made = {path.rstrip("/") for script in scripts for path in _MAKES_VENV.findall(script)}
    return any(source.rstrip("/") in made for source in copy.sources)


def _difference(subject: Subject, builder: StageView, view: StageView, *, venv: bool) -> str:
    one, other = _interpreter(builder), _interpreter(view)
    if one.libc and other.libc and one.libc != other.libc:
        return f"{one.libc} there, {other.libc} here"
    if _brings_python(subject, view):
        return ""
    if one.python and other.python and one.python != other.python:
        return f"Python {one.python} there, {other.python} here"
    if venv and one.prefix and other.prefix and one.prefix != other.prefix:
        return f"its python is a link to {one.prefix}/bin, the one here is in {other.prefix}/bin"
    return ""


def _interpreter(view: StageView) -> BaseFacts:
    """Give what is known of a stage's interpreter; of an unknown one the libc alone."""
    facts = view.facts
    scripts = [script_text(one) for one in view.instructions if one.keyword == "RUN"]
    values = [one.value for one in view.instructions if one.keyword in {"ENV", "ARG"}]
    from_package = any(
        apt_action(command) == "install"
        and any(package.startswith("python3") for package in apt_packages(command))
        for _, command in view.commands()
    )
    strange = any(_OWN_PYTHON.search(text) for text in (*scripts, *values))
    # A second interpreter beside the image's own: it cannot be told which one is meant.
    if strange or (facts.has_python == from_package):
        return BaseFacts(libc=facts.libc)
    return facts


def _brings_python(subject: Subject, view: StageView) -> bool:
    """Tell whether an interpreter is copied into the stage as well."""
    for at, instruction in enumerate(view.instructions):
        copy = read_copy(subject, instruction, view.instructions[:at])
        for source in copy.sources if copy and copy.origin else ():
            path = source.rstrip("/")
            if path in {"", "/usr", "/usr/local"} or re.search(
                r"(/bin/python[\d.]*|/python)$", path
            ):
                return True
    return False


RULE = Rule(
    "unlike-bases", "error", "an environment is copied between bases that do not agree", _check
)
