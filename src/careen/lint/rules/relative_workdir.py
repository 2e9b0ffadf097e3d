"""A relative WORKDIR: where it is depends on the base, which may change.

It is a fault where a WORKDIR does not begin with / and no absolute one stands before it in the
stage's chain.

Bad:

    FROM python:3.13-slim-trixie
    WORKDIR app

Good:

    FROM python:3.13-slim-trixie
    WORKDIR /app
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject

_ABSOLUTE = re.compile(r"[\"']?(/|\\|[A-Za-z]:|\$)")


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        for instruction in view.stage.instructions:
            if instruction.keyword != "WORKDIR" or _ABSOLUTE.match(instruction.value):
                continue
            before = (one for one in view.before(instruction) if one.keyword == "WORKDIR")
            if not any(_ABSOLUTE.match(one.value) for one in before):
                yield Fault(
                    instruction.line,
                    f"WORKDIR {instruction.value} is relative to a folder that the base sets",
                    f"WORKDIR /{instruction.value}",
                )


RULE = Rule("relative-workdir", "warning", "a relative WORKDIR", _check, same_as=("DL3000",))
