"""What an ignore file leaves out of a build context, as BuildKit decides it.

Three programs share the work: BuildKit's frontend reads the file's lines, buildx matches every path
of the context against all of them (moby/patternmatcher), and its walk (tonistiigi/fsutil) passes
what it knows of a folder on to what lies in it, and does not enter a folder in which no exception
can match. All three are followed here, for Linux and macOS.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from careen.lint.ignore_regexp import PatternError, matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# What Go's strings.TrimSpace removes; Python's own strip takes four control characters more.
_BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_LONGEST_LINE_BYTES = 65_535  # Go's bufio.Scanner
_WILD = frozenset("*[]?^\\")
_OPERATOR = re.compile(r"\||\{[0-9]+(,[0-9]*)?\}")


@dataclass(frozen=True)
class Pattern:
    """One line of an ignore file.

    Attributes:
        text: as it is written, blanks around it removed.
        line: from 1.
        exception: it begins with `!`: what it matches is let in again.
        cleaned: what paths are compared with: no `!`, no slash at either end, no `.` or `..` that
            can be resolved.
    """

    text: str
    line: int
    exception: bool
    cleaned: str
    _matches: Callable[[str], bool] = field(repr=False, compare=False)

    def matches(self, path: str) -> bool:
        """Say whether it matches this very path; what lies below one follows its folder."""
        return self._matches(path)

    @property
    def has_operator(self) -> bool:
        """Whether BuildKit reads `|` or `{2}` in it as an operator: it does beside a wildcard.

        BuildKit means to escape these letters; its table of them has no room for `{ | }`.
        """
        simple = self.cleaned.removeprefix("**").removesuffix("**")
        if _WILD.isdisjoint(simple.replace("^", "")):
            return False
        return _OPERATOR.search(re.sub(r"\\.", "", self.cleaned)) is not None

    @property
    def fixed(self) -> str:
        """The pattern without `/**` and `/*` at its end, by which BuildKit's walk compares it."""
        return self.cleaned.removesuffix("/**").removesuffix("/*")


@dataclass(frozen=True)
class Fault:
    """A line for which BuildKit fails the whole build."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a path.

    Attributes:
        excluded: it is not sent. A folder that is excluded is sent still where something in it is.
        pattern: the one that decided; None where none did.
        matched: for each pattern, whether it matched the path or a folder above it, as far as
            BuildKit asked.
        pruned: an excluded folder that the walk does not enter.
    """

    excluded: bool
    pattern: Pattern | None
    matched: tuple[bool, ...]
    pruned: bool = False


class Ignore:
    """The patterns of one ignore file.

    Attributes:
        path: of the file, for messages; "" where there is none.
        patterns: in their order.
        faults: lines that BuildKit refuses; they match nothing here.
    """

    def __init__(
        self, path: str, patterns: Sequence[Pattern] = (), faults: Sequence[Fault] = ()
    ) -> None:
        self.path = path
        self.patterns = tuple(patterns)
        self.faults = tuple(faults)
        exceptions = [pattern.fixed for pattern in patterns if pattern.exception]
        # With one wildcard among them, BuildKit enters every folder.
        self._enters_all = not all(map(_WILD.isdisjoint, exceptions))
        self._exceptions = tuple(f"{exception}/" for exception in exceptions)
        self._folders: dict[str, Decision] = {}

    @classmethod
    def parse(cls, text: str, path: str = ".dockerignore") -> Ignore:
        r"""Read the text of an ignore file. It never fails: what is wrong is in `faults`.

        >>> ignore = Ignore.parse("# all but one\n*\n!app/\n")
        >>> [(pattern.line, pattern.exception, pattern.cleaned) for pattern in ignore.patterns]
        [(2, False, '*'), (3, True, 'app')]
        """
        patterns: list[Pattern] = []
        faults: list[Fault] = []
        for line, written in _lines(text):
            try:
                if pattern := _pattern(line, written):
                    patterns.append(pattern)
            except PatternError as error:
                faults.append(Fault(line, written.strip(_BLANKS)[:200], str(error)))
        return cls(path, patterns, faults)

    def excluded(self, path: str, *, is_folder: bool = False) -> bool:
        r"""Say whether BuildKit leaves a path out.

        Args:
            path: relative to the context, with slashes between its parts.
            is_folder: it is a folder, no link to one.

        >>> ignore = Ignore.parse("*.pyc\ndocs\n!docs/guide.md\n")
        >>> [ignore.excluded(path) for path in ("a.pyc", "src/a.pyc", "docs/x", "docs/guide.md")]
        [True, False, True, False]
        """
        return self.decide(path, is_folder=is_folder).excluded

    def decide(self, path: str, *, is_folder: bool = False) -> Decision:
        """Give the decision on a path from the context's root, and with it the pattern."""
        path = _from_root(path)
        above: Decision | None = None
        end = path.rfind("/")
        if end > 0:
            above = self._folders.get(path[:end]) or self._folder(path[:end])
        if is_folder:
            return self._folders.get(path) or self._kept(path, above)
        return self._decide(path, above, is_folder=False)

    def _folder(self, path: str) -> Decision:
        """Decide on a folder and, before it, on those above it, from the root on."""
        above: Decision | None = None
        for match in re.finditer(r"(?<=[^/])(?=/|$)", path):
            folder = path[: match.start()]
            above = self._folders.get(folder) or self._kept(folder, above)
        return above or self._kept(path, None)

    def _kept(self, folder: str, above: Decision | None) -> Decision:
        self._folders[folder] = self._decide(folder, above, is_folder=True)
        return self._folders[folder]

    def arrives_empty(self, path: str) -> bool:
        r"""Say whether BuildKit sends a file, but with no bytes.

        Its walk and its reading of a file ask the patterns in two ways, which differ where a
        pattern stands again behind an exception from it. No message tells of it.

        >>> Ignore.parse("docs\n!docs/guide.md\ndocs\n").arrives_empty("docs/guide.md")
        True
        """
        path = _from_root(path)
        return not self.excluded(path) and not self._opened(path)

    def _opened(self, path: str) -> bool:
        """Ask every pattern of the path and of each folder above it: the reading's way."""
        parts = path.split("/")
        above = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
        excluded = False
        for pattern in self.patterns:
            if pattern.exception == excluded and any(map(pattern.matches, above)):
                excluded = not pattern.exception
        return not excluded

    def _decide(self, path: str, above: Decision | None, *, is_folder: bool) -> Decision:
        if above is not None and above.pruned:
            return above
        excluded, decider = False, None
        matched = list(above.matched) if above else [False] * len(self.patterns)
        for index, pattern in enumerate(self.patterns):
            # BuildKit asks only a pattern that could change something; a folder's patterns that
            # it did not ask are unmatched for all that lies in it.
            if not matched[index] and pattern.exception == excluded:
                matched[index] = pattern.matches(path)
            if matched[index]:
                if pattern.exception == excluded:
                    decider = pattern
                excluded = not pattern.exception
        pruned = excluded and is_folder and not self._entered(path)
        return Decision(excluded, decider, tuple(matched), pruned)

    def _entered(self, folder: str) -> bool:
        return self._enters_all or any(
            exception.startswith(f"{folder}/") for exception in self._exceptions
        )


def ignore_file_names(dockerfile: str) -> tuple[str, str]:
    """Give the ignore file that belongs to a Dockerfile alone, and the context's; the first wins.

    The first stands beside the Dockerfile, the second at the context's root. An empty
    first one wins too: then all is sent.

    >>> ignore_file_names("docker/slim.Dockerfile")
    ('docker/slim.Dockerfile.dockerignore', '.dockerignore')
    """
    return f"{dockerfile}.dockerignore", ".dockerignore"


def _from_root(path: str) -> str:
    """Give a path without empty parts: what is remembered of a folder is found by its path."""
    if "//" in path or path.startswith("/") or path.endswith("/"):
        return "/".join(filter(None, path.split("/")))
    return path


def clean(path: str) -> str:
    """Give the shortest form of a path, as Go's filepath.Clean does.

    >>> clean("//a/./b/../c/"), clean("")
    ('/a/c', '.')
    """
    return posixpath.normpath(re.sub(r"\A/+", "/", path))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for line, written in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not written.startswith("#") and written.strip(_BLANKS):
            yield line, written


def _pattern(line: int, written: str) -> Pattern | None:
    """Read a line, first as BuildKit's frontend does, then as the matcher does."""
    if len(written.encode(errors="surrogatepass")) > _LONGEST_LINE_BYTES:
        raise PatternError("the line is longer than 64 KiB")
    text = written.strip(_BLANKS)
    body = text.removeprefix("!").strip(_BLANKS) if text.startswith("!") else text
    if body:
        body = clean(body)
        body = body[1:] if body.startswith("/") and body != "/" else body
    read = (f"!{body}" if text.startswith("!") else body).strip(_BLANKS)
    if not read:
        return None
    read = clean(read)  # again, now with its exclamation mark
    exception = read.startswith("!")
    cleaned = read.removeprefix("!") if exception else read
    if not cleaned:
        raise PatternError("an exclamation mark stands alone")
    return Pattern(text, line, exception, cleaned, matcher(cleaned))
