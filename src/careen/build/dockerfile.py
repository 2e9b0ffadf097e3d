"""A Dockerfile as data: its stages and instructions, and the images that its build pulls."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

from careen.build.instructions import InstructionReader
from careen.build.shell_words import expand, words
from careen.errors import DockerfileError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from careen.build.instructions import Directive, Instruction

Role = Literal["base", "copy", "mount", "frontend"]

_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*")
# BuildKit defines these for FROM lines without an ARG.
_PLATFORM_ARG = re.compile(r"(TARGET|BUILD)(PLATFORM|OS|OSVERSION|ARCH|VARIANT)")


@dataclass(frozen=True)
class Stage:
    """One build stage.

    Attributes:
        index: from 0.
        name: in lower case, as BuildKit compares it; empty where it has none.
        base: what its FROM names, as it is written.
        line: the line of its FROM.
        instructions: those after its FROM.
    """

    index: int
    name: str
    base: str
    line: int
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True)
class Dockerfile:
    """A whole Dockerfile; *path* is for messages, *escape* is the escape character."""

    path: str
    directives: tuple[Directive, ...]
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    escape: str = "\\"

    def stage(self, name: str = "") -> Stage:
        """Give a stage by its name, in any case; the last one without a name.

        Raises:
            DockerfileError: there is none of this name.
        """
        if not name:
            return self.stages[-1]
        found = _named(self.stages, name)
        if found is None:
            names = [stage.name for stage in self.stages if stage.name]
            hint = nearest(name.lower(), names) if names else "no stage of it has a name"
            raise DockerfileError(f"{self.path}: it has no stage {name}", hint=hint)
        return found


@dataclass(frozen=True)
class BaseReference:
    """An image that a build pulls.

    Attributes:
        reference: as the Dockerfile names it, arguments filled in.
        line: the line of the instruction that names it.
        role: base: FROM; copy: COPY --from; mount: RUN --mount=from; frontend: # syntax.
    """

    reference: str
    line: int
    role: Role


def read_dockerfile(path: Path) -> Dockerfile:
    """Read and parse a Dockerfile.

    Raises:
        DockerfileError: it is missing, is no UTF-8 text, or does not parse.
    """
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        hint = "name it in [tool.careen.variants.NAME], key dockerfile, relative to pyproject.toml"
        raise DockerfileError(f"{path}: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise DockerfileError(f"{path}: it is no UTF-8 text: {error}") from error
    return parse_dockerfile(text, str(path))


def parse_dockerfile(text: str, path: str = "Dockerfile") -> Dockerfile:
    r"""Parse the text of a Dockerfile.

    Raises:
        DockerfileError: it does not parse; the message begins with *path* and the line.

    >>> parse_dockerfile("FROM scratch AS empty\n").stages[0].name
    'empty'
    """
    reader = InstructionReader(text.removeprefix("\ufeff").split("\n"), path)
    instructions = tuple(reader.instructions())
    if not instructions:
        hint = "begin with FROM and a base image"
        raise DockerfileError(f"{path}: it has no instruction", hint=hint)
    stages = tuple(_stages(instructions, path))
    return Dockerfile(path, tuple(reader.directives), instructions, stages, reader.escape)


def platform_args(target: str, build: str = "") -> dict[str, str]:
    """Give the arguments that BuildKit defines for a platform, and for its own (the same).

    >>> platform_args("linux/arm64")["TARGETARCH"]
    'arm64'
    """
    args = {}
    for prefix, platform in (("TARGET", target), ("BUILD", build or target)):
        system, _, rest = platform.partition("/")
        architecture, _, variant = rest.partition("/")
        args[f"{prefix}PLATFORM"] = platform
        args |= {f"{prefix}OS": system, f"{prefix}ARCH": architecture, f"{prefix}VARIANT": variant}
    return args


def external_references(
    dockerfile: Dockerfile, args: Mapping[str, str] | None = None, target: str = ""
) -> tuple[BaseReference, ...]:
    """Give every image that the build of a target can pull, in the order of their lines.

    Stages that the target does not need are left out, as BuildKit prunes them; `scratch` is no
    image.

    Args:
        dockerfile: the parsed file.
        args: build arguments; those of `platform_args` too, where a FROM line uses one.
        target: a stage's name; the last stage where it is empty.

    Raises:
        DockerfileError: an unknown target, a base that is empty or cannot be told.
    """
    found = [
        BaseReference(directive.value.split()[0], directive.line, "frontend")
        for directive in dockerfile.directives
        if directive.name == "syntax" and directive.value
    ]
    _, references = _needed(dockerfile, args or {}, target)
    return tuple(sorted([*found, *references], key=lambda reference: reference.line))


def needed_stages(
    dockerfile: Dockerfile, args: Mapping[str, str] | None = None, target: str = ""
) -> tuple[Stage, ...]:
    """Give the stages that the build of a target runs, in their order; BuildKit prunes the others.

    Raises:
        DockerfileError: an unknown target, a base that is empty or cannot be told.
    """
    stages, _ = _needed(dockerfile, args or {}, target)
    return stages


def final_base(
    dockerfile: Dockerfile, args: Mapping[str, str] | None = None, target: str = ""
) -> str:
    """Give the image that the target's chain of FROM lines ends in, or `scratch`.

    Raises:
        DockerfileError: an unknown target, a base that is empty or cannot be told.
    """
    stage = dockerfile.stage(target)
    lookup = _global_args(dockerfile, args or {})
    while True:
        base = _base(dockerfile, stage, lookup)
        below = _named(dockerfile.stages[: stage.index], base)
        if below is None:
            return base
        stage = below


def _stages(instructions: tuple[Instruction, ...], path: str) -> Iterator[Stage]:
    starts = [n for n, each in enumerate(instructions) if each.keyword == "FROM"]
    head = instructions[: starts[0]] if starts else instructions
    for instruction in head:
        if instruction.keyword != "ARG":
            where = f"{path}:{instruction.line}"
            message = f"{where}: {instruction.keyword} stands before the first FROM"
            raise DockerfileError(message, hint="begin with FROM and a base image")
    if not starts:
        # BuildKit of Docker 26.1 panics here and takes the whole daemon with it.
        raise DockerfileError(f"{path}: it has no FROM", hint="begin with FROM and a base image")
    for index, (start, end) in enumerate(
        zip(starts, [*starts[1:], len(instructions)], strict=True)
    ):
        opening = instructions[start]
        base, name = _from(opening, path)
        yield Stage(index, name, base, opening.line, instructions[start + 1 : end])


def _from(instruction: Instruction, path: str) -> tuple[str, str]:
    """Give the base and the stage's name of a FROM."""
    words = instruction.value.split()
    where = f"{path}:{instruction.line}"
    if len(words) not in {1, 3} or (len(words) == 3 and words[1].lower() != "as"):  # noqa: PLR2004
        raise DockerfileError(f"{where}: FROM does not parse", hint="write FROM image [AS name]")
    name = words[2].lower() if len(words) > 1 else ""
    if name and not _STAGE_NAME.fullmatch(name):
        hint = "begin with a letter; then letters, digits, - _ and ."
        raise DockerfileError(f"{where}: {name} cannot name a stage", hint=hint)
    return words[0], name


def _named(stages: Sequence[Stage], name: str) -> Stage | None:
    """Give the last of these stages that has this name."""
    found = [stage for stage in stages if stage.name and stage.name == name.lower()]
    return found[-1] if found else None


def _needed(
    dockerfile: Dockerfile, args: Mapping[str, str], target: str
) -> tuple[tuple[Stage, ...], list[BaseReference]]:
    lookup = _global_args(dockerfile, args)
    found: list[BaseReference] = []
    waiting, seen = [dockerfile.stage(target)], dict[int, Stage]()
    while waiting:
        stage = waiting.pop()
        if stage.index not in seen:
            seen[stage.index] = stage
            for need in _needs(dockerfile, stage, lookup):
                if isinstance(need, Stage):
                    waiting.append(need)
                else:
                    found.append(need)
    return tuple(seen[index] for index in sorted(seen)), found


def _needs(
    dockerfile: Dockerfile, stage: Stage, lookup: Callable[[str], str | None]
) -> Iterator[Stage | BaseReference]:
    """Give the stages and images that a stage is made from."""
    base = _base(dockerfile, stage, lookup)
    # FROM sees the stages above it, --from all of them.
    below = _named(dockerfile.stages[: stage.index], base)
    if below is not None:
        yield below
    elif base != "scratch":
        yield BaseReference(base, stage.line, "base")
    for instruction in stage.instructions:
        for role, name in _sources(dockerfile, instruction):
            yield _source(dockerfile, instruction, role, name)


def _sources(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[tuple[Role, str]]:
    """Give what an instruction reads from: COPY --from, RUN --mount=from."""
    for name, value in instruction.flags:
        if instruction.keyword == "COPY" and name == "from" and value:
            yield "copy", value
        if instruction.keyword == "RUN" and name == "mount":
            try:
                parts = next(csv.reader([value], strict=True), [])
            except csv.Error as error:
                where = f"{dockerfile.path}:{instruction.line}"
                hint = "write key=value,key=value"
                raise DockerfileError(f"{where}: --mount={value}: {error}", hint=hint) from error
            for part in parts:
                key, _, source = part.partition("=")
                if key.strip().lower() == "from" and source:
                    yield "mount", source


def _source(
    dockerfile: Dockerfile, instruction: Instruction, role: Role, name: str
) -> Stage | BaseReference:
    where = f"{dockerfile.path}:{instruction.line}"
    if "$" in name:
        hint = "give it a stage of its own above, FROM ... AS name, and name that"
        raise DockerfileError(f"{where}: from={name} cannot hold a variable", hint=hint)
    found = _named(dockerfile.stages, name)
    if found is None and role == "copy" and name.isdecimal():
        if int(name) >= len(dockerfile.stages):
            hint = f"there are {len(dockerfile.stages)}, counted from 0; give them names"
            raise DockerfileError(f"{where}: there is no stage {name}", hint=hint)
        found = dockerfile.stages[int(name)]
    return found or BaseReference(name, instruction.line, role)


def _base(dockerfile: Dockerfile, stage: Stage, lookup: Callable[[str], str | None]) -> str:
    """Give what a stage's FROM names, its arguments filled in."""
    where = f"{dockerfile.path}:{stage.line}"
    try:
        base = expand(stage.base, lookup, dockerfile.escape)
    except ValueError as error:
        raise DockerfileError(f"{where}: {error}", hint="see the FROM and its ARG lines") from error
    if not base:
        hint = "give an ARG above the first FROM a default, or the variant an argument"
        raise DockerfileError(f"{where}: the base {stage.base} is empty", hint=hint)
    return base


def _global_args(dockerfile: Dockerfile, args: Mapping[str, str]) -> Callable[[str], str | None]:
    """Give the values that FROM lines see: ARGs above the first FROM, and the platform's."""
    values = {name: value for name, value in args.items() if _PLATFORM_ARG.fullmatch(name)}

    def lookup(name: str) -> str | None:
        if name not in values and _PLATFORM_ARG.fullmatch(name):
            raise ValueError(f"{name} is the platform's, and no platform is given")
        return values.get(name)

    for instruction in takewhile(lambda each: each.keyword != "FROM", dockerfile.instructions):
        for word in words(instruction.value, dockerfile.escape):
            name, given, default = word.partition("=")
            try:
                if name in args:
                    values[name] = args[name]
                elif given:
                    values[name] = expand(default, lookup, dockerfile.escape)
            except ValueError as error:
                where = f"{dockerfile.path}:{instruction.line}"
                raise DockerfileError(f"{where}: {error}", hint="see this ARG") from error
    return lookup
