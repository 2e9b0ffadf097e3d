r"""An apt cache mount that the base image's own rule empties after each call.

It is a fault where

- a RUN has a cache mount at /var/cache/apt,
- the stage stands on one of Docker's official images of Debian or Ubuntu, which bring
  /etc/apt/apt.conf.d/docker-clean,
- and nothing before it, nor it itself, takes that file away.

Bad:

    FROM debian:13-slim
    RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
        --mount=type=cache,target=/var/lib/apt,sharing=locked \
        apt-get update && apt-get install -y --no-install-recommends tesseract-ocr

Good:

    FROM debian:13-slim
    RUN rm -f /etc/apt/apt.conf.d/docker-clean
    RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
        --mount=type=cache,target=/var/lib/apt,sharing=locked \
        apt-get update && apt-get install -y --no-install-recommends tesseract-ocr
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
            found = mounts(instruction)
            if not any(one.kind == "cache" and one.is_at("/var/cache/apt") for one in found):
                continue
            runs = [one for one in (*view.before(instruction), instruction) if one.keyword == "RUN"]
            cleaned = [one for one in commands(instruction) if apt_action(one) == "clean"]
            if cleaned:
                message = "apt-get clean empties the cache mount that this RUN has"
                yield Fault(cleaned[0].line, message, "remove it: the mount is in no layer")
            elif not any("docker-clean" in script_text(one) for one in runs):
                yield Fault(
                    instruction.line,
                    "the base's docker-clean rule deletes the packages after each call: "
                    "this cache mount stays empty",
                    "before it: RUN rm -f /etc/apt/apt.conf.d/docker-clean",
                )


RULE = Rule("apt-cache-emptied", "warning", "an apt cache mount that stays empty", _check)
