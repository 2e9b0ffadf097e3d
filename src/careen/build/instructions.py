"""The instructions of a Dockerfile with their lines, flags and here-documents.

The reader follows BuildKit's (frontend/dockerfile/parser and instructions of moby/buildkit): what
it accepts, BuildKit reads the same way; instructions keep their arguments as raw text.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from careen.build.shell_words import BLANKS, unquoted, word_end, words
from careen.errors import DockerfileError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTRUCTIONS = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})  # fmt: skip

_DIRECTIVES = frozenset({"syntax", "escape", "check"})
_DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*")
# BuildKit takes these without an argument: no command.
_BARE = frozenset({"CMD", "ENTRYPOINT", "RUN"})
_HEREDOC_INSTRUCTIONS = frozenset({"ADD", "COPY", "RUN"})
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)")
_SPACE = re.compile(rf"[{BLANKS}]+")


@dataclass(frozen=True)
class Directive:
    """A parser directive: `# syntax=docker/dockerfile:1`."""

    name: str
    value: str
    line: int


@dataclass(frozen=True)
class Heredoc:
    """A here-document of an instruction; *line* is where its text begins."""

    name: str
    text: str
    line: int


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes:
        keyword: in capitals.
        flags: in their order, `--from=builder` as ("from", "builder"), `--link` as ("link", "").
        value: what follows the flags, as it is written, continuation lines joined, comments and
            escapes of line ends removed; of ONBUILD the whole instruction that it holds.
        line: where it begins, from 1.
        end_line: where it ends, here-documents included.
        heredocs: in their order.
        starts: where in *value* the text of each line begins: (offset, line), in their order.
    """

    keyword: str
    flags: tuple[tuple[str, str], ...]
    value: str
    line: int
    end_line: int
    heredocs: tuple[Heredoc, ...] = ()
    starts: tuple[tuple[int, int], ...] = field(default=(), compare=False, repr=False)

    def line_at(self, offset: int) -> int:
        """Give the line that the letter at *offset* of the value stands on."""
        at = bisect_right(self.starts, offset, key=lambda start: start[0])
        return self.starts[at - 1][1] if at else self.line

    def flag(self, name: str) -> str | None:
        """Give the last value of a flag, None where it is absent."""
        return dict(self.flags).get(name)


class InstructionReader:
    """Reads lines into instructions: directives, comments, continuations, here-documents.

    Attributes:
        directives: the parser directives.
        escape: the escape character.
    """

    def __init__(self, lines: list[str], path: str) -> None:
        self._lines = [line.rstrip("\r") for line in lines]
        self._path = path
        self._next = 0
        self._starts: list[tuple[int, int]] = []
        self.directives = list(self._read_directives())
        values = {directive.name: directive.value for directive in self.directives}
        self.escape = values.get("escape", "\\")
        if self.escape not in {"\\", "`"}:
            self._fail(1, f"the escape character cannot be {self.escape}", "use \\ or `")
        mark = re.escape(self.escape)
        self._continues = re.compile(rf"(^|[^{mark}]){mark}[ \t]*$")

    def instructions(self) -> Iterator[Instruction]:
        """Give the instructions, once.

        Raises:
            DockerfileError: one is unknown or incomplete, a here-document has no end.
        """
        while self._next < len(self._lines):
            start = self._next + 1
            text = self._logical_line()
            if text.strip(BLANKS):
                yield self._instruction(text, start)

    def _read_directives(self) -> Iterator[Directive]:
        seen = set()
        for number, line in enumerate(self._lines, 1):
            if number == 1 and line.startswith("#!"):
                continue
            match = _DIRECTIVE.fullmatch(line)
            if match is None:
                return
            name = match[1].lower()
            if name in seen:
                self._fail(number, f"the directive {name} stands here twice", "remove one")
            if name not in _DIRECTIVES:
                return
            seen.add(name)
            yield Directive(name, match[2].strip(), number)

    def _take(self) -> str:
        self._next += 1
        return self._lines[self._next - 1]

    def _logical_line(self) -> str:
        """Take lines until one does not go on; inside, comments and empty lines do not count."""
        line = self._take().lstrip()
        if line.startswith("#"):
            return ""
        self._starts = [(0, self._next)]
        text, more = self._part(line)
        while more and self._next < len(self._lines):
            line = self._take()
            if not line.strip(BLANKS) or line.lstrip(BLANKS).startswith("#"):
                continue
            self._starts.append((len(text), self._next))
            part, more = self._part(line)
            text += part
        return text

    def _part(self, line: str) -> tuple[str, bool]:
        match = self._continues.search(line)
        return (line[: match.end(1)], True) if match else (line, False)

    def _instruction(self, text: str, start: int) -> Instruction:
        keyword, rest = _partition(text.strip(BLANKS))
        keyword = keyword.upper()
        flags, value = self._flags(rest)
        held, arguments = keyword, value
        if keyword == "ONBUILD" and value:
            word, arguments = _partition(value)
            held = word.upper()
        for word in (keyword, held):
            if word not in INSTRUCTIONS:
                hint = nearest(word, INSTRUCTIONS)
                self._fail(start, f"unknown instruction {word[:40]}", hint)
        if keyword == "ONBUILD" and value and held in {"ONBUILD", "FROM", "MAINTAINER"}:
            self._fail(start, f"ONBUILD cannot hold {held}", "give it another instruction")
        if not value and keyword not in _BARE:
            self._fail(start, f"{keyword} has no argument", f"give {keyword} one, or remove it")
        heredocs: tuple[Heredoc, ...] = ()
        if held in _HEREDOC_INSTRUCTIONS and not (held == "RUN" and _is_exec_form(arguments)):
            heredocs = tuple(self._heredocs(value, start))
        # The value is the end of the text.
        before = len(text.rstrip(BLANKS)) - len(value)
        starts = tuple((max(offset - before, 0), line) for offset, line in self._starts)
        return Instruction(keyword, flags, value, start, self._next, heredocs, starts)

    def _flags(self, text: str) -> tuple[tuple[tuple[str, str], ...], str]:
        """Part the flags from an instruction's other arguments; `--` alone ends them."""
        flags = []
        rest = text
        while rest.startswith("--"):
            end = word_end(rest, 0, self.escape)
            word, rest = rest[:end], rest[end:].lstrip(BLANKS)
            if word == "--":
                break
            name, _, value = word[2:].partition("=")
            flags.append((name, unquoted(value, self.escape)))
        return tuple(flags), rest

    def _heredocs(self, value: str, start: int) -> Iterator[Heredoc]:
        for word in words(value, self.escape):
            match = _HEREDOC.fullmatch(word)
            if match is None:
                continue
            name = unquoted(match[2], self.escape)
            first, lines = self._next + 1, []
            while True:
                if self._next >= len(self._lines):
                    hint = f"end it with a line that has {name} alone"
                    self._fail(start, f"the here-document {name} has no end", hint)
                line = self._take()
                if (line.lstrip("\t") if match[1] else line) == name:
                    break
                lines.append(f"{line}\n")
            yield Heredoc(name, "".join(lines), first)

    def _fail(self, line: int, message: str, hint: str) -> NoReturn:
        raise DockerfileError(f"{self._path}:{line}: {message}", hint=hint)


def _partition(text: str) -> tuple[str, str]:
    """Part a text at its first blanks."""
    head, *rest = _SPACE.split(text, maxsplit=1)
    return head, rest[0] if rest else ""


def _is_exec_form(text: str) -> bool:
    try:
        array = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(array, list) and all(isinstance(word, str) for word in array)
