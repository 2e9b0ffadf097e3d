"""One real image, built by the engine: as the engine has it, saved, and pushed to a registry."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from tests.engine.conftest import COMMAND, ROOT
from tests.engine.test_build import registry

from careen.engine.image_export import export_image
from careen.engine.images import open_image
from careen.errors import EngineError
from careen.image.accounting import account
from careen.image.tree import merge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.conftest import Project

    from careen.engine.obtain import Engine

TEXT = """FROM debian:13-slim
RUN echo TOKEN > /token && dd if=/dev/urandom of=/big bs=1M count=3
RUN rm /big
COPY app.py /srv/
"""


@pytest.fixture
def built(project: Callable[..., Project]) -> str:
    own = project({"one": TEXT})
    done = own.run("build", "one")
    assert done.returncode == 0, done.stderr
    return f"{own.image}:one"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of layers for each test; the engine stays the one that runs."""
    monkeypatch.setattr("careen.engine.images.cache_folder", lambda: tmp_path / "cache")


def test_an_image_is_the_same_everywhere(
    built: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = engine.client.endpoint
    found = open_image(f"engine:{built}", endpoint=endpoint)

    merged = merge(found.layers)
    assert found.source == "engine"
    assert merged.get("srv/app.py") is not None
    assert account(merged).reclaimable_bytes >= 3 << 20
    assert "rm /big" in found.facts[-2].instruction
    assert found.is_stand_in == ("io.careen.stand-in" in found.labels)

    path = tmp_path / "saved"
    with path.open("wb") as sink:
        for chunk in engine.client.save(built):
            sink.write(chunk)
    saved = open_image(str(path), use_cache=False)
    assert (saved.layers, saved.facts, saved.pull_bytes) == (
        found.layers,
        found.facts,
        found.pull_bytes,
    )

    with monkeypatch.context() as other_engine:
        other_engine.setattr("careen.engine.content_store.store_of", lambda _: None)
        written_out = open_image(f"engine:{built}", endpoint=endpoint, use_cache=False)
    assert written_out == found

    own = export_image(f"engine:{built}", tmp_path / "own", endpoint=engine.client.endpoint)
    assert own.layout == ("oci-layout" if engine.embedded else "docker-archive")
    assert (own.image.source, own.image.name) == ("engine", f"engine:{built}")
    assert (own.image.layers, own.image.facts) == (saved.layers, saved.facts)

    with registry(engine, tmp_path) as address:
        name = f"{address}/{built}"
        images = engine.client.sdk.images
        images.get(built).tag(name)
        try:
            images.push(name)
        finally:
            engine.client.remove_image(name)
        pushed = open_image(f"registry:{name}", use_cache=False)
        assert pushed.source == "registry"
        assert pushed.layers == found.layers
        if not found.estimated:
            assert (pushed.facts, pushed.pull_bytes) == (found.facts, found.pull_bytes)
        exported = export_image(f"registry:{name}", tmp_path)
        assert (exported.layout, exported.image.layers) == ("oci-layout", found.layers)
        pinned = pin(name, tmp_path)
        assert pinned == f"FROM {name}@{images.get_registry_data(name).id}"
        with pytest.raises(EngineError, match=r"has no .*:none"):
            open_image(f"registry:{address}/{built.partition(':')[0]}:none")


def pin(name: str, folder: Path) -> str:
    """Let `lint --fix` pin a Dockerfile's only base, and give its FROM line."""
    path = folder / "pinned.Dockerfile"
    path.write_text(f"FROM {name}\nUSER 1000\n")
    done = subprocess.run(
        [*COMMAND, "lint", str(path), "--fix"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "is pinned" in done.stderr, done.stdout + done.stderr
    return path.read_text().splitlines()[0]


def test_a_second_look_is_not_saved_again(
    built: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = engine.client.endpoint
    first = open_image(f"engine:{built}", endpoint=endpoint)

    def refuse(*_: object) -> None:
        pytest.fail("the whole image was read again")

    monkeypatch.setattr("careen.engine.content_store.open_store", refuse)
    monkeypatch.setattr("careen.engine.image_api.ImageApi.save", refuse)
    start = time.monotonic()
    again = open_image(built, endpoint=endpoint)
    assert time.monotonic() - start < 0.5
    assert (again.layers, again.facts, again.config) == (first.layers, first.facts, first.config)


def test_a_name_that_nobody_has(engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"the engine has no registry\.invalid/careen/none:1; "):
        open_image("registry.invalid/careen/none:1", endpoint=engine.client.endpoint)
