"""A base without a digest: the same Dockerfile gives another image tomorrow.

It is a fault where a FROM, a COPY --from or a RUN --mount=from names an image without `@sha256:`.
`scratch`, stages, and names that hold an argument without a known value are none.
`careen lint --fix` pins the bases of FROM lines.

Bad:

    FROM python:3.13-slim-trixie

Good:

    FROM python:3.13-slim@sha256:4c2cf9917bd1cbacc5e9b07320025bdb7cdf2df7b0ceaccb55e9dd7e30987419
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.images import images
from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject


def _check(subject: Subject) -> Iterator[Fault]:
    for line, reference in images(subject):
        if "@" not in reference:
            yield Fault(
                line,
                f"{reference} is not pinned by a digest: it may be another image tomorrow",
                f"careen lint --fix, or {reference}@sha256:...",
            )


RULE = Rule("base-not-pinned", "warning", "an image that is not pinned by its digest", _check)
