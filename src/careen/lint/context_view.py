"""What the rules of a build context look at: its paths, the patterns, the Dockerfile's sources."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from careen.lint.context import Measured, Placed
    from careen.lint.context_sources import Source
    from careen.lint.ignore_patterns import Ignore, Pattern


class View:
    """A build context with one ignore file, as one Dockerfile has it.

    Attributes:
        ignore: its patterns; the path is "" where there is no ignore file.
        measured: what is sent.
        dockerfile: its path, for messages; "" where there is none.
        sources: what it reads of the context; None where there is no Dockerfile.
        requirements: files that its RUN instructions give to an installer, with their lines.
        head: gives the first bytes of a file of the context, b"" where it cannot be read.
        git_ignored: the last parts of the lines of the context's .gitignore.
        git_ignored_deep: those of them that Git ignores at every depth.
    """

    def __init__(
        self,
        ignore: Ignore,
        measured: Measured,
        *,
        dockerfile: str = "",
        sources: Sequence[Source] | None = None,
        requirements: Sequence[Source] = (),
        head: Callable[[str], bytes] = lambda _: b"",
        gitignore: str = "",
    ) -> None:
        self.ignore = ignore
        self.measured = measured
        self.dockerfile = dockerfile
        self.sources = sources
        self.requirements = tuple(requirements)
        self.head = head
        self.git_ignored = git_ignored_names(gitignore)
        self.git_ignored_deep = git_ignored_names(gitignore, deep=True)

    @property
    def placed(self) -> dict[str, Placed]:
        """Every path."""
        return self.measured.placement.by_path

    @property
    def open(self) -> tuple[str, ...]:
        """The paths but those below an excluded folder that BuildKit does not enter."""
        return self.measured.placement.open

    def deeper(self, pattern: Pattern) -> list[str]:
        """Give the files that are sent and are, or lie in, what a pattern would match at the root.

        Those whose own path begins at the root with such a name are not among them.
        """
        names = [name for name in self._names if pattern.matches(name)]
        return sorted({path for name in names for path in self._names[name]})

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """The names below the first of each sent path, with the paths that have them."""
        found: dict[str, list[str]] = {}
        for entry in self.measured.placement.files:
            for name in entry.path.split("/")[1:]:
                found.setdefault(name, []).append(entry.path)
        return found


def git_ignored_names(text: str, *, deep: bool = False) -> frozenset[str]:
    r"""Give the last part of each line of a .gitignore that ignores something.

    Args:
        text: of the .gitignore.
        deep: only what is ignored at every depth: lines without a slash but at their end.

    >>> sorted(git_ignored_names("/build/\n*.log\n!keep.log\nweb/out\n"))
    ['*.log', 'build', 'out']
    """
    lines = (line.strip().removeprefix("**/") for line in text.splitlines())
    return frozenset(
        line.strip("/").rpartition("/")[2]
        for line in lines
        if line and line[0] not in "#!" and not (deep and "/" in line.rstrip("/"))
    )
