"""The external cache of a build, besides the engine's own: where it is imported and exported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careen.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

CACHE_KINDS = ("none", "inline", "local", "registry", "gha")


@dataclass(frozen=True)
class Cache:
    """Where a build's cache is imported from and exported to, besides the engine's own.

    Attributes:
        kind: one of CACHE_KINDS.
        where: the folder of `local`, the reference of `registry`.
    """

    kind: str = "none"
    where: str = ""


NO_CACHE = Cache()


def parse_cache(text: str) -> Cache:
    """Read the value of --cache.

    Raises:
        UsageError: it is of no known kind.

    >>> parse_cache("registry=localhost:5000/app:cache")
    Cache(kind='registry', where='localhost:5000/app:cache')
    """
    kind, _, where = (text or "none").partition("=")
    if kind not in CACHE_KINDS:
        raise UsageError(f"--cache {text}: unknown kind of cache", hint=nearest(kind, CACHE_KINDS))
    if (kind in {"local", "registry"}) != bool(where):
        form = {"local": "local=FOLDER", "registry": "registry=REFERENCE"}.get(kind, kind)
        raise UsageError(f"--cache {text}: write --cache {form}")
    return Cache(kind, where)


def import_and_export(
    cache: Cache, name: str, names: Sequence[str], *, image: str, tag: str
) -> dict[str, list[str]]:
    """Give a bake target's cache-from and cache-to; every variant exports to a place of its own.

    All variants import from each other's, since they share stages.

    Args:
        cache: which.
        name: the variant.
        names: all that are built.
        image: the repository part of the project's tags.
        tag: of the variant's image.
    """
    if cache.kind == "inline":
        return {"cache-from": [f"type=registry,ref={tag}"], "cache-to": ["type=inline"]}
    if cache.kind == "local":
        folder = Path(cache.where).absolute()
        have = [
            f"type=local,src={folder / other}"
            for other in _first(name, names)
            if (folder / other / "index.json").exists()
        ]
        return {"cache-from": have, "cache-to": [f"type=local,dest={folder / name},mode=max"]}
    if cache.kind == "registry":
        options_to = "mode=max,image-manifest=true,oci-mediatypes=true"
        return {
            "cache-from": [
                f"type=registry,ref={_reference(cache, n)}" for n in _first(name, names)
            ],
            "cache-to": [f"type=registry,ref={_reference(cache, name)},{options_to}"],
        }
    if cache.kind == "gha":
        return {
            "cache-from": [f"type=gha,scope={image}-{n}" for n in _first(name, names)],
            "cache-to": [f"type=gha,scope={image}-{name},mode=max"],
        }
    return {}


def _first(name: str, names: Sequence[str]) -> list[str]:
    return [name, *(other for other in names if other != name)]


def _reference(cache: Cache, name: str) -> str:
    """Give a variant's cache reference: REF:TAG-VARIANT.

    >>> _reference(Cache("registry", "localhost:5000/app"), "slim")
    'localhost:5000/app:cache-slim'
    """
    repository, slash, last = cache.where.rpartition("/")
    image, _, tag = last.partition(":")
    return f"{repository}{slash}{image}:{tag or 'cache'}-{name}"
