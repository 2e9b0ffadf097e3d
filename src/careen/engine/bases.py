"""Resolves base images before a build: engine, registry, stand-in, or a reason why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.engine.stand_in.recipe import LABEL, LABEL_RECIPE, Recipe, find
from careen.errors import CareenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from careen.engine.client import EngineClient
    from careen.engine.stand_in.make import Maker


@dataclass(frozen=True)
class Base:
    """A base image and where it comes from.

    Attributes:
        reference: as a FROM line names it.
        source: `engine`, `registry`, `stand-in` or `missing`.
        reason: why it is a stand-in, or missing; one line.
        context: what a BuildKit named context puts in its place, "" for nothing.
        recipe: the hash of the stand-in's recipe, "" for the real image.
        summary: what the stand-in is made of.
    """

    reference: str
    source: str
    reason: str = ""
    context: str = ""
    recipe: str = ""
    summary: str = ""

    @property
    def is_stand_in(self) -> bool:
        """Whether careen's own image takes the real one's place."""
        return self.source == "stand-in"


class BaseResolver:
    """Resolves references against one engine; each is looked up once.

    Args:
        client: the engine.
        maker: makes stand-ins, None where they are switched off.
        registry_timeout_seconds: the bound on one registry's answer.
        dry: take it that a stand-in can be made, and make none.
        say: told what takes long.
    """

    def __init__(
        self,
        client: EngineClient,
        maker: Maker | None,
        *,
        registry_timeout_seconds: float,
        dry: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._maker = maker
        self._timeout = registry_timeout_seconds
        self._dry = dry
        self._say = say
        self._known: dict[str, Base] = {}

    def resolve(self, references: Iterable[str]) -> dict[str, Base]:
        """Resolve references; the registries are asked at the same time."""
        references = list(dict.fromkeys(references))
        wanted = [ref for ref in references if ref not in self._known]
        absent = []
        for reference in wanted:
            if self._is_in_engine(reference):
                self._known[reference] = Base(reference, "engine")
            else:
                absent.append(reference)
        if absent:
            with ThreadPoolExecutor(max_workers=8) as pool:
                problems = list(pool.map(self._problem, absent))
            for reference, problem in zip(absent, problems, strict=True):
                self._known[reference] = self._decide(reference, problem)
        return {reference: self._known[reference] for reference in references}

    def _is_in_engine(self, reference: str) -> bool:
        image = self._client.image(reference)
        labels = ((image or {}).get("Config") or {}).get("Labels") or {}
        # A stand-in under the real name is not ours to make, nor to take for the real one.
        return image is not None and labels.get(LABEL) != "true"

    def _problem(self, reference: str) -> str:
        return self._client.registry_problem(reference, self._timeout)

    def _decide(self, reference: str, problem: str) -> Base:
        if not problem:
            return Base(reference, "registry")
        reason = f"not in the engine; its registry {_said(problem)}"
        recipe = find(reference)
        if self._maker is None:
            return Base(reference, "missing", f"{reason}; stand-ins are switched off")
        if recipe is None:
            return Base(reference, "missing", f"{reason}; no stand-in can be made of it here")
        try:
            if not self._dry:
                put_in_engine(self._client, self._maker, recipe)
        except CareenError as error:
            first = str(error).splitlines()[0]
            return Base(reference, "missing", f"{reason}; its stand-in cannot be made: {first}")
        return Base(
            reference,
            "stand-in",
            reason,
            f"docker-image://{recipe.tag}",
            recipe.hash,
            recipe.summary,
        )


def put_in_engine(client: EngineClient, maker: Maker, recipe: Recipe) -> bool:
    """See that the engine has a stand-in of this very recipe; tells whether it had to be loaded."""
    image = client.image(recipe.tag)
    labels = ((image or {}).get("Config") or {}).get("Labels") or {}
    if labels.get(LABEL_RECIPE) == recipe.hash:
        return False
    client.load(maker.make(recipe))
    return True


def _said(problem: str) -> str:
    return problem if problem.startswith("cannot be reached") else f"says: {problem}"
