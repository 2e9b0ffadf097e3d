"""A secret in ARG, ENV or LABEL: whoever has the image, or its history, has the secret.

It is a fault where

- an ENV or LABEL gives a value to a name such as DB_PASSWORD, API_KEY, GITHUB_TOKEN or
  AWS_SECRET_ACCESS_KEY, or an ARG has such a name (its value stands in the history);
- the value of any of them looks like one: an AWS, GitHub, GitLab, Slack or Google key, a private
  key, a URL with a password.

Names that end in _FILE, _PATH, _DIR, _URL, _ID, _NAME, _TTL, ... and values that are empty, a
path, a number or a switch are none.

Bad:

    FROM python:3.13-slim-trixie
    ARG GITHUB_TOKEN
    RUN pip install git+https://$GITHUB_TOKEN@example.org/app

Good:

    FROM python:3.13-slim-trixie
    RUN --mount=type=secret,id=token,env=TOKEN pip install git+https://$TOKEN@example.org/app
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.image.secrets.search import shapes_in
from careen.image.secrets.values import may_be_secret, names_a_secret
from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject

_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@$]+:([^\s/@$]+)@", re.IGNORECASE)
_ADVICE = (
    "RUN --mount=type=secret,id=... for a step of the build; at run time an environment variable "
    "or a file that the platform gives"
)


def _check(subject: Subject) -> Iterator[Fault]:
    for instruction in subject.dockerfile.instructions:
        if instruction.keyword not in {"ARG", "ENV", "LABEL"}:
            continue
        for name, value in subject.pairs(instruction):
            if what := _what(instruction.keyword, name, value):
                line = instruction.line_at(max(instruction.value.find(name), 0))
                where = "history" if instruction.keyword == "ARG" else "configuration"
                message = f"{instruction.keyword} {name} {what}: it stands in the image's {where}"
                yield Fault(line, message, _ADVICE)


def _what(keyword: str, name: str, value: str) -> str:
    url = _URL.search(value)
    shapes = shapes_in(value.encode("utf-8", "replace"))
    if any(form.letters or form.is_key for form, _, _ in shapes) or (
        url and not url[1].startswith("{")
    ):
        return "holds what looks like a secret"
    if not names_a_secret(name):
        return ""
    if not value:
        return "takes a secret" if keyword == "ARG" else ""
    return "holds a secret, by its name" if may_be_secret(value) else ""


RULE = Rule("secret-in-image", "error", "a secret in ARG, ENV or LABEL", _check)
