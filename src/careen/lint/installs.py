"""Recognises what package managers are told to do: pip, uv, npm, apt and their like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.lint.shell_commands import Command

_PIP = re.compile(r"pip(3(\.\d+)?)?")
_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_APT_VALUES = frozenset({"-o", "--option", "-c", "--config-file", "-t", "--target-release"})
_PIP_VALUES = frozenset({"--python", "--proxy", "--cache-dir", "--log", "--timeout", "--retries"})
# Program and subcommands that install what a manifest names, where no package is named.
_FROM_MANIFEST = {
    "bun": {"install", "i"},
    "bundle": {"install"},
    "composer": {"install"},
    "npm": {"ci", "install", "i"},
    "pdm": {"install", "sync"},
    "pipenv": {"install", "sync"},
    "pnpm": {"install", "i"},
    "poetry": {"install"},
    "uv": {"sync"},
    "yarn": {"install", ""},
}


def pip_arguments(command: Command) -> tuple[str, ...] | None:
    """Give pip's subcommand and its arguments (`uv pip` too), None of another program."""
    words = command.words
    if _PIP.fullmatch(command.name):
        rest = words[1:]
    elif _PYTHON.fullmatch(command.name) and "pip" in words[1:4] and "-m" in words[1:3]:
        rest = words[words.index("pip") + 1 :]
    elif command.name == "uv" and words[1:2] == ("pip",):
        rest = words[2:]
    else:
        return None
    at = _first(rest, _PIP_VALUES)
    # Options before the subcommand are pip's too.
    return (rest[at], *rest[:at], *rest[at + 1 :]) if at < len(rest) else tuple(rest)


def apt_action(command: Command) -> str:
    """Give what apt is told: install, update, clean, ...; empty of another program."""
    if command.name not in {"apt-get", "apt", "aptitude"}:
        return ""
    rest = command.words[1:]
    at = _first(rest, _APT_VALUES)
    return rest[at] if at < len(rest) else ""


def apt_packages(command: Command) -> tuple[str, ...]:
    """Give the packages that `apt-get install` names."""
    rest = list(command.words[1:])
    found = []
    while rest:
        word = rest.pop(0)
        if word in _APT_VALUES:
            rest[:1] = []
        elif not word.startswith("-"):
            found.append(word)
    return tuple(found[1:])


def installed_from_manifest(command: Command) -> str:
    """Give the tool that installs what a requirements file or a manifest names, or nothing."""
    arguments = pip_arguments(command)
    if arguments is not None:
        named = any(
            word.startswith(("-r", "--requirement")) for word in arguments[1:] if word != "--root"
        )
        installs = arguments[:1] in {("install",), ("wheel",), ("download",)} and named
        return "pip" if installs or arguments[:1] == ("sync",) else ""
    if command.name == "go" and command.words[1:3] == ("mod", "download"):
        return "go"
    actions = _FROM_MANIFEST.get(command.name)
    if actions is None:
        return ""
    operands = command.operands()
    if command.name in {"npm", "pnpm", "yarn", "bun", "pipenv"} and len(operands) > 1:
        return ""
    return command.name if (operands[0] if operands else "") in actions else ""


def _first(words: Sequence[str], with_value: frozenset[str]) -> int:
    """Give where the first word stands that is no option and no option's value."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in with_value else 1
    return at
