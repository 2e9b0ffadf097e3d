"""A base without a tag, or with `latest`: whatever is newest comes in.

It is a fault where a FROM, a COPY --from or a RUN --mount=from names an image without a tag and
without a digest, or with the tag `latest` and no digest. Distroless images have no version tags:
they are not judged.

Bad:

    FROM python

Good:

    FROM python:3.13-slim-trixie
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.errors import UsageError
from careen.image.read.reference import parse
from careen.lint.base_facts import base_facts
from careen.lint.images import images
from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject


def _check(subject: Subject) -> Iterator[Fault]:
    for line, reference in images(subject):
        try:
            parsed = parse(reference)
        except UsageError:
            continue
        if parsed.digest or parsed.tag != "latest" or base_facts(reference).family == "distroless":
            continue
        what = "is latest" if reference.endswith(":latest") else "has no tag, so it is latest"
        yield Fault(line, f"{reference} {what}", "name a version, such as python:3.13-slim-trixie")


RULE = Rule("tag-missing", "warning", "no tag, or latest", _check, same_as=("DL3006", "DL3007"))
