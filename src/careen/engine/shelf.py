"""The stand-in bases of one engine: listed, made, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.engine.bases import put_in_engine
from careen.engine.client import EngineClient
from careen.engine.embedded import EmbeddedEngine
from careen.engine.obtain import embedded_endpoint, obtain
from careen.engine.stand_in.make import Maker
from careen.engine.stand_in.recipe import LABEL_RECIPE, Recipe, all_recipes, find
from careen.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Shelf:
    """Recipes, the archives that were made of them, and what the engine has of them.

    Args:
        kind: engine.kind of the settings.
        say: told what takes long.
    """

    def __init__(self, kind: str, say: Callable[[str], None] = lambda _: None) -> None:
        self._kind = kind
        self._say = say
        self._own = EmbeddedEngine(say=say)
        self._maker = Maker(self._own.folder.parent, self._own.tools, say)

    def choose(self, references: Sequence[str]) -> list[Recipe]:
        """Give the recipes of references, or all.

        Raises:
            UsageError: there is no recipe for one.
        """
        known = [recipe.reference for recipe in all_recipes()]
        chosen = []
        for reference in references:
            recipe = find(reference)
            if recipe is None:
                raise UsageError(f"no stand-in for {reference}", hint=nearest(reference, known))
            chosen.append(recipe)
        return chosen or list(all_recipes())

    def make(self, recipes: Sequence[Recipe]) -> None:
        """Make stand-ins that are not there, and load them into the engine."""
        engine = obtain(self._kind, self._say)
        with engine.client:
            for recipe in recipes:
                put_in_engine(engine.client, self._maker, recipe)

    def remove(self, recipes: Sequence[Recipe]) -> None:
        """Remove stand-ins from the cache, and from the engine if it runs."""
        with self._running() as client:
            for recipe in recipes:
                self._maker.remove(recipe)
                if client.answers() and client.image(recipe.tag) is not None:
                    client.remove_image(recipe.tag)

    def list(self, recipes: Sequence[Recipe]) -> list[dict[str, Any]]:
        """Give what is known of each: reference, stand-in, recipe, made, loaded, bytes, summary."""
        with self._running() as client:
            runs = client.answers()
            return [self._row(recipe, client if runs else None) for recipe in recipes]

    def _row(self, recipe: Recipe, client: EngineClient | None) -> dict[str, Any]:
        path = self._maker.path(recipe)
        image = client.image(recipe.tag) if client else None
        labels = ((image or {}).get("Config") or {}).get("Labels") or {}
        return {
            "reference": recipe.reference,
            "stand_in": recipe.tag,
            "recipe": recipe.hash,
            "made": path.exists(),
            "archive_bytes": path.stat().st_size if path.exists() else None,
            # None: no engine runs, so nobody can tell.
            "loaded": labels.get(LABEL_RECIPE) == recipe.hash if client else None,
            "summary": recipe.summary,
        }

    def _running(self) -> EngineClient:
        """Give a client of the engine that the tasks would use; it is not started for this."""
        from careen.engine.find import find_endpoint  # noqa: PLC0415

        client = EngineClient(find_endpoint())
        if self._kind != "embedded" and client.answers():
            return client
        client.close()
        return EngineClient(embedded_endpoint(self._own))
