"""Puts an image where programs can read it: a file or a folder, written once for all of them."""

from __future__ import annotations

import contextlib
import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from careen.engine.content_store import link_layout, store_of
from careen.engine.image_api import ImageApi
from careen.engine.images import NotInEngineError, engine_endpoint, forced, is_path, open_image
from careen.engine.oci_layout import write_docker_archive, write_index
from careen.errors import ArchiveError, EngineError, UsageError
from careen.image.read.archive import blob_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from careen.engine.find import Endpoint
    from careen.engine.registry import Registry
    from careen.image.model import Image
    from careen.image.read.manifest import Descriptor
    from careen.image.tar.window import Source

Layout = Literal["docker-archive", "oci-archive", "oci-layout"]
_LAYOUTS: dict[str, Layout] = {
    "docker-archive": "docker-archive",
    "oci-archive": "oci-archive",
    "oci-layout": "oci-layout",
}
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Exported:
    """An image as a file or a folder.

    Attributes:
        path: of it; what the user named, or a copy that is removed later.
        layout: its form.
        image: what careen reads of it.
    """

    path: Path
    layout: Layout
    image: Image


def export_image(
    name: str,
    folder: Path,
    *,
    platform: str = "",
    endpoint: Endpoint | None = None,
    as_archive: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Export an image of the engine or a registry; a path is taken as it is.

    Args:
        name: as `careen.engine.images.open_image` takes it.
        folder: an empty one, for what is written; the caller removes it.
        platform: `os/arch[/variant]`; "" is the machine's own.
        endpoint: of the engine; None is the one that runs, or that can be obtained.
        as_archive: whether an image of the engine has to be one file, as `docker save` writes it.
        say: told what takes long.

    Raises:
        ArchiveError: what was found is damaged, hostile, or no image with a configuration.
        EngineError: no engine and no registry has it.
        UsageError: it is one of several images in an archive.
    """
    kind, bare = forced(name)
    if kind == "registry":
        return _from_registry(bare, name, folder, platform, say)
    if not kind and is_path(name):
        return _from_path(name, platform)
    try:
        exported = _from_engine(bare, folder, platform, endpoint, say, as_archive=as_archive)
        return replace(exported, image=replace(exported.image, name=name, source="engine"))
    except NotInEngineError as error:
        if kind:
            raise
        in_engine = error
    try:
        return _from_registry(bare, name, folder, platform, say)
    except (EngineError, UsageError) as error:
        raise EngineError(
            f"no image {name}: {in_engine.args[0]}; {error.args[0]}", hint=error.hint
        ) from None


def expected_bytes(name: str, say: Callable[[str], None] = lambda _: None) -> float:
    """Say how much an image has, roughly: the bytes of a path, what the engine says of its own.

    What is not known, since it is fetched or is not there, comes out as infinity: it is the first
    to be exported, so that nobody waits long for being told that there is none.

    Raises:
        EngineError: the engine that was chosen does not answer.
    """
    kind, bare = forced(name)
    if not kind and is_path(name):
        return float(_path_bytes(Path(name).expanduser()))
    if kind != "registry":
        with contextlib.suppress(NotInEngineError):
            document = ImageApi(engine_endpoint(say)).inspect(bare)
            if document is not None:
                return float(document.get("Size") or 0)
    return math.inf


def _path_bytes(path: Path) -> float:
    try:
        if path.is_dir():
            return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        return path.stat().st_size
    except OSError:
        return math.inf


def _from_path(name: str, platform: str) -> Exported:
    path = Path(name).expanduser()
    if not path.exists() and "#" in name:
        raise UsageError(
            f"{name}: other programs read an archive's only image, and cannot be told which",
            hint="load it into the engine and name the image",
        )
    image = open_image(name, platform=platform)
    layout = _LAYOUTS.get(image.source)
    if layout is None:
        raise ArchiveError(
            f"{name} is a root file system, which no configuration belongs to",
            hint="give a `docker save` archive, an OCI layout, or an image's name",
        )
    return Exported(path, layout, image)


def _from_engine(
    bare: str,
    folder: Path,
    platform: str,
    endpoint: Endpoint | None,
    say: Callable[[str], None],
    *,
    as_archive: bool,
) -> Exported:
    api = ImageApi(endpoint or engine_endpoint(say))
    document = api.inspect(bare)
    if document is None:
        raise NotInEngineError(f"the engine has no {bare}", hint="`careen build` makes variants")
    path, layout, store = folder / "image.tar", folder / "layout", store_of(api.endpoint)
    if store and link_layout(store, str(document.get("Id")), layout, platform):
        image = open_image(str(layout), platform=platform)
        if not as_archive:
            return Exported(layout, "oci-layout", image)
        write_docker_archive(layout, path, bare)
        return Exported(path, "docker-archive", image)
    say(f"the engine writes {bare} out")
    with api.save(bare) as source:
        _copy(source, path)
    return Exported(path, "docker-archive", open_image(str(path), platform=platform))


def _from_registry(
    bare: str, name: str, folder: Path, platform: str, say: Callable[[str], None]
) -> Exported:
    from careen.engine.registry import Registry  # noqa: PLC0415 - not always needed
    from careen.engine.transport import HttpTransport, credentials  # noqa: PLC0415
    from careen.image.read import reference  # noqa: PLC0415

    wanted = reference.parse(bare)
    known, note = credentials(wanted)
    with contextlib.closing(HttpTransport()) as transport:
        say(f"fetching {wanted}")
        layout = folder / "layout"
        write_layout(Registry(wanted, transport, known, note=note), layout, platform)
    image = open_image(str(layout), platform=platform)
    return Exported(layout, "oci-layout", replace(image, name=name, source="registry"))


def write_layout(registry: Registry, folder: Path, platform: str) -> None:
    """Write one platform's image as an OCI layout; each blob is held to its digest.

    Args:
        registry: asked for it.
        folder: made for it.
        platform: `os/arch[/variant]`; "" is the machine's own.

    Raises:
        ArchiveError: what the registry gives is no image, or not what its digest says.
        EngineError: the registry does not have it, or cannot be reached.

    Source: the OCI image specification, image-layout.md.
    """
    from careen.engine.registry import choose_manifest  # noqa: PLC0415 - not always needed
    from careen.image.read import manifest  # noqa: PLC0415

    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    digest, _, data = choose_manifest(registry, platform)
    found = manifest.parse_manifest(manifest.parse_object(data, "the manifest"))
    for blob in {one.digest: one for one in (found.config, *found.layers)}.values():
        _write_blob(registry, blob, folder)
    write_index(folder, digest, data)


def _write_blob(registry: Registry, blob: Descriptor, folder: Path) -> None:
    algorithm, _, hexadecimal = blob.digest.partition(":")
    path = folder / blob_name(blob.digest)
    path.parent.mkdir(exist_ok=True)
    with registry.blob(blob.digest) as source:
        found = _copy(source, path, algorithm, most_bytes=blob.size)
    if found != hexadecimal:
        raise ArchiveError(f"blob {blob.digest} is not what its digest says")


def _copy(source: Source, path: Path, algorithm: str = "", *, most_bytes: int | None = None) -> str:
    """Write a stream to a file; give the digest of its bytes where an algorithm is named.

    Raises:
        ArchiveError: it is longer than *most_bytes*.
    """
    digest = hashlib.new(algorithm) if algorithm else None
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    total = 0
    with path.open("wb") as file:
        while count := source.readinto(buffer):
            total += count
            if most_bytes is not None and total > most_bytes:
                raise ArchiveError(f"{path.name} has over {most_bytes} bytes")
            if digest is not None:
                digest.update(buffer[:count])
            file.write(buffer[:count])
    return digest.hexdigest() if digest is not None else ""
