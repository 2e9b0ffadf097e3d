"""Which COPY of the context stands before the installation of dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.lint.copies import Copy, read_copy
from careen.lint.installs import apt_action, installed_from_manifest
from careen.lint.shell_commands import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from careen.build.instructions import Instruction
    from careen.lint.shell_commands import Command
    from careen.lint.subject import StageView, Subject

_SYSTEM = {"apk": ("add",), "dnf": ("install",), "microdnf": ("install",), "yum": ("install",)}


def copies_before_install(
    subject: Subject, view: StageView, wanted: Callable[[Copy], bool]
) -> Iterator[tuple[Instruction, Copy, Command, str]]:
    """Give each wanted COPY of a stage after which dependencies are installed for the first time.

    With it: what is copied, the command that installs, and the tool. A tool that has installed
    before the COPY as well (dependencies first, the project afterwards) does not count.
    """
    installed: set[str] = set()
    found: list[tuple[Instruction, Copy]] = []
    for at, instruction in enumerate(view.instructions):
        copy = read_copy(subject, instruction, view.instructions[:at])
        if copy and wanted(copy):
            if instruction in view.stage.instructions:
                found.append((instruction, copy))
            continue
        for command in commands(instruction):
            tool = installed_from_manifest(command) or _system(command)
            if tool and tool not in installed:
                installed.add(tool)
                for one, what in found:
                    yield one, what, command, tool
                found = []


def _system(command: Command) -> str:
    if apt_action(command) == "install":
        return "apt-get"
    actions = _SYSTEM.get(command.name, ())
    return command.name if command.operands()[:1] and command.operands()[0] in actions else ""
