"""Inline cache with several stages: it holds the layers of the last stage alone.

It is a fault where a file whose image needs more than one stage is built with
BUILDKIT_INLINE_CACHE, as an ARG of its own or as a build argument of a variant.

Bad:

    ARG BUILDKIT_INLINE_CACHE=1
    FROM python:3.13-slim-trixie AS builder
    RUN python -m venv /opt/venv
    FROM python:3.13-slim-trixie
    COPY --from=builder /opt/venv /opt/venv

Good:

    FROM python:3.13-slim-trixie AS builder
    RUN python -m venv /opt/venv
    FROM python:3.13-slim-trixie
    COPY --from=builder /opt/venv /opt/venv
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject

_NAME = "BUILDKIT_INLINE_CACHE"
_ADVICE = "export the cache to a registry: --cache-to type=registry,ref=...,mode=max"


def _check(subject: Subject) -> Iterator[Fault]:
    chains = {one for view in subject.images for one in view.chain}
    if not set(subject.needed) - chains:
        return
    message = f"{_NAME} keeps the last stage's layers only: the other stages are never cached"
    for instruction in subject.dockerfile.instructions:
        if instruction.keyword == "ARG" and dict(subject.pairs(instruction)).get(_NAME, "0") != "0":
            yield Fault(instruction.line, message, _ADVICE)
            return
    if subject.args.get(_NAME, "0") not in {"", "0"}:
        yield Fault(subject.images[-1].stage.line, f"the build argument {message}", _ADVICE)


RULE = Rule("inline-cache", "warning", "inline cache with a multi-stage file", _check)
