"""Manifests, indexes and configurations: their JSON read without trust, one platform chosen.

Sources: the OCI image specification (manifest.md, image-index.md, config.md, descriptor.md), and
Docker's "Image Manifest Version 2, Schema 2".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from careen.errors import ArchiveError
from careen.image.read import platforms

if TYPE_CHECKING:
    from careen.image.read.platforms import Platform

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ACCEPTED = (OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST)

MOST_JSON_BYTES = 4 << 20
_MOST_LAYERS = 4096
_MOST_NESTED = 8
_MOST_CANDIDATES = 4096
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_LAYER_TYPES = {
    "application/vnd.oci.image.layer.v1.tar": "none",
    "application/vnd.oci.image.layer.v1.tar+gzip": "gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd": "zstd",
    "application/vnd.docker.image.rootfs.diff.tar": "none",
    "application/vnd.docker.image.rootfs.diff.tar.gzip": "gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd": "zstd",
}
_ATTESTATION = "vnd.docker.reference.type"

Fetch = Callable[["Descriptor"], bytes]


@dataclass(frozen=True)
class Descriptor:
    """What a manifest or an index says of a blob.

    Attributes:
        media_type: "" where nobody says it.
        digest: such as `sha256:...`.
        size: bytes.
        platform: None where nobody says it.
        annotations: texts by key.
    """

    media_type: str
    digest: str
    size: int
    platform: Platform | None
    annotations: Mapping[str, str]

    @property
    def is_attestation(self) -> bool:
        """Whether it says something of an image, and is none."""
        if _ATTESTATION in self.annotations:
            return True
        return self.platform is not None and "unknown" in self.platform[:2]


@dataclass(frozen=True)
class Manifest:
    """The manifest of one platform.

    Attributes:
        config: the configuration's blob.
        layers: from the base upwards.
    """

    config: Descriptor
    layers: tuple[Descriptor, ...]


def parse_json(data: bytes, what: str) -> Any:
    """Read JSON that nobody vouches for.

    Raises:
        ArchiveError: it is none, is too large or too deep.
    """
    if len(data) > MOST_JSON_BYTES:
        raise ArchiveError(f"{what} has {len(data)} bytes; at most {MOST_JSON_BYTES} are read")
    try:
        return json.loads(data)
    except RecursionError:
        raise ArchiveError(f"{what} is nested too deep") from None
    except ValueError as error:
        raise ArchiveError(f"{what} is no JSON: {str(error)[:100]}") from None


def parse_object(data: bytes, what: str) -> dict[str, Any]:
    """Likewise, of a JSON object."""
    document = parse_json(data, what)
    if not isinstance(document, dict):
        raise ArchiveError(f"{what} is no JSON object")
    return document


def check_digest(data: bytes, digest: str, what: str) -> None:
    """See that bytes have a digest.

    Raises:
        ArchiveError: they do not.
    """
    found = f"{algorithm(digest)}:{hashlib.new(algorithm(digest), data).hexdigest()}"
    if found != digest:
        raise ArchiveError(f"{what} is corrupt: its digest is {found}, not {digest}")


def digest_of(data: bytes) -> str:
    """Give the digest of bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def compression_of(media_type: str) -> str:
    """Give the compression that a layer's media type names; gzip where it names none."""
    return _LAYER_TYPES.get(media_type.partition(";")[0].strip(), "gzip")


def algorithm(digest: str) -> str:
    """Give the hash's name of a digest.

    Raises:
        ArchiveError: the digest is malformed, or of a hash that is not read.
    """
    if not _DIGEST.fullmatch(digest):
        raise ArchiveError(f"no digest: {digest[:100]!r}")
    return digest.partition(":")[0]


def is_index(document: Mapping[str, Any]) -> bool:
    """Tell whether a document is an index, also called a manifest list."""
    kind = document.get("mediaType")
    if kind in {OCI_INDEX, DOCKER_LIST}:
        return True
    return kind is None and "manifests" in document and "layers" not in document


def index_entries(document: Mapping[str, Any]) -> tuple[Descriptor, ...]:
    """Give the entries of an index."""
    return tuple(
        _descriptor(each, "an entry of the index")
        for each in _list(document, "manifests", "the index", _MOST_CANDIDATES)
    )


def parse_manifest(document: Mapping[str, Any]) -> Manifest:
    """Read the manifest of one platform.

    Raises:
        ArchiveError: it is none, or of the first schema, or of something that is no image.
    """
    if document.get("schemaVersion") == 1:
        raise ArchiveError(
            "the manifest is of schema 1, which Docker no longer reads",
            hint="push the image again with a current version of Docker",
        )
    what = "the manifest"
    config = _descriptor(_object(document, "config", what), "the manifest's config")
    layers = tuple(
        _descriptor(each, f"layer {number} of the manifest")
        for number, each in enumerate(_list(document, "layers", what, _MOST_LAYERS))
    )
    for number, layer in enumerate(layers):
        _check_layer_type(number, layer.media_type)
    return Manifest(config, layers)


def _check_layer_type(number: int, media_type: str) -> None:
    kind = media_type.partition(";")[0].strip()
    if not kind or kind in _LAYER_TYPES:
        return
    if "nondistributable" in kind or "foreign" in kind:
        raise ArchiveError(
            f"layer {number} is a foreign layer ({kind[:100]}): its bytes are not in the image",
            hint="careen reads images of which every layer is there",
        )
    raise ArchiveError(
        f"layer {number} is of the type {kind[:100]!r}", hint="careen reads tar, gzip and zstd"
    )


@dataclass(frozen=True)
class Chosen:
    """The manifest that was chosen.

    Attributes:
        digest: its own.
        platform: as the index says; None where it does not.
        data: its bytes.
    """

    digest: str
    platform: Platform | None
    data: bytes


def choose(entries: Sequence[Descriptor], fetch: Fetch, platform: str = "") -> Chosen:
    """Find the manifest of one platform among an index's entries, and in the indexes below it.

    Args:
        entries: of the index.
        fetch: gives a manifest's or an index's verified bytes.
        platform: `os/arch[/variant]`; "" is the machine's own, and what there is where nothing
            else is.

    Raises:
        ArchiveError: nothing fits; the message lists what there is.
    """
    found = list(_manifests(entries, fetch, 0))
    if not found:
        raise ArchiveError("the index names no image")
    asked = platforms.parse(platform) if platform else platforms.own()
    ranked = [
        (rank, number)
        for number, (each, _) in enumerate(found)
        if (rank := platforms.rank(each.platform, asked)) is not None
    ]
    if ranked:
        descriptor, data = found[min(ranked)[1]]
    elif len(found) == 1 and (not platform or found[0][0].platform is None):
        descriptor, data = found[0]
    else:
        there = ", ".join(str(each.platform or "one that is not named") for each, _ in found[:20])
        raise ArchiveError(
            f"the image is not there for {asked}; it is for {there}",
            hint="choose with --platform os/architecture[/variant]",
        )
    return Chosen(descriptor.digest, descriptor.platform, data or fetch(descriptor))


def _manifests(
    entries: Sequence[Descriptor], fetch: Fetch, depth: int
) -> list[tuple[Descriptor, bytes]]:
    """List the images of an index and of those below it; b"" where nothing was fetched."""
    if depth > _MOST_NESTED:
        raise ArchiveError("the indexes are nested too deep")
    found: list[tuple[Descriptor, bytes]] = []
    for entry in entries:
        if entry.is_attestation:
            continue
        known = entry.media_type in {OCI_MANIFEST, DOCKER_MANIFEST}
        data = b"" if known else fetch(entry)
        document = {} if known else parse_object(data, "a manifest")
        if not known and is_index(document):
            found += _manifests(index_entries(document), fetch, depth + 1)
        else:
            found.append((entry, data))
        if len(found) > _MOST_CANDIDATES:
            raise ArchiveError(f"the index has over {_MOST_CANDIDATES} images")
    return found


def parse_config(data: bytes) -> dict[str, Any]:
    """Read an image's configuration; of what careen uses, the types are checked.

    Raises:
        ArchiveError: it is none.
    """
    what = "the image's configuration"
    document = parse_object(data, what)
    settings = document.get("config")
    if settings is not None and not isinstance(settings, dict):
        raise ArchiveError(f"{what}: config is no object")
    labels = (settings or {}).get("Labels")
    if labels is not None and not (
        isinstance(labels, dict) and all(isinstance(text, str) for text in labels.values())
    ):
        raise ArchiveError(f"{what}: config.Labels does not hold texts")
    return document


def config_platform(config: Mapping[str, Any]) -> str:
    """Give the platform that a configuration names, "" where it names none.

    >>> config_platform({"os": "linux", "architecture": "arm64", "variant": "v8"})
    'linux/arm64'
    """
    parts = [config.get(key) or "" for key in ("os", "architecture", "variant")]
    if not all(isinstance(part, str) for part in parts) or not parts[1]:
        return ""
    return str(platforms.normal(parts[0] or "linux", parts[1], parts[2]))[:100]


def diff_ids(config: Mapping[str, Any], count: int) -> list[str]:
    """Give the diff id of each of *count* layers; "" where the configuration has none at all.

    Raises:
        ArchiveError: it has another number of them, or something else in their place.
    """
    rootfs = config.get("rootfs")
    if rootfs is None:
        return [""] * count
    listed = _list(rootfs, "diff_ids", "the configuration's rootfs", _MOST_LAYERS)
    if len(listed) != count:
        raise ArchiveError(
            f"the manifest has {count} layers, the configuration {len(listed)} diff ids"
        )
    for each in listed:
        algorithm(each if isinstance(each, str) else repr(each))
    return listed


def instructions(config: Mapping[str, Any], count: int) -> list[str]:
    """Give what the history says of each of *count* layers, "" where it does not fit them."""
    history = config.get("history")
    if not isinstance(history, list):
        return [""] * count
    made = [
        str(step.get("created_by") or "")
        for step in history
        if isinstance(step, dict) and step.get("empty_layer") is not True
    ]
    return made if len(made) == count else [""] * count


def _object(document: Any, key: str, what: str) -> dict[str, Any]:
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, dict):
        raise ArchiveError(f"{what} has no {key}")
    return value


def _list(document: Any, key: str, what: str, most: int) -> list[Any]:
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, list):
        raise ArchiveError(f"{what} has no list of {key}")
    if len(value) > most:
        raise ArchiveError(f"{what} has {len(value)} {key}; at most {most} are read")
    return value


def _descriptor(value: Any, what: str) -> Descriptor:
    if not isinstance(value, dict):
        raise ArchiveError(f"{what} is no object")
    digest, size = value.get("digest"), value.get("size")
    algorithm(digest if isinstance(digest, str) else repr(digest))
    if type(size) is not int or not 0 <= size < 1 << 62:
        raise ArchiveError(f"{what} has no size")
    notes = value.get("annotations")
    kind = value.get("mediaType")
    return Descriptor(
        media_type=kind if isinstance(kind, str) else "",
        digest=str(digest),
        size=size,
        platform=_platform(value.get("platform")),
        annotations={
            key: text
            for key, text in (notes.items() if isinstance(notes, dict) else ())
            if isinstance(text, str)
        },
    )


def _platform(value: Any) -> Platform | None:
    if not isinstance(value, dict):
        return None
    parts = [value.get(key) or "" for key in ("os", "architecture", "variant")]
    if not all(isinstance(part, str) and len(part) <= 64 for part in parts) or not parts[1]:  # noqa: PLR2004 - what is longer is no name
        return None
    return platforms.normal(parts[0], parts[1], parts[2])
