"""What a Dockerfile reads of its build context: the sources of COPY, ADD and bind mounts."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.build.dockerfile import needed_stages
from careen.build.shell_words import expand, unquoted, words
from careen.lint.ignore_patterns import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from careen.build.dockerfile import Dockerfile
    from careen.build.instructions import Instruction

_REMOTE = re.compile(r"(https?|git|ssh)://|git@")


@dataclass(frozen=True)
class Source:
    """A path of the context that an instruction reads.

    Attributes:
        path: relative to the context; wildcards as they are written; `.` for all of it, also
            where a variable hides which it is.
        line: of the instruction.
    """

    path: str
    line: int


def context_sources(
    dockerfile: Dockerfile, args: Mapping[str, str] | None = None, target: str = ""
) -> tuple[Source, ...]:
    r"""Give what the build of a target reads of the context, in the order of its stages.

    Raises:
        DockerfileError: an unknown target, a base that is empty or cannot be told.

    >>> from careen.build.dockerfile import parse_dockerfile
    >>> context_sources(parse_dockerfile("FROM scratch\nCOPY app.py /src/ /app/\n"))
    (Source(path='app.py', line=2), Source(path='src', line=2))
    """
    values = dict(args or {})
    found: list[Source] = []
    for stage in needed_stages(dockerfile, args, target):
        known: dict[str, str] = {}
        for instruction in stage.instructions:
            if instruction.keyword in {"ARG", "ENV"}:
                _learn(instruction, known, values, dockerfile.escape)
            found += [
                Source(_path(word, known, dockerfile.escape), instruction.line)
                for word in _written(instruction, dockerfile.escape)
            ]
    return tuple(dict.fromkeys(found))


def _learn(
    instruction: Instruction, known: dict[str, str], args: Mapping[str, str], escape: str
) -> None:
    """Note the arguments and variables that an instruction sets, where they can be told."""
    for word in words(instruction.value, escape):
        name, given, value = word.partition("=")
        if instruction.keyword == "ARG" and name in args:
            known[name] = args[name]
        elif given and "$" not in value:
            known[name] = unquoted(value, escape)
        else:
            known.pop(name, None)


def _written(instruction: Instruction, escape: str) -> Iterator[str]:
    if instruction.keyword in {"ADD", "COPY"} and instruction.flag("from") is None:
        names = _arguments(instruction.value, escape)[:-1]
        yield from (name for name in names if not name.startswith("<<") and not _REMOTE.match(name))
    for name, value in instruction.flags:
        if instruction.keyword == "RUN" and name == "mount":
            yield from _mounted(value)


def _arguments(value: str, escape: str) -> list[str]:
    try:
        listed = json.loads(value) if value.startswith("[") else None
    except (ValueError, RecursionError):
        listed = None
    if isinstance(listed, list) and all(isinstance(word, str) for word in listed):
        return listed
    return list(words(value, escape))


def _mounted(value: str) -> Iterator[str]:
    """Give the source of a bind mount from the context."""
    parts = next(csv.reader([value]), [])
    keys = {key.strip().lower(): text for key, _, text in (part.partition("=") for part in parts)}
    if keys.get("type", "bind") == "bind" and "from" not in keys:
        yield keys.get("source", keys.get("src", "."))


def _path(word: str, known: Mapping[str, str], escape: str) -> str:
    def lookup(name: str) -> str | None:
        if name not in known:
            raise ValueError(name)
        return known[name]

    try:
        path = expand(word, lookup, escape)
    except ValueError:
        return "."
    # A source cannot leave the context: BuildKit reads it from the root on.
    return clean(f"/{path}").lstrip("/") or "."
