"""Where a base comes from: engine, registry, stand-in, or a reason why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from careen.engine.bases import BaseResolver
from careen.engine.client import EngineClient, unreachable
from careen.engine.find import Endpoint
from careen.engine.packages import Toolbox
from careen.engine.stand_in.make import Maker
from careen.engine.stand_in.recipe import LABEL, LABEL_RECIPE, Recipe, find
from careen.errors import EngineError

DEBIAN = "debian:13-slim"
NOBODY = "cannot be reached (no such host)"


class FakeClient(EngineClient):
    """An engine with some images, and registries that say something."""

    def __init__(self, images: dict[str, dict[str, str]], problems: dict[str, str]) -> None:
        super().__init__(Endpoint("unix:///none", "test"))
        self._images = images
        self._problems = problems
        self.loaded: list[Path] = []
        self.asked: list[str] = []

    def image(self, reference: str) -> dict[str, Any] | None:
        labels = self._images.get(reference)
        return None if labels is None else {"Config": {"Labels": labels}}

    def registry_problem(self, reference: str, timeout_seconds: float) -> str:
        self.asked.append(reference)
        return self._problems.get(reference, NOBODY)

    def load(self, archive: Path) -> None:
        self.loaded.append(archive)


class FakeMaker(Maker):
    """Makes nothing: gives a path, or fails."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__(Path("/cache"), Toolbox(Path("/cache/packages")))
        self._fails = fails

    def make(self, recipe: Recipe) -> Path:
        if self._fails:
            raise EngineError("no apt here\nand more")
        return Path(f"/cache/{recipe.hash}.tar")


def resolver(client: FakeClient, maker: Maker | None) -> BaseResolver:
    return BaseResolver(client, maker, registry_timeout_seconds=1)


def test_the_engine_is_asked_before_the_registry() -> None:
    client = FakeClient({DEBIAN: {}}, {})
    assert resolver(client, FakeMaker()).resolve([DEBIAN])[DEBIAN].source == "engine"
    assert client.asked == []


def test_a_registry_that_has_it_is_used() -> None:
    client = FakeClient({}, {DEBIAN: ""})
    assert resolver(client, FakeMaker()).resolve([DEBIAN])[DEBIAN].source == "registry"


def test_a_dry_run_makes_no_stand_in() -> None:
    client = FakeClient({}, {})
    maker = FakeMaker(fails=True)
    dry = BaseResolver(client, maker, registry_timeout_seconds=1, dry=True)
    assert dry.resolve([DEBIAN])[DEBIAN].is_stand_in
    assert client.loaded == []


def test_else_a_stand_in_takes_its_place_under_another_name() -> None:
    client = FakeClient({}, {})
    found = resolver(client, FakeMaker()).resolve([DEBIAN])[DEBIAN]
    assert found.is_stand_in
    assert found.context == "docker-image://localhost/careen-stand-in/debian:13-slim"
    assert NOBODY in found.reason
    assert len(client.loaded) == 1


def test_a_stand_in_of_this_very_recipe_is_not_loaded_again() -> None:
    recipe = find(DEBIAN)
    assert recipe is not None
    client = FakeClient({recipe.tag: {LABEL_RECIPE: recipe.hash}}, {})
    resolver(client, FakeMaker()).resolve([DEBIAN])
    assert client.loaded == []
    older = FakeClient({recipe.tag: {LABEL_RECIPE: "another"}}, {})
    resolver(older, FakeMaker()).resolve([DEBIAN])
    assert len(older.loaded) == 1


def test_a_stand_in_under_the_real_name_is_not_taken_for_the_real_one() -> None:
    client = FakeClient({DEBIAN: {LABEL: "true"}}, {})
    assert resolver(client, FakeMaker()).resolve([DEBIAN])[DEBIAN].is_stand_in


@pytest.mark.parametrize(
    ("reference", "maker", "said"),
    [
        ("python:3.13-alpine", FakeMaker(), "no stand-in can be made"),
        (DEBIAN, None, "switched off"),
        (DEBIAN, FakeMaker(fails=True), "cannot be made: no apt here"),
    ],
)
def test_what_cannot_be_had_has_a_reason(reference: str, maker: Maker | None, said: str) -> None:
    found = resolver(FakeClient({}, {}), maker).resolve([reference])[reference]
    assert found.source == "missing"
    assert said in found.reason
    assert "\n" not in found.reason


def test_each_reference_is_looked_up_once() -> None:
    client = FakeClient({}, {})
    one = resolver(client, FakeMaker())
    one.resolve([DEBIAN, DEBIAN])
    one.resolve([DEBIAN])
    assert client.asked == [DEBIAN]


def test_references_may_be_any_iterable() -> None:
    found = resolver(FakeClient({DEBIAN: {}}, {}), None).resolve(iter([DEBIAN]))
    assert list(found) == [DEBIAN]


def test_a_reason_names_no_address() -> None:
    text = 'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host'
    assert unreachable(text) == NOBODY
    assert unreachable("manifest unknown") == "manifest unknown"
