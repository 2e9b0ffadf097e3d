r"""`apt-get clean` for nothing: official images delete the packages after each call already.

It is a fault where a RUN calls `apt-get clean`, the stage stands on one of Docker's official
images of Debian or Ubuntu, and nothing took their docker-clean rule away. (Beside a cache mount it
is worse, see apt-cache-emptied.)

Bad:

    FROM debian:13-slim
    RUN apt-get update && apt-get install -y --no-install-recommends curl && \
        rm -rf /var/lib/apt/lists/* && apt-get clean

Good:

    FROM debian:13-slim
    RUN apt-get update && apt-get install -y --no-install-recommends curl && \
        rm -rf /var/lib/apt/lists/*
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.installs import apt_action
from careen.lint.mounts import mounts
from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import commands, script_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        if view.facts.family not in {"debian", "ubuntu"} or not view.facts.official:
            continue
        for instruction in view.stage.instructions:
            cleaned = [one for one in commands(instruction) if apt_action(one) == "clean"]
            if not cleaned or any(mount.is_at("/var/cache/apt") for mount in mounts(instruction)):
                continue
            runs = [one for one in (*view.before(instruction), instruction) if one.keyword == "RUN"]
            if any("docker-clean" in script_text(one) for one in runs):
                break
            for command in cleaned:
                yield Fault(
                    command.line,
                    "apt-get clean does nothing here: the image deletes packages by itself",
                    "remove it",
                )


RULE = Rule("apt-clean", "info", "apt-get clean does nothing more in an official image", _check)
