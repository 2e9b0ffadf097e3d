"""A Dockerfile as the rules see it: stages with their bases, variables and what they need."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING

from careen.build.dockerfile import platform_args
from careen.build.shell_words import expand, unquoted, words
from careen.lint.base_facts import BaseFacts, base_facts
from careen.lint.mounts import mounts
from careen.lint.shell_commands import commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from careen.build.dockerfile import Dockerfile, Stage
    from careen.build.instructions import Instruction
    from careen.lint.shell_commands import Command


@dataclass(frozen=True, eq=False)
class StageView:
    """A stage with what it stands on.

    Attributes:
        stage: as it was parsed.
        below: the stage that its FROM names, None where that is an image.
        reference: the image that its FROM names, arguments filled in; None where it stands on
            a stage or the image cannot be told.
    """

    stage: Stage
    below: StageView | None
    reference: str | None

    @cached_property
    def chain(self) -> tuple[StageView, ...]:
        """The stages that it is made of, the lowest first, itself last."""
        return (*(self.below.chain if self.below else ()), self)

    @property
    def root(self) -> str | None:
        """The image that the chain ends in."""
        return self.chain[0].reference

    @cached_property
    def facts(self) -> BaseFacts:
        """What is known of that image."""
        return base_facts(self.root)

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """All instructions that the stage is made by, the lowest first; ONBUILD as it stands."""
        return tuple(one for view in self.chain for one in view.stage.instructions)

    def before(self, instruction: Instruction) -> tuple[Instruction, ...]:
        """Give the instructions of the chain that come before one."""
        at = next((n for n, one in enumerate(self.instructions) if one is instruction), 0)
        return self.instructions[:at]

    def commands(self) -> Iterator[tuple[Instruction, Command]]:
        """Give the commands of all RUNs of the chain, in their order."""
        for instruction in self.instructions:
            for command in commands(instruction):
                yield instruction, command


@dataclass(frozen=True, eq=False)
class Subject:
    """What a rule looks at.

    Attributes:
        dockerfile: the parsed file.
        today: for ends of life.
        args: build arguments that the file is built with.
        targets: the stages that become images, by name; the last one where it is empty.
    """

    dockerfile: Dockerfile
    today: date
    args: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()

    @property
    def escape(self) -> str:
        """The escape character."""
        return self.dockerfile.escape

    @cached_property
    def stages(self) -> tuple[StageView, ...]:
        """The stages in their order."""
        made: list[StageView] = []
        named: dict[str, StageView] = {}
        for stage in self.dockerfile.stages:
            base = self._expanded(stage.base)
            below = named.get(base.lower()) if base else None
            view = StageView(stage, below, None if below else base)
            made.append(view)
            if stage.name:
                named[stage.name] = view
        return tuple(made)

    @cached_property
    def images(self) -> tuple[StageView, ...]:
        """The stages that become images."""
        found = [view for view in self.stages if view.stage.name and view.stage.name in self._names]
        if len(found) < len(self._names) or not found:
            found.append(self.stages[-1])
        return tuple(dict.fromkeys(found))

    @property
    def _names(self) -> frozenset[str]:
        return frozenset(target.lower() for target in self.targets)

    def source(self, name: str) -> StageView | None:
        """Give the stage that `--from=name` means, None where it is an image."""
        found = [
            view for view in self.stages if view.stage.name and view.stage.name == name.lower()
        ]
        if found:
            return found[-1]
        if name.isdecimal() and int(name) < len(self.stages):
            return self.stages[int(name)]
        return None

    @cached_property
    def needed(self) -> tuple[StageView, ...]:
        """The stages that the images need, themselves included."""
        waiting, seen = list(self.images), dict[StageView, None]()
        while waiting:
            view = waiting.pop()
            if view in seen:
                continue
            seen[view] = None
            waiting += [view.below] if view.below else []
            for instruction in view.stage.instructions:
                names = [mount.origin for mount in mounts(instruction)]
                names.append(
                    (instruction.flag("from") or "") if instruction.keyword == "COPY" else ""
                )
                waiting += [found for name in names if name and (found := self.source(name))]
        return tuple(seen)

    def pairs(self, instruction: Instruction) -> tuple[tuple[str, str], ...]:
        """Give the names and values of an ENV, ARG or LABEL, quotes removed."""
        found = list(words(instruction.value, self.escape))
        if instruction.keyword == "ENV" and found and "=" not in found[0]:
            name, _, value = instruction.value.partition(" ")
            return ((name, value.strip()),)
        parted = (word.partition("=") for word in found)
        return tuple((name, unquoted(value, self.escape)) for name, _, value in parted)

    def environment(self, instructions: Iterable[Instruction]) -> dict[str, str]:
        """Give the variables that these instructions' ENV lines set."""
        found: dict[str, str] = {}
        for instruction in instructions:
            if instruction.keyword == "ENV":
                found |= dict(self.pairs(instruction))
        return found

    def filled(self, text: str, instructions: Iterable[Instruction]) -> str | None:
        """Fill the variables of these instructions' ENV and ARG lines into a text.

        None where one of them cannot be told.
        """
        values: dict[str, str] = {}
        for instruction in instructions:
            if instruction.keyword in {"ARG", "ENV"}:
                values |= self._assigned(instruction)
        return self._try(text, values)

    def workdir(self, instructions: Iterable[Instruction]) -> str:
        """Give the folder that the next of these instructions works in."""
        seen: list[Instruction] = []
        folder = PurePosixPath("/")
        for instruction in instructions:
            if instruction.keyword == "WORKDIR":
                folder /= self.filled(instruction.value, seen) or instruction.value
            seen.append(instruction)
        return normpath(str(folder))

    def _assigned(self, instruction: Instruction) -> dict[str, str]:
        pairs = self.pairs(instruction)
        if instruction.keyword == "ENV":
            return dict(pairs)
        known = {
            name: self.args.get(name) or value or self.global_args.get(name, "")
            for name, value in pairs
        }
        return {name: value for name, value in known.items() if value}

    @cached_property
    def global_args(self) -> dict[str, str]:
        """The arguments that FROM lines see, with the values that are known."""
        values = platform_args("linux/amd64")
        for instruction in self.dockerfile.instructions:
            if instruction.keyword == "FROM":
                break
            for name, value in self.pairs(instruction):
                given = self.args.get(name)
                default = self._try(value, values) if value else None
                if (known := given or default) is not None:
                    values[name] = known
        return values

    def _expanded(self, text: str) -> str | None:
        return self._try(text, self.global_args) or None

    def _try(self, text: str, values: Mapping[str, str]) -> str | None:
        missing: list[str] = []

        def lookup(name: str) -> str | None:
            if name not in values:
                missing.append(name)
            return values.get(name)

        try:
            filled = expand(text, lookup, self.escape)
        except ValueError:
            return None
        return None if missing and ":-" not in text else filled
