"""Makes benches of crafted images for tests of checks that need no container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.config.contract import ContractSettings
from careen.config.model import Budgets
from careen.contract.workbench import Bench, ImageUnderTest
from careen.image.layer import Entry, from_entries
from careen.image.model import Image, LayerFacts

if TYPE_CHECKING:
    from careen.image.layer import Layer


def image(*layers: Layer, history: tuple[str, ...] = (), **config: Any) -> Image:
    facts = tuple(LayerFacts("", "", 100, "gzip", estimated=False, instruction="") for _ in layers)
    document = {"config": config, "history": [{"created_by": text} for text in history]}
    return Image("app", "engine", "linux/amd64", "", document, 50, facts, layers)


def bench(
    *entries: Entry,
    contract: dict[str, Any] | None = None,
    budgets: dict[str, Any] | None = None,
    history: tuple[str, ...] = (),
    layer: Layer | None = None,
    **config: Any,
) -> Bench:
    """Give the bench of an image of one layer; its user is 1000 unless *config* says another."""
    found = image(layer or from_entries(entries), history=history, **{"User": "1000", **config})
    return Bench(
        ImageUnderTest("slim", "app:slim"),
        ContractSettings.model_validate(contract or {}),
        Budgets.model_validate(budgets or {}),
        None,  # type: ignore[arg-type]  # no check that is tested with it asks an engine
        found,
        "linux/amd64",
    )
