"""The ends of life of interpreters and distributions, from end_of_life.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from careen.lint.base_facts import BaseFacts

_LANGUAGES = ("python", "nodejs", "java")


def ends(facts: BaseFacts) -> tuple[tuple[str, date], ...]:
    """Give what a base is made of, each with the day on which its support ends, where known."""
    table = known()
    found: list[tuple[str, date]] = []
    for product, label, key in _products(facts):
        end = table[product]["ends"].get(key)
        if end is not None:
            found.append((label, end))
    return tuple(found)


@cache
def known() -> dict[str, Any]:
    """Give the whole table: `as-of`, and by product its `source` and `ends`."""
    return tomllib.loads(files("careen.lint").joinpath("end_of_life.toml").read_text())


def _products(facts: BaseFacts) -> list[tuple[str, str, str]]:
    """Give (table, name for people, key) of all that a base is made of."""
    if facts.family == "distroless":
        language = facts.name.removeprefix("distroless/").startswith(_LANGUAGES)
        key = f"language-{facts.release}" if language else facts.release
        return [("distroless", f"{facts.name} (distroless on Debian {facts.release})", key)]
    found = []
    if facts.name == "python":
        found.append(("python", f"Python {facts.version}", facts.version))
    if facts.name == "node":
        major = facts.version.partition(".")[0]
        found.append(("node", f"Node {major}", major))
    if facts.family:
        release = facts.release
        if facts.family == "debian":
            release = release.partition(".")[0]
        found.append((facts.family, f"{facts.family.capitalize()} {release}", release))
    return found
