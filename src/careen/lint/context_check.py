"""Checks the build context of each Dockerfile: what is sent, and what is wrong with its list."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from careen.build.dockerfile import needed_stages, platform_args, read_dockerfile
from careen.errors import UsageError
from careen.image.read.platforms import own
from careen.lint.context import Entry, Measured, Placement, measure, place, walk
from careen.lint.context_rules import RULES
from careen.lint.context_sources import Source, context_sources
from careen.lint.context_view import View
from careen.lint.finding import Finding, ordered
from careen.lint.ignore_patterns import Ignore, clean, ignore_file_names
from careen.lint.secret_files import HEAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from careen.build.dockerfile import Dockerfile
    from careen.config.model import Settings

_GITIGNORES = 100
_GITIGNORE_BYTES = 65_536
_INSTALLS_FROM = re.compile(
    r"(?:^|\s)(?:-r|-c|--requirements?|--constraints?)[ =]?([\w./-]+\.(?:txt|in))\b"
)


@dataclass(frozen=True)
class Build:
    """One way to build: a variant.

    Attributes:
        name: for people.
        dockerfile: the path of its Dockerfile.
        args: build arguments, those of the platform too.
        target: its stage; the last one where it is empty.
    """

    name: str
    dockerfile: Path
    args: Mapping[str, str]
    target: str = ""


@dataclass(frozen=True)
class CheckedContext:
    """A build context as one build has it.

    Attributes:
        builds: the names of those that have it so.
        dockerfile: as a path for people.
        ignore: the ignore file as a path for people, "" where there is none.
        measured: what is sent.
        findings: in the order of their lines.
    """

    builds: tuple[str, ...]
    dockerfile: str
    ignore: str
    measured: Measured
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form."""
        return {
            "builds": list(self.builds),
            "dockerfile": self.dockerfile,
            "ignore_file": self.ignore or None,
            **self.measured.to_json(),
            "findings": [finding.to_json() for finding in self.findings],
        }


def check_contexts(context: Path, builds: Sequence[Build]) -> tuple[CheckedContext, ...]:
    """Check a build context for each of several builds; it is walked once.

    Builds whose Dockerfile, ignore file and sources are the same share a result.

    Args:
        context: the folder; paths in findings are relative to it where they can be.
        builds: at least one.

    Raises:
        DockerfileError: a Dockerfile is missing or does not parse.
        UsageError: the context cannot be read.
    """
    entries = _entries(context)
    gitignore = _gitignore(context, entries)
    found: dict[tuple[Any, ...], CheckedContext] = {}
    placements: dict[str, tuple[Ignore, Placement]] = {}
    for build in builds:
        dockerfile = read_dockerfile(build.dockerfile)
        sources = context_sources(dockerfile, build.args, build.target)
        ignore = ignore_of(context, build.dockerfile)
        key = (build.dockerfile, ignore.path, sources)
        if earlier := found.get(key):
            found[key] = replace(earlier, builds=(*earlier.builds, build.name))
            continue
        if ignore.path not in placements:
            placements[ignore.path] = ignore, place(entries, ignore)
        ignore, placement = placements[ignore.path]
        measured = measure(placement, [source.path for source in sources])
        view = View(
            ignore,
            measured,
            dockerfile=shown(build.dockerfile, context),
            sources=sources,
            requirements=_requirements(dockerfile, build),
            head=lambda path: _head(context / path),
            gitignore=gitignore,
        )
        found[key] = CheckedContext(
            (build.name,), view.dockerfile, ignore.path, measured, judge(view)
        )
    return tuple(found.values())


def check_variants(settings: Settings, names: Sequence[str]) -> tuple[CheckedContext, ...]:
    """Check the build context of the settings for each of these variants.

    Raises:
        DockerfileError: a Dockerfile is missing or does not parse.
        UsageError: the context cannot be read.
    """
    builds = []
    for name in names:
        variant = settings.variants[name]
        platform = variant.platforms[0] if variant.platforms else str(own())
        args = {**platform_args(platform), **variant.args}
        builds.append(Build(name, settings.root / variant.dockerfile, args, variant.target))
    return check_contexts(settings.root / settings.build.context, builds)


def judge(view: View) -> tuple[Finding, ...]:
    """Ask every rule."""
    return ordered(chain.from_iterable(rule(view) for rule in RULES))


def ignore_of(context: Path, dockerfile: Path) -> Ignore:
    """Read the ignore file of a Dockerfile: its own beside it, else the context's, else none.

    Raises:
        UsageError: there is one that cannot be read.
    """
    own, shared = ignore_file_names(str(dockerfile))
    for path in (dockerfile.with_name(own.rpartition("/")[2]), context / shared):
        try:
            text = path.read_bytes().decode(errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", hint="make it readable") from error
        return Ignore.parse(text, shown(path, context))
    return Ignore("")


def shown(path: Path, context: Path) -> str:
    """Give a path relative to the context where it lies in it."""
    return str(path.relative_to(context)) if path.is_relative_to(context) else str(path)


def _entries(context: Path) -> list[Entry]:
    try:
        return list(walk(context))
    except OSError as error:
        message = f"{context}: the build context cannot be read: {error.strerror}"
        raise UsageError(message, hint="see build.context in the configuration") from error


def _gitignore(context: Path, entries: Iterable[Entry]) -> str:
    """Give the lines of all .gitignore files, at most the first of them."""
    paths = [one.path for one in entries if one.path.rpartition("/")[2] == ".gitignore"]
    texts = [_head(context / path, _GITIGNORE_BYTES) for path in paths[:_GITIGNORES]]
    return b"\n".join(texts).decode(errors="replace")


def _requirements(dockerfile: Dockerfile, build: Build) -> list[Source]:
    """Give the lists that its RUN instructions install from, as paths of the context.

    A list is looked for where COPY . . puts it: below the working folder, under the same name.
    """
    return [
        Source(clean(match[1]), instruction.line)
        for stage in needed_stages(dockerfile, build.args, build.target)
        for instruction in stage.instructions
        if instruction.keyword == "RUN"
        for match in _INSTALLS_FROM.finditer(instruction.value)
        if not match[1].startswith("/")
    ]


def _head(path: Path, most: int = HEAD_BYTES) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError:
        return b""
