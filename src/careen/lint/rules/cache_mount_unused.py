"""A cache mount that its tool is told not to use: it stays empty, every build downloads again.

It is a fault where a RUN has a cache mount on the cache of pip, uv or apk, and the tool is told
to keep no cache: by its option (`--no-cache-dir`, `--no-cache`) or by a variable that is set
there (PIP_NO_CACHE_DIR, UV_NO_CACHE).

Bad:

    FROM python:3.13-slim-trixie
    RUN --mount=type=cache,target=/root/.cache/pip pip install --no-cache-dir fastapi

Good:

    FROM python:3.13-slim-trixie
    RUN --mount=type=cache,target=/root/.cache/pip pip install fastapi
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.installs import pip_arguments
from careen.lint.mounts import mounts
from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.build.instructions import Instruction
    from careen.lint.shell_commands import Command
    from careen.lint.subject import StageView, Subject

# Tool: the end of its cache's folder, its options, its variable.
_TOOLS = {
    "pip": ("pip", ("--no-cache-dir",), "PIP_NO_CACHE_DIR"),
    "uv": ("uv", ("--no-cache", "-n"), "UV_NO_CACHE"),
    "apk": ("apk", ("--no-cache",), ""),
}


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        for instruction in view.stage.instructions:
            caches = [mount for mount in mounts(instruction) if mount.kind == "cache"]
            for command in commands(instruction) if caches else ():
                tool = _tool(command)
                if tool and any(mount.target.endswith(f"/{_TOOLS[tool][0]}") for mount in caches):
                    yield from _faults(subject, view, instruction, command, tool)


def _faults(
    subject: Subject, view: StageView, instruction: Instruction, command: Command, tool: str
) -> Iterator[Fault]:
    _, options, variable = _TOOLS[tool]
    advice = "remove it: the mount is in no layer, so the cache costs the image nothing"
    told = next((option for option in options if command.has(option)), "")
    if told:
        message = f"{told} beside a cache mount of {tool}: the mount stays empty"
        yield Fault(command.line, message, advice)
    elif variable:
        # ARGs are in a RUN's environment as well.
        before = view.before(instruction)
        here = subject.environment(before) | dict(command.assignments)
        args = [one for one in before if one.keyword == "ARG"]
        here |= {name: value for one in args for name, value in subject.pairs(one) if value}
        if here.get(variable):
            message = f"{variable} is set beside a cache mount of {tool}: the mount stays empty"
            yield Fault(command.line, message, f"remove {variable}, or unset it for this RUN")


def _tool(command: Command) -> str:
    if command.name in {"uv", "apk"}:
        return command.name
    return "pip" if pip_arguments(command) is not None else ""


RULE = Rule("cache-mount-unused", "warning", "a cache mount whose tool keeps no cache", _check)
