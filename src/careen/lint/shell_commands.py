"""The simple commands of a RUN, with the line that each begins on.

It reads what a POSIX shell reads, as far as a linter needs it: words, quotes, operators,
redirections, here-documents. What stands in `$(...)` stays part of its word.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from careen.build.instructions import Heredoc, Instruction

_BLANKS = " \t\r\v\f"
_OPERATORS = ";&|()\n"
# Words before a command that are no command themselves.
_BEFORE = frozenset({
    "!", "{", "command", "do", "elif", "else", "env", "eval", "exec", "if", "sudo", "then", "time",
    "until", "while",
})  # fmt: skip
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_HEREDOC = re.compile(r"\d*<<-?[^<\s]+")
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_DEEPEST = 3


@dataclass(frozen=True)
class Command:
    """One simple command.

    Attributes:
        words: its program and arguments, quotes removed; may be empty.
        assignments: the variables that stand before it.
        line: where it begins.
    """

    words: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...]
    line: int

    @property
    def name(self) -> str:
        """The program's name without its folder, empty where there is none."""
        return self.words[0].rpartition("/")[2] if self.words else ""

    def has(self, *words: str) -> bool:
        """Tell whether one of these is an argument."""
        return any(word in self.words[1:] for word in words)

    def operands(self) -> tuple[str, ...]:
        """Give the arguments that are no options."""
        return tuple(word for word in self.words[1:] if not word.startswith("-"))


@lru_cache(maxsize=4096)  # most rules ask for the same ones
def commands(instruction: Instruction) -> tuple[Command, ...]:
    """Give the commands of a RUN in their order; none of another instruction."""
    if instruction.keyword != "RUN":
        return ()
    if (argv := exec_form(instruction.value)) is not None:
        return tuple(_inner(Command(tuple(argv), (), instruction.line), 0))
    script = instruction.value
    if instruction.heredocs and _HEREDOC.fullmatch(script.strip()):
        return tuple(_heredoc(instruction))
    found = tuple(_parse(script, instruction.line_at, 0))
    if instruction.heredocs and any(command.name in _SHELLS for command in found):
        found += tuple(_heredoc(instruction))
    return found


def script_text(instruction: Instruction) -> str:
    """Give all the text of a RUN, here-documents included."""
    return "\n".join([instruction.value, *(heredoc.text for heredoc in instruction.heredocs)])


def exec_form(value: str) -> list[str] | None:
    """Give the words of an argument in exec form, None where it is in shell form.

    >>> exec_form('["python", "-m", "app"]')
    ['python', '-m', 'app']
    """
    if not value.lstrip().startswith("["):
        return None
    try:
        array = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if isinstance(array, list) and all(isinstance(word, str) for word in array):
        return array
    return None


def _heredoc(instruction: Instruction) -> Iterator[Command]:
    for heredoc in instruction.heredocs:
        first = heredoc.text.partition("\n")[0]
        if first.startswith("#!") and first.rpartition("/")[2].split(" ")[-1] not in _SHELLS:
            continue
        yield from _parse(heredoc.text, partial(_line, heredoc), 0)


def _line(heredoc: Heredoc, offset: int) -> int:
    return heredoc.line + heredoc.text.count("\n", 0, offset)


def _parse(text: str, line_at: Callable[[int], int], depth: int) -> Iterator[Command]:
    words: list[str] = []
    begin = -1
    for kind, word, at in _Tokens(text):
        if kind == "word":
            begin = at if begin < 0 else begin
            words.append(word)
        elif words:
            yield from _inner(_command(words, line_at(begin)), depth)
            words, begin = [], -1


def _command(words: list[str], line: int) -> Command:
    rest, assignments = list(words), []
    while rest:
        if match := _ASSIGNMENT.fullmatch(rest[0]):
            assignments.append((match[1], match[2]))
        elif rest[0] not in _BEFORE:
            break
        rest.pop(0)
    return Command(tuple(rest), tuple(assignments), line)


def _inner(command: Command, depth: int) -> Iterator[Command]:
    """Give a command, and what it gives a shell with -c to do."""
    yield command
    if command.name not in _SHELLS or depth >= _DEEPEST:
        return
    options = list(takewhile(lambda word: word.startswith("-"), command.words[1:]))
    at = next((n for n, word in enumerate(options, 1) if word.endswith("c") and word[1] != "-"), 0)
    if at and len(command.words) > len(options) + 1:
        script = command.words[len(options) + 1]
        yield from _parse(script, lambda _: command.line, depth + 1)


class _Tokens:
    """The words and operators of a script: (kind, text, offset); ends with an operator."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def __iter__(self) -> Iterator[tuple[str, str, int]]:
        skip = False  # the word behind a redirection is a file
        while self._at < len(self._text):
            letter = self._text[self._at]
            if letter in _BLANKS or self._text.startswith("\\\n", self._at):
                self._at += 1 if letter in _BLANKS else 2
            elif letter == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif letter in _OPERATORS:
                yield "operator", letter, self._at
                self._at, skip = self._at + 1, False
            elif match := re.compile(r"\d*(?:&>>?|[<>]+[&|-]?)").match(self._text, self._at):
                self._at, skip = match.end(), True
            else:
                begin = self._at
                word = self._word()
                if not skip:
                    yield "word", word, begin
                skip = False
        yield "operator", "\n", len(self._text)

    def _word(self) -> str:
        parts: list[str] = []
        text = self._text
        while self._at < len(text):
            letter = text[self._at]
            if letter in _BLANKS or letter in _OPERATORS or letter in "<>":
                break
            self._at += 1
            if letter == "\\":
                if not text.startswith("\n", self._at):
                    parts.append(text[self._at : self._at + 1])
                self._at += 1
            elif letter == "'":
                end = text.find("'", self._at)
                end = len(text) if end < 0 else end
                parts.append(text[self._at : end])
                self._at = end + 1
            elif letter == '"':
                parts.append(self._double())
            elif letter == "$" and text.startswith(("(", "{"), self._at):
                parts.append(letter + self._nested())
            elif letter == "`":
                end = text.find("`", self._at)
                end = len(text) if end < 0 else end
                parts.append(text[self._at - 1 : end + 1])
                self._at = end + 1
            else:
                parts.append(letter)
        return "".join(parts)

    def _double(self) -> str:
        parts: list[str] = []
        text = self._text
        while self._at < len(text) and (letter := text[self._at]) != '"':
            self._at += 1
            if letter == "\\":
                after = text[self._at : self._at + 1]
                parts.append(after if after in {'"', "$", "\\", "`"} else letter + after)
                self._at += 1
            elif letter == "$" and text.startswith(("(", "{"), self._at):
                parts.append(letter + self._nested())
            else:
                parts.append(letter)
        self._at += 1
        return "".join(parts)

    def _nested(self) -> str:
        """Take `(...)` or `{...}` as it is written."""
        begin, text = self._at, self._text
        opening = text[begin]
        closing = ")" if opening == "(" else "}"
        depth, quote = 0, ""
        while self._at < len(text):
            letter = text[self._at]
            self._at += 1
            if letter == "\\" and quote != "'":
                self._at += 1
            elif quote:
                quote = "" if letter == quote else quote
            elif letter in "'\"":
                quote = letter
            elif letter in {opening, closing}:
                depth += 1 if letter == opening else -1
                if depth == 0:
                    break
        return text[begin : self._at]
