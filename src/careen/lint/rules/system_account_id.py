"""A system account with a user's id.

It is a fault where useradd, groupadd, adduser or addgroup is told to make a system account or
group (`-r`, `--system`, BusyBox `-S`) and gets an id of 1000 or more: ids from 1000 on are those
of people's accounts, which a host may have as well.

Bad:

    FROM debian:13-slim
    RUN useradd -r -u 1000 app

Good:

    FROM debian:13-slim
    RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin app
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.lint.rule import Fault, Rule
from careen.lint.shell_commands import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.lint.shell_commands import Command
    from careen.lint.subject import Subject

# The short options of each: for a system account, for the id.
_PROGRAMS = {
    "useradd": ("r", "u"), "groupadd": ("r", "g"), "adduser": ("S", "u"), "addgroup": ("S", "g"),
}  # fmt: skip
_FIRST_USER_ID = 1000


def _check(subject: Subject) -> Iterator[Fault]:
    for view in subject.stages:
        for instruction in view.stage.instructions:
            for command in commands(instruction):
                number = _id(command) if command.name in _PROGRAMS and _is_system(command) else None
                if number is not None and number >= _FIRST_USER_ID:
                    yield Fault(
                        command.line,
                        f"{command.name} makes a system account with the id {number}, "
                        "which is a user's",
                        "leave the system option out, and take an id that no host has, "
                        "such as 10001",
                    )


def _is_system(command: Command) -> bool:
    letter = _PROGRAMS[command.name][0]
    return command.has("--system") or any(
        re.fullmatch(rf"-[A-Za-z]*{letter}[A-Za-z]*", word) for word in command.words[1:]
    )


def _id(command: Command) -> int | None:
    letter = _PROGRAMS[command.name][1]
    long = "--uid" if letter == "u" else "--gid"
    for word, after in zip(command.words, (*command.words[1:], ""), strict=True):
        own = re.fullmatch(rf"(?:{long}=|-[A-Za-z]*{letter})(\d+)", word)
        if own:
            return int(own[1])
        if (word == long or re.fullmatch(rf"-[A-Za-z]*{letter}", word)) and after.isdecimal():
            return int(after)
    return None


RULE = Rule("system-account-id", "info", "a system account with a user's id", _check)
