"""CMD or ENTRYPOINT in shell form: a shell is PID 1 and keeps SIGTERM from the service.

It is a fault where the CMD or ENTRYPOINT that an image ends up with is no JSON array of strings.
`exec` at its beginning hands the process over: no fault. (On distroless it does not start at all,
see distroless-programs.)

Bad:

    FROM python:3.13-slim-trixie
    CMD python -m app

Good:

    FROM python:3.13-slim-trixie
    CMD ["python", "-m", "app"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import exec_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.subject import Subject


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.images:
        if view.facts.family == "distroless":
            continue
        for keyword in ("CMD", "ENTRYPOINT"):
            found = [one for one in view.instructions if one.keyword == keyword]
            value = found[-1].value.strip() if found else ""
            if value and exec_form(value) is None and not value.startswith("exec "):
                yield Fault(
                    found[-1].line,
                    f"{keyword} in shell form: a shell is PID 1, and the service gets no SIGTERM",
                    f'{keyword} ["program", "argument"]',
                )


RULE = Rule("shell-form", "warning", "CMD or ENTRYPOINT in shell form", _check, same_as=("DL3025",))
