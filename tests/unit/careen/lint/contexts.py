"""Build contexts for tests, written as their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.build.dockerfile import parse_dockerfile
from careen.lint.context import Entry, measure, place
from careen.lint.context_check import judge
from careen.lint.context_sources import Source, context_sources
from careen.lint.context_view import View
from careen.lint.ignore_patterns import Ignore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from careen.lint.finding import Finding

COPY_ALL = "FROM scratch\nCOPY . /app/\n"


def entries(paths: Iterable[str], size_bytes: int = 10) -> Iterator[Entry]:
    """Give files and the folders above them, in the order of a walk."""
    folders = {path[:at] for path in paths for at, letter in enumerate(path) if letter == "/"}
    found = [*paths, *folders]
    for path in sorted(set(found), key=lambda one: one.split("/")):
        yield Entry(path, "folder") if path in folders else Entry(path, "file", size_bytes)


def view(
    files: Iterable[str],
    ignore: str | None,
    dockerfile: str = COPY_ALL,
    *,
    contents: Mapping[str, bytes] | None = None,
    requirements: Iterable[str] = (),
    gitignore: str = "",
) -> View:
    """Give what the rules look at; without an ignore file where *ignore* is None."""
    patterns = Ignore("") if ignore is None else Ignore.parse(ignore)
    sources = context_sources(parse_dockerfile(dockerfile))
    held = contents or {}
    return View(
        patterns,
        measure(place(entries(list(files)), patterns), [source.path for source in sources]),
        dockerfile="Dockerfile",
        sources=sources,
        requirements=[Source(path, 9) for path in requirements],
        head=lambda path: held.get(path, b""),
        gitignore=gitignore,
    )


def found(one: View) -> list[tuple[str, int, str]]:
    """Give rule, line and severity of each finding."""
    return [(finding.rule, finding.line, finding.severity) for finding in judge(one)]


def of_rule(one: View, rule: str) -> list[Finding]:
    return [finding for finding in judge(one) if finding.rule == rule]
