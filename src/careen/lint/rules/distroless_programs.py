"""Distroless has no shell, no curl and no `python`: what needs them fails there.

It is a fault where an image stands on a distroless base (not its :debug tag), and

- a RUN, CMD, ENTRYPOINT or HEALTHCHECK is in shell form, or
- one of them names sh, bash, curl, wget or nc, and no COPY brings that program, or
- CMD or ENTRYPOINT begins with `python`: PATH holds no such name (python3 is there, and it is
  the entry point of the image already).

Bad:

    FROM gcr.io/distroless/python3-debian13:nonroot
    COPY app /app
    HEALTHCHECK CMD curl -f http://localhost:5001/health || exit 1
    CMD ["python", "-m", "app"]

Good:

    FROM gcr.io/distroless/python3-debian13:nonroot
    COPY app /app
    HEALTHCHECK CMD ["/usr/bin/python3", "-m", "app.healthcheck"]
    CMD ["-m", "app"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.copies import read_copy
from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import exec_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.build.instructions import Instruction
    from careen.lint.subject import StageView, Subject

_MISSING = frozenset({"sh", "bash", "ash", "curl", "wget", "nc", "env"})
_EXEC = "write it in exec form with a program that the image holds, by its full path"


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        if view.facts.family != "distroless" or ":debug" in (view.root or ""):
            continue
        below = len(view.instructions) - len(view.stage.instructions)
        for at, instruction in enumerate(view.stage.instructions, below):
            yield from _faults(subject, view, instruction, at)


def _faults(
    subject: Subject, view: StageView, instruction: Instruction, at: int
) -> Iterator[Fault]:
    value = instruction.value
    if instruction.keyword == "HEALTHCHECK":
        kind, _, value = value.partition(" ")
        if kind.upper() != "CMD":
            return
    elif instruction.keyword not in {"CMD", "ENTRYPOINT", "RUN"} or not value.strip():
        return
    argv = exec_form(value)
    if argv is None:
        if _has(subject, view, at, "sh"):
            return
        what = f"{instruction.keyword} in shell form: distroless has no shell"
        yield Fault(instruction.line, what, _EXEC)
        return
    program = argv[0].rpartition("/")[2] if argv else ""
    if program in _MISSING and not _has(subject, view, at, program):
        yield Fault(instruction.line, f"distroless has no {program}", _EXEC)
    elif argv[:1] == ["python"] and not _own_path(subject, view):
        yield Fault(
            instruction.line,
            "distroless has no program of the name python",
            'name /usr/bin/python3, or write CMD ["-m", ...]: it is the entry point already',
        )


def _has(subject: Subject, view: StageView, at: int, program: str) -> bool:
    """Tell whether a COPY before may have brought a program."""
    for number, instruction in enumerate(view.instructions[:at]):
        copy = read_copy(subject, instruction, view.instructions[:number])
        if copy and (copy.target in {"/", "/bin", "/usr/bin", "/usr/local/bin", "/usr"}):
            return True
        if copy and any(path.endswith(f"/{program}") for path in copy.paths()):
            return True
    return False


def _own_path(subject: Subject, view: StageView) -> bool:
    """Tell whether PATH has a folder of the image's own, such as a virtual environment's."""
    path = subject.environment(view.instructions).get("PATH", "")
    known = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "$PATH"}
    return any(part not in known for part in path.split(":") if part)


RULE = Rule(
    "distroless-programs", "error", "a program or shell that distroless does not have", _check
)
