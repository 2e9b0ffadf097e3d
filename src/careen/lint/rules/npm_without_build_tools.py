"""`npm ci --omit=dev` before a build: the build tools are development dependencies.

It is a fault where a stage installs with `--only=production`, `--omit=dev` or `--production`
(or with NODE_ENV=production set), and builds afterwards (`npm run build` and its like) with no
full installation between.

Bad:

    FROM node:22-slim AS frontend
    WORKDIR /frontend
    COPY package.json package-lock.json ./
    RUN npm ci --only=production
    COPY . .
    RUN npm run build

Good:

    FROM node:22-slim AS frontend
    WORKDIR /frontend
    COPY package.json package-lock.json ./
    RUN npm ci
    COPY . .
    RUN npm run build
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.build.instructions import Instruction
    from careen.lint.shell_commands import Command
    from careen.lint.subject import StageView, Subject

_WITHOUT_DEV = (
    "--only=production", "--only=prod", "--omit=dev", "--production", "--prod", "--production=true",
)  # fmt: skip
_VALUED = frozenset({"--omit", "--only", "--include"})
_WITH_DEV = ("--include=dev", "--production=false", "--only=dev")


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        partial: tuple[Instruction, Command] | None = None
        for instruction, command in view.commands():
            if _is_install(command):
                without = _without_dev(subject, view, instruction, command)
                partial = (instruction, command) if without else None
            elif partial and _is_build(command):
                if partial[0] in view.stage.instructions:
                    yield Fault(
                        partial[1].line,
                        "the development dependencies are left out here, and the build in line "
                        f"{command.line} needs them",
                        "npm ci here; what is built needs no node_modules at run time, else a "
                        "stage of its own with npm ci --omit=dev",
                    )
                partial = None


def _is_install(command: Command) -> bool:
    words = command.words
    valued = {word for option, word in pairwise(words) if option in _VALUED}
    operands = tuple(word for word in command.operands() if word not in valued)
    if command.name == "yarn" and not operands:
        return True
    return command.name in {"npm", "pnpm", "yarn"} and operands[:1] in {
        ("ci",), ("install",), ("i",), ("clean-install",),
    } and len(operands) == 1  # fmt: skip


def _without_dev(
    subject: Subject, view: StageView, instruction: Instruction, command: Command
) -> bool:
    if command.has(*_WITH_DEV):
        return False
    words = command.words
    pairs = {" ".join(pair) for pair in pairwise(words)}
    if command.has(*_WITHOUT_DEV) or pairs & {"--only production", "--omit dev", "--only prod"}:
        return True
    set_here = subject.environment(view.before(instruction)) | dict(command.assignments)
    return set_here.get("NODE_ENV") == "production"


def _is_build(command: Command) -> bool:
    operands = command.operands()
    if command.name == "npm" and operands[:1] in {("run",), ("run-script",)}:
        return operands[1:2] != () and operands[1].startswith("build")
    if command.name in {"yarn", "pnpm"}:
        return "build" in (operands[1:2] if operands[:1] == ("run",) else operands[:1])
    return False


RULE = Rule(
    "npm-without-build-tools", "error", "a front end is built without its build tools", _check
)
