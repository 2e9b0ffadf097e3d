"""A service without a HEALTHCHECK: the engine cannot tell whether it works.

It is a fault where an image is a service (its chain of stages has EXPOSE, or its CMD or ENTRYPOINT
runs uvicorn, gunicorn, hypercorn, daphne or waitress) and no HEALTHCHECK stands in that chain.
`HEALTHCHECK NONE` is an answer too.

Bad:

    FROM python:3.13-slim-trixie
    EXPOSE 8000
    CMD ["python", "-m", "app"]

Good:

    FROM python:3.13-slim-trixie
    EXPOSE 8000
    HEALTHCHECK CMD ["python", "-m", "app.healthcheck"]
    CMD ["python", "-m", "app"]
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.lint.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.build.instructions import Instruction
    from careen.lint.subject import Subject

_SERVER = re.compile(r"\b(uvicorn|gunicorn|hypercorn|daphne|waitress(-serve)?)\b")


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.images:
        keywords = {one.keyword for one in view.instructions}
        served = [one for one in view.instructions if _serves(one)]
        if served and "HEALTHCHECK" not in keywords:
            yield Fault(
                served[-1].line,
                "this image is a service and has no HEALTHCHECK",
                'HEALTHCHECK --interval=30s --timeout=5s CMD ["python", "-m", "app.healthcheck"]',
            )


def _serves(instruction: Instruction) -> bool:
    if instruction.keyword in {"CMD", "ENTRYPOINT"}:
        return _SERVER.search(instruction.value) is not None
    return instruction.keyword == "EXPOSE"


RULE = Rule("no-healthcheck", "warning", "a service without a HEALTHCHECK", _check)
