"""Plans: what a bake definition is made of, and which variants are skipped for which reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from careen.build.cache import Cache, parse_cache
from careen.build.plan import (
    BuildPlan,
    Options,
    Surroundings,
    make_plan,
    read_source,
)
from careen.config.load import load
from careen.engine.bases import Base
from careen.errors import ConfigError, DockerfileError, UsageError

PROJECT = """
[tool.careen]
image = "demo"
[tool.careen.variants.slim]
dockerfile = "slim.Dockerfile"
args = { SET = "core" }
sets = ["core"]
compression = { kind = "zstd", level = 9 }
[tool.careen.variants.alpine]
dockerfile = "alpine.Dockerfile"
bases = ["python:3.13-alpine"]
"""
STAND_IN = Base(
    "python:3.13-slim-trixie",
    "stand-in",
    "cannot be reached",
    "docker-image://localhost/careen-stand-in/python:3.13-slim-trixie",
    "abc",
    "made of packages",
)
BASES = {
    STAND_IN.reference: STAND_IN,
    "node:22-slim": Base("node:22-slim", "engine"),
    "python:3.13-alpine": Base("python:3.13-alpine", "missing", "not to be had"),
    "docker/dockerfile:1": Base("docker/dockerfile:1", "missing", "not to be had"),
}

REVISION = "0123abc-dirty"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "slim.Dockerfile").write_text(
        "FROM node:22-slim AS front\nFROM python:3.13-slim-trixie\nCOPY --from=front /a /a\n"
    )
    (tmp_path / "alpine.Dockerfile").write_text("FROM python:3.13-alpine\n")
    return tmp_path


def planned(root: Path, *names: str, store: str = "containerd", **options: Any) -> BuildPlan:
    settings = load(root, environment={}).settings
    sources = [read_source(settings, name) for name in names]
    return make_plan(
        settings,
        sources,
        BASES,
        Options(**options),
        Surroundings(Path("/ca.crt"), store, REVISION),
    )


def target(root: Path, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = planned(root, "slim", **options).bake()["target"]["slim"]
    return found


def test_a_whole_bake_definition(root: Path) -> None:
    plan = planned(root, "slim", "alpine")

    assert plan.bake() == {
        "group": {"default": {"targets": ["slim"]}},
        "target": {
            "slim": {
                "context": str(root / "."),
                "dockerfile": str(root / "slim.Dockerfile"),
                "args": {"SET": "core"},
                "tags": ["demo:slim"],
                "contexts": {STAND_IN.reference: STAND_IN.context},
                "labels": {"org.opencontainers.image.revision": REVISION},
                "secret": ["id=ca-certificates,src=/ca.crt"],
                "output": ["type=image,compression=zstd,compression-level=9"],
            }
        },
    }
    assert plan.variants[1].skipped == "no python:3.13-alpine: not to be had"
    assert plan.to_json()["skipped"] == {"alpine": "no python:3.13-alpine: not to be had"}
    assert plan.to_json()["stand_ins"] == {"slim": {STAND_IN.reference: "made of packages"}}


def test_a_classic_store_compresses_nothing(root: Path) -> None:
    assert "output" not in target(root, store="overlay2")


def test_what_a_command_line_adds(root: Path) -> None:
    found = target(
        root,
        push=True,
        platforms=("linux/amd64",),
        sbom=True,
        provenance="max",
        no_cache=True,
        cache_namespace="ns",
        tag_suffix="-x",
    )
    assert found["output"] == ["type=registry,compression=zstd,compression-level=9"]
    assert found["platforms"] == ["linux/amd64"]
    assert found["attest"] == ["type=sbom", "type=provenance,mode=max"]
    assert found["no-cache"] is True
    assert found["args"]["BUILDKIT_CACHE_MOUNT_NS"] == "ns"
    assert found["tags"] == ["demo:slim-x"]


def test_another_context_takes_the_dockerfile_with_it(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    found = target(root, context=copy)
    assert (found["context"], found["dockerfile"]) == (str(copy), str(copy / "slim.Dockerfile"))


def test_a_registry_cache_has_a_place_for_each_variant(root: Path) -> None:
    found = target(root, cache=Cache("registry", "localhost:5000/app:cache"))
    assert found["cache-from"] == ["type=registry,ref=localhost:5000/app:cache-slim"]
    [exported] = found["cache-to"]
    assert exported == (
        "type=registry,ref=localhost:5000/app:cache-slim,mode=max,image-manifest=true,"
        "oci-mediatypes=true"
    )


def test_a_local_cache_is_imported_once_it_is_there(root: Path, tmp_path: Path) -> None:
    cache = Cache("local", str(tmp_path / "cache"))
    assert "cache-from" not in target(root, cache=cache)
    (tmp_path / "cache/slim").mkdir(parents=True)
    (tmp_path / "cache/slim/index.json").write_text("{}")
    assert target(root, cache=cache)["cache-from"] == [f"type=local,src={tmp_path}/cache/slim"]


def test_inline_and_gha_caches(root: Path) -> None:
    assert target(root, cache=Cache("inline"))["cache-to"] == ["type=inline"]
    assert target(root, cache=Cache("gha"))["cache-to"] == ["type=gha,scope=demo-slim,mode=max"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("registri=x", "did you mean registry"),
        ("registry", "registry=REFERENCE"),
        ("local", "local=FOLDER"),
        ("none=x", "--cache none"),
    ],
)
def test_a_wrong_cache_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_cache(text)


def test_bases_that_are_not_those_of_the_dockerfile_are_told_with_their_line(root: Path) -> None:
    (root / "alpine.Dockerfile").write_text("# none\nFROM python:3.12-alpine\n")
    with pytest.raises(ConfigError, match=r"python:3\.12-alpine \(alpine\.Dockerfile:2\)"):
        read_source(load(root, environment={}).settings, "alpine")


def test_a_dockerfile_that_is_missing_is_told_with_its_path(root: Path) -> None:
    (root / "slim.Dockerfile").unlink()
    with pytest.raises(DockerfileError, match=r"slim\.Dockerfile"):
        read_source(load(root, environment={}).settings, "slim")


def test_a_frontend_that_cannot_be_had_skips_the_variant(root: Path) -> None:
    path = root / "slim.Dockerfile"
    path.write_text("# syntax=docker/dockerfile:1\n" + path.read_text())
    [variant] = planned(root, "slim").variants
    assert "docker/dockerfile:1" in variant.skipped
    assert "syntax" in variant.skipped


def test_a_stand_in_is_of_the_engine_s_own_platform(root: Path) -> None:
    native = planned(root, "slim", platforms=("linux/amd64",)).variants[0]
    assert native.skipped == ""
    both = planned(root, "slim", platforms=("linux/amd64", "linux/arm64")).variants[0]
    assert both.skipped == (
        "no python:3.13-slim-trixie for linux/arm64: a stand-in is of the engine's own platform"
    )
    assert both.target == {}
