r"""One pattern of an ignore file, matched as BuildKit matches it.

BuildKit (the module patternmatcher of moby) checks a pattern as Go's filepath.Match would read it,
then writes it as a regular expression of Go, in which brackets may mean something else: `[*]`
becomes `[[^/]*]`. Both readings are followed here, oddities included, so that what careen says is
what BuildKit does. tests/engine/test_dockerignore.py asks BuildKit itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Ranges = tuple[tuple[int, int], ...]

_WILD = frozenset("*?[]\\")
# BuildKit's table of letters to escape has { | } too, in bits that do not fit: they stay operators.
_ESCAPED = frozenset(".+()$")
_REPEAT = re.compile(r"\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}")
_MOST_REPEATED = 1000
_MOST_PIECES = 100_000
_LAST = 0x10FFFF
# With more repetitions than this, Python's regular expressions may take very long to fail.
_QUICK_REPETITIONS = 3

_DIGIT: Ranges = ((48, 57),)
_UPPER: Ranges = ((65, 90),)
_LOWER: Ranges = ((97, 122),)
_WORD: Ranges = (*_DIGIT, *_UPPER, (95, 95), *_LOWER)
_SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
_PERL = {"d": _DIGIT, "s": _SPACE, "w": _WORD}
_POSIX: dict[str, Ranges] = {
    "alnum": (*_DIGIT, *_UPPER, *_LOWER), "alpha": (*_UPPER, *_LOWER), "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)), "cntrl": ((0, 31), (127, 127)), "digit": _DIGIT,
    "graph": ((33, 126),), "lower": _LOWER, "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)), "space": ((9, 13), (32, 32)),
    "upper": _UPPER, "word": _WORD, "xdigit": (*_DIGIT, (65, 70), (97, 102)),
}  # fmt: skip
_CONTROL = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}


class PatternError(ValueError):
    """BuildKit refuses the pattern, and with it the build; or careen cannot tell what it means."""


@dataclass(frozen=True)
class Piece:
    """A part of an expression.

    Attributes:
        kind: one: a letter; maybe: one or none; many: any number of them; folders: nothing, or
            anything up to a slash; start: nothing, and only where the path begins.
        letters: which, as a class of Python's regular expressions.
    """

    kind: Literal["one", "maybe", "many", "folders", "start"]
    letters: str = ""


def matcher(pattern: str) -> Callable[[str], bool]:
    """Give the test of a path against a cleaned pattern without its exclamation mark.

    Raises:
        PatternError: it is malformed.

    >>> matcher("src/**/*.pyc")("src/app/main.pyc"), matcher("*.pyc")("src/main.pyc")
    (True, False)
    """
    check_syntax(pattern)
    if _WILD.isdisjoint(pattern):
        return lambda path: path == pattern
    if pattern.endswith("**") and _WILD.isdisjoint(head := pattern[:-2]):
        return lambda path: path.startswith(head)
    if pattern.startswith("**") and _WILD.isdisjoint(tail := pattern[2:]):
        whole = tail.removeprefix("/")
        return lambda path: path.endswith(tail) or (tail != whole and path == whole)
    ways = alternatives(go_expression(pattern))
    if any(
        sum(part.kind not in {"one", "start"} for part in way) > _QUICK_REPETITIONS for way in ways
    ):
        return lambda path: any(matches_slowly(way, path) for way in ways)
    found = re.compile("|".join(map(python_expression, ways)))
    return lambda path: found.match(path) is not None


def check_syntax(pattern: str) -> None:
    """Check a pattern as Go's filepath.Match does.

    Raises:
        PatternError: a bracket does not end or holds nothing, a backslash stands last.
    """
    position = 0
    while position < len(pattern):
        if pattern[position] == "[":
            position = _bracket_end(pattern, position + 1)
        else:
            position += 1 + (pattern[position] == "\\")
    if position > len(pattern):
        raise PatternError("a backslash stands last: write two for a backslash")


def go_expression(pattern: str) -> str:
    r"""Give the regular expression that BuildKit makes of a pattern, without its two ends.

    >>> go_expression("**/a?.txt"), go_expression("[*]")
    ('(.*/)?a[^/]\\.txt', '[[^/]*]')
    """
    made, position = "", 0
    while position < len(pattern):
        letter = pattern[position]
        if pattern.startswith("**", position):
            position += 2 + pattern.startswith("/", position + 2)
            made += "(.*/)?" if position < len(pattern) else ".*"
            continue
        if letter == "\\":
            made += pattern[position : position + 2]
            position += 2
            continue
        made += {"*": "[^/]*", "?": "[^/]"}.get(letter, letter)
        if letter in _ESCAPED:
            made = f"{made[:-1]}\\{letter}"
        position += 1
    return made


def alternatives(expression: str) -> tuple[tuple[Piece, ...], ...]:
    """Read such an expression as Go reads it: each alternative matches a whole path.

    Only the first is bound to the path's begin, and only the last to its end.

    Raises:
        PatternError: Go refuses it, or it has an escape that careen does not know.
    """
    found: list[list[Piece]] = [[]]
    position = 0
    while position < len(expression):
        if expression[position] == "|":
            found[-1].append(_ANYTHING)
            found.append([_ANYTHING])
            position += 1
        elif repeat := _REPEAT.match(expression, position):
            _repeat(found[-1], repeat)
            position = repeat.end()
            if _REPEAT.match(expression, position):
                _refuse("one repetition {} follows another")
        else:
            piece, position = _piece(expression, position)
            found[-1].append(piece)
    if sum(map(len, found)) > _MOST_PIECES:
        _refuse("it is too long")
    return tuple(map(tuple, found))


def _piece(expression: str, position: int) -> tuple[Piece, int]:
    if expression.startswith("(.*/)?", position):
        return Piece("folders"), position + 6
    letter = expression[position]
    if letter == "^":
        return Piece("start"), position + 1
    if letter == ".":
        letters, position = "[^\\n]", position + 1
    elif letter == "[":
        ranges, position = _class(expression, position + 1)
        letters = _written(ranges)
    elif letter == "\\":
        ranges, position = _escape(expression, position)
        letters = _written(ranges)
    else:
        letters, position = _written(((ord(letter), ord(letter)),)), position + 1
    repeated = expression.startswith("*", position)
    return Piece("many" if repeated else "one", letters), position + repeated


def _repeat(parts: list[Piece], repeat: re.Match[str]) -> None:
    """Repeat the last piece as `{2}`, `{2,}` or `{2,3}` says."""
    least = int(repeat[1])
    most = least if repeat[2] is None else int(repeat[3]) if repeat[3] else None
    if (
        least > _MOST_REPEATED
        or (most or 0) > _MOST_REPEATED
        or (most is not None and most < least)
    ):
        _refuse(f"{repeat[0]} is read as a repetition, and its numbers are wrong")
    if not parts or parts[-1] is _ANYTHING or parts[-1].kind in {"many", "folders"}:
        _refuse(f"{repeat[0]} is read as a repetition, with nothing to repeat before it")
    piece = parts.pop()
    if piece.kind == "start":
        parts += [piece] * min(least, 1)
        return
    parts += [piece] * least
    if most is None:
        parts.append(Piece("many", piece.letters))
    else:
        parts += [Piece("maybe", piece.letters)] * (most - least)


def python_expression(parts: Sequence[Piece]) -> str:
    """Give the same as a regular expression of Python, for its method match."""
    texts = {"folders": "(?:[^\\n]*/)?", "start": "\\A"}
    marks = {"many": "*", "maybe": "?"}
    made = [texts.get(part.kind) or part.letters + marks.get(part.kind, "") for part in parts]
    return "".join([*made, "\\Z"])


def matches_slowly(parts: Sequence[Piece], path: str) -> bool:
    """Match in a time that grows with the path's length alone, however many wildcards there are."""
    # Twice a piece's index is before it; one more is inside `folders`, after its first letter.
    now = _reached(parts, {0}, begins=True)
    for letter in path:
        after: set[int] = set()
        for state in now:
            index, inside = divmod(state, 2)
            if index == len(parts) or parts[index].kind == "start":
                continue
            part = parts[index]
            if part.kind == "folders":
                if letter != "\n":
                    after.add(2 * index + 1)
                if letter == "/":
                    after.add(2 * index + 2)
            elif not inside and _has(part.letters, letter):
                after.add(2 * index + 2 * (part.kind != "many"))
        now = _reached(parts, after, begins=False)
        if not now:
            return False
    return 2 * len(parts) in now


def _reached(parts: Sequence[Piece], states: set[int], *, begins: bool) -> set[int]:
    """Add the states that can be reached without a letter."""
    waiting, found = list(states), set(states)
    while waiting:
        index, inside = divmod(waiting.pop(), 2)
        if index == len(parts) or inside:
            continue
        kind = parts[index].kind
        beyond = 2 * index + 2
        free = kind in {"many", "maybe", "folders"} or (kind == "start" and begins)
        if free and beyond not in found:
            found.add(beyond)
            waiting.append(beyond)
    return found


_ANYTHING = Piece("many", "[\\s\\S]")


@lru_cache(maxsize=4096)
def _has(letters: str, letter: str) -> bool:
    return re.fullmatch(letters, letter) is not None


def _bracket_end(pattern: str, position: int) -> int:
    position += pattern.startswith("^", position)
    count = 0
    while not (count and pattern.startswith("]", position)):
        position = _bracket_letter(pattern, position)
        if pattern[position] == "-":
            position = _bracket_letter(pattern, position + 1)
        count += 1
    return position + 1


def _bracket_letter(pattern: str, position: int) -> int:
    """Pass one letter of a bracket, which must not be the pattern's last one."""
    if pattern[position : position + 1] in {"", "-", "]"}:
        _refuse("a bracket [ has no end, is empty, or has a - without its two letters")
    position += 1 + (pattern[position] == "\\")
    if position >= len(pattern):
        _refuse("a bracket [ has no end")
    return position


def _class(text: str, position: int) -> tuple[Ranges, int]:
    """Read a class of Go's regular expressions after its bracket; give where it ends too."""
    negated = text.startswith("^", position)
    position += negated
    found: list[tuple[int, int]] = []
    first = True
    while first or not text.startswith("]", position):
        first = False
        if text.startswith("[:", position) and (end := text.find(":]", position + 2)) >= 0:
            found += _named(text[position + 2 : end])
            position = end + 2
            continue
        low, position = _class_letter(text, position)
        if len(low) > 1 or low[0][0] != low[0][1]:  # \d and the like
            found += low
            continue
        high = low
        if text.startswith("-", position) and text[position + 1 : position + 2] not in {"", "]"}:
            high, position = _class_letter(text, position + 1)
        if len(high) > 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
            _refuse("a range in a bracket [ has its end before its begin")
        found.append((low[0][0], high[0][0]))
    ranges = tuple(found)
    return (_complement(ranges) if negated else ranges), position + 1


def _class_letter(text: str, position: int) -> tuple[Ranges, int]:
    if position >= len(text):
        _refuse("a bracket [ has no end")
    if text[position] == "\\":
        return _escape(text, position)
    return ((ord(text[position]), ord(text[position])),), position + 1


def _named(name: str) -> Ranges:
    ranges = _POSIX.get(name.removeprefix("^"))
    if ranges is None:
        _refuse(f"[:{name}:] is no class of letters")
    return _complement(ranges) if name.startswith("^") else ranges


def _escape(text: str, position: int) -> tuple[Ranges, int]:
    r"""Read an escape: a letter of ASCII behind the backslash may be one of Go's, such as \d."""
    letter, end = text[position + 1], position + 2
    if letter.isascii() and not letter.isalnum():
        return ((ord(letter), ord(letter)),), end
    if letter.lower() in _PERL:
        ranges = _PERL[letter.lower()]
        return (ranges if letter.islower() else _complement(ranges)), end
    if letter in _CONTROL:
        return ((_CONTROL[letter],) * 2,), end
    if match := re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}").match(text, position + 1):
        return ((int(match[0], 8),) * 2,), match.end()
    if match := re.compile(r"x([0-9A-Fa-f]{2})").match(text, position + 1):
        return ((int(match[1], 16),) * 2,), match.end()
    return _refuse(f"\\{letter} is an escape of Go's regular expressions: write {letter} alone")


def _complement(ranges: Ranges) -> Ranges:
    found, begin = [], 0
    for low, high in sorted(ranges):
        if begin < low:
            found.append((begin, low - 1))
        begin = max(begin, high + 1)
    return (*found, (begin, _LAST)) if begin <= _LAST else tuple(found)


def _written(ranges: Ranges) -> str:
    """Write ranges as a class of Python's; no range at all matches nothing."""
    if not ranges:
        return "(?!)"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return re.escape(chr(ranges[0][0]))
    written = [f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges]
    return f"[{''.join(written)}]"


def _refuse(message: str) -> NoReturn:
    raise PatternError(message)
