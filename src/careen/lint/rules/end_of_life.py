"""A base whose interpreter or distribution gets no fixes any more.

It is a fault where the name of a base image tells a version of Python, Node, Debian, Ubuntu,
Alpine or distroless whose support has ended on the day of the lint. The dates are in
end_of_life.toml, with their sources and the day of the list.

Bad:

    FROM node:18-alpine AS frontend
    RUN npm ci

Good:

    FROM node:22-alpine AS frontend
    RUN npm ci
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.end_of_life import ends, known
from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        if view.below:
            continue
        for what, end in ends(view.facts):
            if end < subject.today:
                yield Fault(
                    view.stage.line,
                    f"{view.reference}: {what} has had no support since {end}",
                    f"take a version that is supported (as careen's list of {known()['as-of']} "
                    "has them)",
                )


RULE = Rule("end-of-life", "error", "a base past its end of life", _check)
