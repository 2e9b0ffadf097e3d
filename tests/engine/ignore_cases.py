"""Random build contexts and ignore files, the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.lint.ignore_patterns import Ignore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = (
    "a", "b", "ab", "abc", "a.txt", "b.txt", ".a", ".env", "a b", " a", "é", "☺", "[a]", "a]", "-",
    "^a", "a$", "(a)", "a+b", "{a}", "a|b", "!a", "#a", "1", "A", "**", "a*", "?", "\\", "a\\b",
)  # fmt: skip
_WILD = (
    "*", "**", "?", "a*", "*a", "*.txt", "**.txt", "a**", "**a", "a?", "?b", "[ab]", "[^a]*",
    "[a-c]*", "[a-]", "a[", "[[]a]", "[*]", "[?]", "[**]", "[[:alpha:]]", "\\a", "\\*", "\\[a]",
    "\\d", "\\w*", "a\\", "[\\]a]", "***", "*?*", "a^*", "^a*", "[^/]", "*[!a]*", ".*", "[.]*",
    "*]", "{a,b}*", "a|*", "|b?", "a{2}?", "*a{0,1}", "?{1,}",
)  # fmt: skip
_ENDS = ("", "", "", "", "", "/", "//", "/.", "/**", "/*", " ", "\t", "/..", "/../a")
_BEGINS = ("", "", "", "", "", "", "**/", "**/", "/", "./", "../", "//", " ", "/ ", "*/", "**/**/")


# What surprised, each with the paths of `known`.
_SURPRISES = (
    "a/b\n!a\n", "a\n!a/b\na\n", "a\n!a/*/**\n", "a\n!a/**\n", "a\n!a/b*/**\n", "!a\n*\n",
    "*\n!../../a\n", "!../..\n", "!!a\n", "*\n!!a\n", "a /\n", "/ a\n", " #b\n", "\ufeffa\n",
    "a\n\ufeffb\n", "[*]\n", "[?]\n", "[[:digit:]]*\n", "\\d*\n", "[\\w]?\n", "[\\D]?\n",
    "[\\d-z]?\n", "x\\x41?\n", "x\\101?\n", "a^*\n", "^a*\n", "^a\n", "a|b\n", "a|b*\n",
    "a|*c|b\n", "a{2}?\n", "?a{1,}\n", "?a{0,1}\n", "^{0}a*\n", "*.{js,ts}\n", "(a)+*\n",
    "***\n", "a**/b\n", "**/\n", "*\n!**/*.js\n", "**/a|b\n", "*\n!a|b/**\n",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A build context.

    Attributes:
        folders: those that may hold nothing.
        files: their paths.
        links: to a path that need not exist.
        ignore: the text of its .dockerignore.
    """

    folders: tuple[str, ...]
    files: tuple[str, ...]
    links: tuple[str, ...]
    ignore: str

    def write(self, root: Path) -> None:
        """Make it."""
        root.mkdir(parents=True, exist_ok=True)
        for folder in self.folders:
            (root / folder).mkdir(parents=True, exist_ok=True)
        for path in (*self.files, *self.links):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
        for path in self.files:
            (root / path).write_text(path)
        for path in self.links:
            (root / path).symlink_to("nowhere")
        (root / ".dockerignore").write_text(self.ignore, encoding="utf-8", newline="")

    def sent(self) -> dict[str, str]:
        """Give what careen says is sent: paths, with their text, "" for links and folders."""
        ignore = Ignore.parse(self.ignore)
        paths = {*self.files, *self.links, ".dockerignore"}
        folders = {above for path in (*paths, *self.folders) for above in _above(path)}
        folders |= set(self.folders)
        sent = {path for path in paths if not ignore.excluded(path)}
        sent |= {path for path in folders if not ignore.excluded(path, is_folder=True)}
        sent |= {above for path in sent for above in _above(path)}
        texts = {path: path for path in self.files} | {".dockerignore": self.ignore}
        return {path: "" if ignore.arrives_empty(path) else texts.get(path, "") for path in sent}


def known() -> list[Case]:
    """Give the cases that were surprises."""
    names = (
        "a/b/c", "a/c", "b/a", "ab", "#b", "!a", "1", "12", "[]", "^]", "]", "*", "?", "d", "-b",
        "zb", "_b", "xAb", "xx41b", "^a", "^ab", "ax", "c/x", "x/yb", "aab", "a.js", "x/a.js",
        "a.{js,ts}", "(a)+", "(a)+b", "aa", "ba", "baa", "a|b/x", "x/a|b",
    )  # fmt: skip
    return [Case((), names, (), text) for text in _SURPRISES]


def cases(seed: int) -> Iterator[Case]:
    """Give cases without an end; BuildKit takes the ignore file of each."""
    choose = random.Random(seed)  # noqa: S311 - the same cases for the same seed
    while True:
        case = _case(choose)
        if not Ignore.parse(case.ignore).faults:
            yield case


def _case(choose: random.Random) -> Case:
    names = choose.sample(NAMES, choose.randint(2, 6))
    paths = {
        "/".join(choose.choices(names, k=choose.choice((1, 1, 2, 2, 3, 4)))) for _ in range(12)
    }
    folders = {above for path in paths for above in _above(path)}
    leaves = sorted(paths - folders)
    kinds = [choose.choice(("file", "file", "file", "file", "folder", "link")) for _ in leaves]
    kept = dict(zip(leaves, kinds, strict=True))
    empty, files, links = (
        tuple(sorted(path for path, kind in kept.items() if kind == which))
        for which in ("folder", "file", "link")
    )
    lines = [_line(choose, names, sorted(paths)) for _ in range(choose.randint(1, 6))]
    end = choose.choice(("\n", "\n", "\n", "\r\n"))
    text = choose.choice(("", "", "\ufeff")) + end.join(lines) + choose.choice(("", end))
    return Case(empty, files, links, text)


def _line(choose: random.Random, names: list[str], paths: list[str]) -> str:
    kind = choose.random()
    if kind < 0.05:
        return choose.choice(("", "   ", "# a", " # a", "*", ".", "/", "!.", "**"))
    if kind < 0.4:
        body = choose.choice(paths)
    else:
        parts = [
            choose.choice(_WILD) if choose.random() < 0.45 else choose.choice(names)
            for _ in range(choose.choice((1, 1, 2, 2, 3)))
        ]
        body = "/".join(parts)
    mark = choose.choice(("", "", "!", "!", "! "))
    return f"{mark}{choose.choice(_BEGINS)}{body}{choose.choice(_ENDS)}"


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]
