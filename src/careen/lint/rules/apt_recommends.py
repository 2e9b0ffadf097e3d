r"""apt installs what packages recommend as well, which may be more than what was asked for.

It is a fault where `apt-get install` has no `--no-install-recommends` (nor APT::Install-Recommends
set to false, there or in a file that a step before writes).

Bad:

    FROM debian:13-slim
    RUN apt-get update && apt-get install -y tesseract-ocr && rm -rf /var/lib/apt/lists/*

Good:

    FROM debian:13-slim
    RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr && \
        rm -rf /var/lib/apt/lists/*
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.installs import apt_action
from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import commands, script_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        for instruction in view.stage.instructions:
            for command in commands(instruction):
                if apt_action(command) != "install" or command.has("--no-install-recommends"):
                    continue
                steps = (*view.before(instruction), instruction)
                if not any("Install-Recommends" in script_text(one) for one in steps):
                    yield Fault(
                        command.line,
                        "apt installs recommended packages as well",
                        "apt-get install -y --no-install-recommends ...",
                    )


RULE = Rule(
    "apt-recommends", "warning", "apt without --no-install-recommends", _check, same_as=("DL3015",)
)
