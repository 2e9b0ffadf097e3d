"""Pins bases by their digests: an edit of FROM lines, and of the ARGs that name a whole base."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.build.dockerfile import parse_dockerfile
from careen.build.shell_words import unquoted, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from careen.build.dockerfile import Dockerfile
    from careen.build.instructions import Instruction

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_PUT_TOGETHER = "its name is put together of arguments: pin it by hand"
_NO_DEFAULT = "the argument {name} has no default: pin it where it is given"


@dataclass(frozen=True)
class Base:
    """A base that is not pinned.

    Attributes:
        line: of its FROM.
        reference: the image; as it is written where it cannot be told.
        why_not: why it cannot be pinned here; empty where it can.
        at: the line of the text that names it.
        before: what stands before the reference in that line, a pattern.
    """

    line: int
    reference: str
    why_not: str = ""
    at: int = 0
    before: str = ""


@dataclass(frozen=True)
class Pinned:
    """The text with the digests, the bases that have one now, those that have not and why."""

    text: str
    pinned: tuple[Base, ...]
    left: tuple[Base, ...]


def unpinned(text: str, path: str = "Dockerfile") -> tuple[Base, ...]:
    """Give the bases of FROM lines that have no digest, in their order.

    Raises:
        DockerfileError: the text does not parse.
    """
    dockerfile = parse_dockerfile(text, path)
    return tuple(_bases(dockerfile, text.split("\n")))


def pin(text: str, digests: Mapping[str, str], path: str = "Dockerfile") -> Pinned:
    r"""Write digests into FROM lines (or the ARG that names the whole base); all else stays.

    Args:
        text: of the Dockerfile.
        digests: by reference, `sha256:...`.
        path: for messages.

    Raises:
        DockerfileError: the text does not parse.
        ValueError: a digest is none.

    >>> pin("FROM a:1 AS b\n", {"a:1": "sha256:" + 64 * "0"}).text[:22]
    'FROM a:1@sha256:000000'
    """
    for digest in digests.values():
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"no digest: {digest[:100]}")
    lines = text.split("\n")
    pinned: list[Base] = []
    left: list[Base] = []
    edited: set[int] = set()
    for base in unpinned(text, path):
        digest = digests.get(base.reference, "")
        if not digest or base.why_not:
            left.append(base)
            continue
        pinned.append(base)
        if base.at not in edited:  # two FROMs may name the same ARG
            edited.add(base.at)
            pattern = re.compile(f"({base.before}{re.escape(base.reference)})", re.IGNORECASE)
            lines[base.at - 1] = pattern.sub(rf"\1@{digest}", lines[base.at - 1], count=1)
    return Pinned("\n".join(lines), tuple(pinned), tuple(left))


def _bases(dockerfile: Dockerfile, lines: list[str]) -> Iterator[Base]:
    names: set[str] = set()
    for stage in dockerfile.stages:
        name = stage.base
        if name.lower() not in names and name != "scratch" and "@" not in name:
            variable = _VARIABLE.fullmatch(unquoted(name, dockerfile.escape))
            if variable:
                found = _argument(dockerfile, lines, stage.line, variable[1] or variable[2])
                if not names & {found.reference.lower()}:
                    yield found
            elif "$" in name or unquoted(name, dockerfile.escape) != name:
                yield Base(stage.line, name, _PUT_TOGETHER)
            else:
                opening = next(one for one in dockerfile.instructions if one.line == stage.line)
                at = opening.line_at(0)
                before = r"^\s*(?:FROM\s+(?:--\S+\s+)*)?" if at == stage.line else r"^\s*"
                fits = re.match(before + re.escape(name) + r"(?!\S)", lines[at - 1], re.IGNORECASE)
                why = "" if fits else "its FROM is written over several lines: pin it by hand"
                yield Base(stage.line, name, why, at, before)
        names |= {stage.name} - {""}


def _argument(dockerfile: Dockerfile, lines: list[str], line: int, name: str) -> Base:
    for instruction in dockerfile.instructions:
        if instruction.keyword == "FROM":
            break
        for word in words(instruction.value, dockerfile.escape):
            key, _, written = word.partition("=")
            if key == name and instruction.keyword == "ARG":
                return _default(instruction, lines, line, (key, unquoted(written)))
    return Base(line, f"${name}", _NO_DEFAULT.format(name=name))


def _default(instruction: Instruction, lines: list[str], line: int, pair: tuple[str, str]) -> Base:
    name, value = pair
    if not value:
        return Base(line, f"${name}", _NO_DEFAULT.format(name=name))
    if "$" in value:
        return Base(line, value, _PUT_TOGETHER)
    if "@" in value:
        return Base(line, value, "it is pinned already")
    before = rf"(?<![\w]){name}=[\"']?"
    pattern = re.compile(before + re.escape(value) + r"(?![\w@.:/-])")
    for at in range(instruction.line, instruction.end_line + 1):
        if pattern.search(lines[at - 1]):
            return Base(line, value, "", at, before)
    return Base(line, value, _PUT_TOGETHER)
