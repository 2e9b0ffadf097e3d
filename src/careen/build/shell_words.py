"""Words, quotes and variables as BuildKit's Dockerfile frontend reads them.

The rules are those of frontend/dockerfile/shell in moby/buildkit: a shell's, without commands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLANKS = " \t\n\v\f\r"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_DEEPEST = 50


def words(text: str, escape: str = "\\") -> Iterator[str]:
    """Give the words of a text as they are written, with their quotes and escapes.

    >>> list(words('A=1 B="two words"'))
    ['A=1', 'B="two words"']
    """
    position = 0
    while True:
        while position < len(text) and text[position] in BLANKS:
            position += 1
        if position == len(text):
            return
        end = word_end(text, position, escape)
        yield text[position:end]
        position = end


def word_end(text: str, start: int = 0, escape: str = "\\") -> int:
    """Give where the word that begins at *start* ends; quotes and escapes keep blanks inside it."""
    quote, position = "", start
    while position < len(text):
        letter = text[position]
        if letter == escape and quote != "'":
            position += 1
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in BLANKS:
            break
        position += 1
    return min(position, len(text))


def unquoted(word: str, escape: str = "\\") -> str:
    """Remove quotes and escapes; variables stay as they are.

    >>> unquoted("'a b'c$X")
    'a bc$X'
    """
    return _Word(word, None, escape).result()


def expand(word: str, lookup: Callable[[str], str | None], escape: str = "\\") -> str:
    """Remove quotes and escapes, and fill variables in; an unset one is empty.

    `$X`, `${X}`, `${X:-word}`, `${X-word}`, `${X:+word}`, `${X+word}`, `${X:?message}`,
    `${X?message}` are known, and `${X#pattern}`, `${X##pattern}`, `${X%pattern}`, `${X%%pattern}`
    with `*` and `?`; a word in one can hold others.

    Args:
        word: the text.
        lookup: gives a variable's value, None where it is unset.
        escape: the escape character.

    Raises:
        ValueError: a substitution has another form or no end, or `?` asks for a value.

    >>> expand("python:${TAG:-3.13}", {}.get)
    'python:3.13'
    """
    return _Word(word, lookup, escape).result()


class _Word:
    def __init__(self, text: str, lookup: Callable[[str], str | None] | None, escape: str) -> None:
        self._text = text
        self._lookup = lookup
        self._escape = escape
        self._at = 0
        self._depth = 0

    def result(self) -> str:
        return self._until("")

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1 : self._at]

    def _until(self, end: str) -> str:
        """Read to the letter *end*, which is taken too, or to the end of the text."""
        parts: list[str] = []
        while self._at < len(self._text):
            letter = self._take()
            if letter == end:
                return "".join(parts)
            parts.append(self._piece(letter))
        if end:
            raise ValueError(f"{self._text} has no closing {end}")
        return "".join(parts)

    def _piece(self, letter: str) -> str:
        if letter == "'":
            return self._single()
        if letter == '"':
            return self._double()
        if letter == self._escape:
            return self._take()
        if letter == "$" and self._lookup is not None:
            return self._variable(self._lookup)
        return letter

    def _single(self) -> str:
        start, end = self._at, self._text.find("'", self._at)
        self._at = len(self._text) if end < 0 else end + 1
        return self._text[start:] if end < 0 else self._text[start:end]

    def _double(self) -> str:
        parts: list[str] = []
        while (letter := self._take()) not in {"", '"'}:
            if letter == self._escape:
                after = self._take()
                parts.append(after if after in {'"', "$", self._escape} else letter + after)
            elif letter == "$" and self._lookup is not None:
                parts.append(self._variable(self._lookup))
            else:
                parts.append(letter)
        return "".join(parts)

    def _variable(self, lookup: Callable[[str], str | None]) -> str:
        braces = self._text.startswith("{", self._at)
        name = _NAME.match(self._text, self._at + braces)
        if name is None:
            if braces:
                raise ValueError(f"{self._text} has a substitution without a name")
            return "$"
        self._at = name.end()
        if not braces:
            return lookup(name[0]) or ""
        return self._braces(name[0], lookup(name[0]))

    def _braces(self, name: str, value: str | None) -> str:
        operator = self._take()
        if operator == "}":
            return value or ""
        if operator == ":":
            operator, value = self._take(), value or None
        if not operator:
            raise ValueError(f"{self._text} has no closing }}")
        if operator in {"#", "%"}:
            longest = self._text.startswith(operator, self._at)
            self._at += longest
            return _without(value or "", operator, self._word(name), longest=longest)
        if operator not in {"-", "+", "?"}:
            raise ValueError(f"careen does not know the form of ${{{name}...}} in {self._text}")
        word = self._word(name)
        if operator == "?" and value is None:
            raise ValueError(f"{name} needs a value: {word}")
        if operator == "+":
            return "" if value is None else word
        return word if value is None else value

    def _word(self, name: str) -> str:
        """Read a substitution's word and its closing brace."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError(f"the substitutions of {name} are nested too deeply")
        word = self._until("}")
        self._depth -= 1
        return word


def _without(value: str, operator: str, pattern: str, *, longest: bool) -> str:
    """Remove what a pattern matches at the value's begin (#) or end (%)."""
    letters = {"*": ".*", "?": "."}
    expression = "".join(letters.get(letter, re.escape(letter)) for letter in pattern)
    matches = [
        at
        for at in range(len(value) + 1)
        if re.fullmatch(expression, value[:at] if operator == "#" else value[at:], re.DOTALL)
    ]
    if not matches:
        return value
    if operator == "#":
        return value[matches[-1 if longest else 0] :]
    return value[: matches[0 if longest else -1]]
