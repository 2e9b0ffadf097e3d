r"""ADD of a URL without a checksum: nobody checks what comes, and it stays in its layer.

It is a fault where an ADD names an http, https or ftp address without `--checksum`. Git
repositories are none.

Bad:

    FROM debian:13-slim
    ADD https://example.org/tool.tar.gz /opt/

Good:

    FROM debian:13-slim
    ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d \
        https://example.org/tool.tar.gz /opt/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.build.shell_words import words
from careen.image.redaction import redacted
from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import exec_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject

_URL = re.compile(r"(https?|ftp)://", re.IGNORECASE)
_GIT = re.compile(r"\.git(#.*|\?.*)?$")


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        for instruction in view.stage.instructions:
            if instruction.keyword != "ADD" or instruction.flag("checksum"):
                continue
            value = instruction.value
            arguments = exec_form(value) or [
                word.strip("\"'") for word in words(value, subject.escape)
            ]
            for source in arguments[:-1]:
                if _URL.match(source) and not _GIT.search(source):
                    yield Fault(
                        instruction.line,
                        f"ADD fetches {redacted(source)} and checks nothing",
                        "ADD --checksum=sha256:..., or fetch, check, use and remove it in one RUN",
                    )


RULE = Rule("add-url", "warning", "ADD of a URL without a checksum", _check)
