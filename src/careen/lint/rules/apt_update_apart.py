r"""`apt-get install` without `apt-get update` in the same RUN: it uses lists of another day.

It is a fault where a RUN installs packages by apt with no update before, in it, unless the lists
are mounted (a mount at /var/lib/apt) or the packages are files. An update in a RUN of its own is
cached for ever while the packages go away at the mirrors.

Bad:

    FROM debian:13-slim
    RUN apt-get update
    RUN apt-get install -y --no-install-recommends curl

Good:

    FROM debian:13-slim
    RUN apt-get update && apt-get install -y --no-install-recommends curl && \
        rm -rf /var/lib/apt/lists/*
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.installs import apt_action, apt_packages
from careen.lint.mounts import mounts
from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        for instruction in view.stage.instructions:
            if any(mount.is_at("/var/lib/apt") for mount in mounts(instruction)):
                continue
            updated = False
            for command in commands(instruction):
                action = apt_action(command)
                updated = updated or action == "update"
                packages = apt_packages(command) if action == "install" else ()
                if updated or not packages or all(_is_file(package) for package in packages):
                    continue
                yield Fault(
                    command.line,
                    "apt-get install without apt-get update in the same RUN: the lists are old",
                    "apt-get update && apt-get install ... in one RUN",
                )
                break


def _is_file(package: str) -> bool:
    return "/" in package or package.endswith(".deb")


RULE = Rule("apt-update-apart", "warning", "apt-get install without update", _check)
