"""The input of a requirement set: its lines, those of the files that it names, and their faults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from careen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# pip's own rule: a # begins a comment at a line's start or after a blank.
_COMMENT = re.compile(r"(^|\s+)#.*$")
_NAMES_A_FILE = re.compile(r"(?:-r|--requirement|-c|--constraint)(?:\s+|=|(?<=-[rc]))(?P<path>\S+)")
_OPTIONS_OF_ONE = re.compile(r"\s--?[a-z]")


@dataclass(frozen=True)
class Line:
    """One line of an input that says something.

    Attributes:
        path: of its file.
        number: from 1; of a line that goes on, its first.
        text: without its comment, blanks joined.
    """

    path: Path
    number: int
    text: str


def read_input(path: Path, name: str) -> tuple[Line, ...]:
    """Read an input and the files that it names, in place.

    Args:
        path: of the input.
        name: the requirement set, for errors.

    Raises:
        ConfigError: a file is missing or names itself; a requirement is none. All of them at
            once, a line each: the set, the file and the line.
    """
    faults: list[str] = []
    lines = tuple(_read(path, name, (), faults))
    faults += [
        f"{line.path}:{line.number}: requirement set {name}: {said}"
        for line in lines
        if (said := _fault(line.text))
    ]
    if faults:
        raise ConfigError("\n".join(faults), hint="correct the lines named above")
    return lines


def _read(path: Path, name: str, above: tuple[Path, ...], faults: list[str]) -> Iterator[Line]:
    for number, text in _logical(path.read_text(encoding="utf-8-sig")):
        match = _NAMES_A_FILE.fullmatch(text)
        if match is None:
            yield Line(path, number, text)
            continue
        other = path.parent / match["path"]
        where = f"{path}:{number}: requirement set {name}"
        if "://" in match["path"]:
            yield Line(path, number, text)
        elif other in (*above, path):
            faults.append(f"{where}: {match['path']} names itself in a loop")
        elif not other.is_file():
            faults.append(f"{where}: there is no {match['path']}")
        else:
            yield Line(path, number, text)
            yield from _read(other, name, (*above, path), faults)


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Join lines that end with a backslash, drop comments, give what is left with its number."""
    gathered, first = "", 0
    for number, line in enumerate([*text.splitlines(), ""], 1):
        first = first or number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            gathered += line[:-1] + " "
            continue
        whole = " ".join(_COMMENT.sub("", gathered + line).split())
        if whole:
            yield first, whole
        gathered, first = "", 0


def _fault(text: str) -> str:
    """Say what is wrong with a requirement; "" for options, addresses, paths and good ones."""
    if text.startswith(("-", ".", "/")) or "://" in text.partition(";")[0]:
        return ""
    wanted = _OPTIONS_OF_ONE.split(text, maxsplit=1)[0]
    try:
        Requirement(wanted)
    except InvalidRequirement as error:
        return f"{wanted}: {str(error).splitlines()[0]}"
    return ""
