"""Opens an image whatever its form: a path, an engine's image, a registry's reference."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from careen.engine import known_images
from careen.engine.layer_cache import LayerCache
from careen.engine.paths import cache_folder
from careen.engine.workers import Codec, in_parallel
from careen.errors import ArchiveError, CareenError, EngineError, UsageError
from careen.image.read import packed, platforms, reference
from careen.image.read.archive import open_path, open_stream
from careen.image.read.blob import Blob
from careen.image.read.stored import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from careen.engine.find import Endpoint
    from careen.image.model import Image
    from careen.image.read.stored import Reader, StoredImage
    from careen.image.tar.limits import Limits

_ARCHIVE_SUFFIX = re.compile(r"\.(tgz|tar(\.(gz|gzip|zst|zstd))?)(#.*)?$", re.IGNORECASE)
# `registry:2` and `registry:5000/app` are an image and an address.
_FORCED = re.compile(r"(engine|registry(?!:(?:\d+/|[\d.]+$|latest$))):(.+)")


@dataclass(frozen=True)
class Opening:
    """How images are opened.

    Attributes:
        platform: `os/arch[/variant]`; "" is the machine's own.
        endpoint: of the engine; None is the one that runs, or that can be obtained.
        cache: of layers; None keeps none.
        limits: of each layer.
        workers: processes at the same time; None is the number of processors.
        say: told what takes long.
        verify: hash all layers, see `careen.image.read.blob.read_blob`.
    """

    platform: str = ""
    endpoint: Endpoint | None = None
    cache: LayerCache | None = None
    limits: Limits | None = None
    workers: int | None = None
    say: Callable[[str], None] = lambda _: None
    verify: bool = False


def open_image(
    name: str,
    *,
    platform: str = "",
    endpoint: Endpoint | None = None,
    use_cache: bool = True,
    limits: Limits | None = None,
    workers: int | None = None,
    say: Callable[[str], None] = lambda _: None,
    verify: bool = False,
) -> Image:
    """Read an image.

    Args:
        name: a path, with `#NAME` for one of several images in it; `engine:NAME`;
            `registry:REFERENCE`; or a name that is looked for in the engine, then in its registry.
        platform: `os/arch[/variant]`; "" is the machine's own.
        endpoint: of the engine; None is the one that runs, or that can be obtained.
        use_cache: keep the layers that were read, and read them from there.
        limits: of each layer; beyond them is an error.
        workers: processes at the same time; None is the number of processors.
        say: told what takes long.
        verify: compare the digests of a file's large layers too, see
            `careen.image.read.blob.read_blob`. All others are compared in any case.

    Raises:
        ArchiveError: what was found is damaged, hostile or no image.
        EngineError: no engine and no registry has it; the message says what each of them said.
        UsageError: the name is no reference, the platform no platform.
    """
    if platform:
        platforms.parse(platform)
    cache = LayerCache(cache_folder() / "layers") if use_cache else None
    how = Opening(platform, endpoint, cache, limits, workers, say, verify)
    kind, bare = forced(name)
    if kind:
        read = _from_engine if kind == "engine" else _from_registry
        return read(bare, how, name)
    if is_path(name):
        return _from_path(name, how)
    return _from_engine_or_registry(name, how)


def forced(name: str) -> tuple[str, str]:
    """Give where a name is to be looked for, "" where it does not say, and the name itself.

    >>> forced("registry:localhost:5000/app"), forced("python:3.13"), forced("registry:2")
    (('registry', 'localhost:5000/app'), ('', 'python:3.13'), ('', 'registry:2'))
    """
    match = _FORCED.fullmatch(name)
    return (match[1], match[2]) if match and not Path(name).exists() else ("", name)


def is_path(name: str) -> bool:
    """Tell whether a name means a file or a folder, whether or not it is there.

    >>> is_path("./image"), is_path("python:3.13"), is_path("saved.tar.gz#x:1")
    (True, False, True)
    """
    if name.startswith((".", "/", "~")) or os.path.exists(name):  # noqa: PTH110
        return True
    return _ARCHIVE_SUFFIX.search(name) is not None


def _split(name: str) -> tuple[Path, str]:
    """Give the path and what is chosen in it."""
    path = Path(name).expanduser()
    if path.exists() or "#" not in name:
        return path, ""
    left, _, choice = name.rpartition("#")
    return Path(left).expanduser(), choice


def _from_path(name: str, how: Opening) -> Image:
    path, choice = _split(name)
    if not path.exists():
        raise UsageError(f"there is no {path}", hint="engine:NAME asks the engine for an image")
    try:
        reader = open_path(path, choice=choice, platform=how.platform, limits=how.limits)
        with contextlib.closing(reader):
            return read_layers(reader, how, name)
    except ArchiveError as error:
        raise ArchiveError(f"{path}: {error.args[0]}", hint=error.hint) from None


def _from_engine_or_registry(name: str, how: Opening) -> Image:
    try:
        return _from_engine(name, how, name)
    except NotInEngineError as error:
        in_engine = error
    try:
        return _from_registry(name, how, name)
    except (EngineError, UsageError) as error:
        raise EngineError(
            f"no image {name}: {in_engine.args[0]}; {error.args[0]}", hint=error.hint
        ) from None


class NotInEngineError(EngineError):
    """The engine does not have the image, or there is no engine."""


def _from_registry(name: str, how: Opening, asked: str) -> Image:
    from careen.engine.registry import Registry, open_registry  # noqa: PLC0415 - not always needed
    from careen.engine.transport import HttpTransport, credentials  # noqa: PLC0415

    wanted = reference.parse(name)
    known, note = credentials(wanted)
    transport = HttpTransport()
    with contextlib.closing(transport):
        reader = open_registry(Registry(wanted, transport, known, note=note), how.platform)
        how.say(f"reading {wanted}")
        return read_layers(reader, how, asked)


def _from_engine(name: str, how: Opening, asked: str) -> Image:
    from careen.engine.image_api import ImageApi  # noqa: PLC0415 - paths need no sockets

    endpoint = how.endpoint or engine_endpoint(how.say)
    api = ImageApi(endpoint)
    document = api.inspect(name)
    if document is None:
        raise NotInEngineError(f"the engine has no {name}", hint="`careen build` makes variants")
    identity = str(document.get("Id"))
    folder = cache_folder() / "images"
    if how.cache is not None:
        found = known_images.read(folder, identity, how.platform)
        if found is not None and (image := _from_cache(found, how.cache, asked)) is not None:
            return image
    image = _from_store(endpoint, identity, how, asked)
    if image is None:
        how.say(f"the engine writes {name} out")
        with api.save(name) as source:
            reader = open_stream(source, platform=how.platform, limits=how.limits)
        image = read_layers(reader, how, asked)
    image = replace(image, source="engine")
    if how.cache is not None:
        known_images.write(folder, identity, how.platform, image)
    return image


def _from_store(endpoint: Endpoint, identity: str, how: Opening, asked: str) -> Image | None:
    """Read an image where the embedded engine keeps it; None where it has to be asked for it.

    All layers are hashed, as they are where an engine writes them out.
    """
    from careen.engine.content_store import open_store, store_of  # noqa: PLC0415 - many imports

    store = store_of(endpoint)
    reader = open_store(store, identity, how.platform) if store else None
    if reader is None:
        return None
    with contextlib.closing(reader):
        return read_layers(reader, replace(how, verify=True), asked)


def _from_cache(found: known_images.KnownImage, cache: LayerCache, name: str) -> Image | None:
    layers = []
    for fact in found.facts:
        kept = cache.get(fact.diff_id)
        if kept is None:
            return None
        layers.append(kept.layer)
    return found.image(name, tuple(layers))


def engine_endpoint(say: Callable[[str], None]) -> Endpoint:
    """Give an engine that answers, without starting one where none was ever set up.

    Raises:
        EngineError: the one that was chosen does not answer.
        NotInEngineError: there is none.
    """
    from careen.engine.find import find_endpoint  # noqa: PLC0415 - likewise
    from careen.engine.image_api import ImageApi  # noqa: PLC0415

    endpoint = find_endpoint()
    if ImageApi(endpoint).answers():
        return endpoint
    if endpoint.chosen:
        raise EngineError(
            f"no Docker engine answers at {endpoint.host} ({endpoint.origin})",
            hint=f"start it, or unset what names it ({endpoint.origin})",
        )
    from careen.engine.embedded import EmbeddedEngine  # noqa: PLC0415 - many imports
    from careen.engine.obtain import embedded_endpoint  # noqa: PLC0415

    own = EmbeddedEngine(say=say)
    if ImageApi(embedded_endpoint(own)).answers():
        return embedded_endpoint(own)
    if own.status().state == "absent":
        raise NotInEngineError("no Docker engine runs", hint="`careen doctor` says what was tried")
    try:
        own.up()
    except CareenError as error:
        raise NotInEngineError(f"no Docker engine runs: {error.args[0]}") from None
    return embedded_endpoint(own)


def read_layers(reader: Reader, how: Opening, name: str) -> Image:
    """Read the layers of an open image: from the cache, or several at the same time."""
    stored = reader.image
    blobs = dict(_kept(reader, stored, how))
    missing = [number for number in range(len(stored.layers)) if number not in blobs]
    # A layer that comes twice is read once.
    first: dict[str, int] = {}
    for number in missing:
        layer = stored.layers[number]
        first.setdefault(layer.diff_id or f"{number}", number)
    todo = list(first.values())

    def work(index: int) -> Blob:
        return _read(reader, todo[index], how)

    if reader.is_file:
        sizes = [stored.layers[number].size or 0 for number in todo]
        read = in_parallel(sizes, work, Codec(_encode, _decode), most=how.workers)
    else:
        read = [work(index) for index in range(len(todo))]
    found = dict(zip(todo, read, strict=True))
    for number in missing:
        layer = stored.layers[number]
        blobs[number] = found[first[layer.diff_id or f"{number}"]]
        if first[layer.diff_id or f"{number}"] != number:
            blobs[number] = blobs[number]._replace(
                compression=reader.compression(number),
                compressed_bytes=layer.size or blobs[number].compressed_bytes,
            )
    if how.cache is not None and todo:
        how.cache.trim()
    return finished(name, stored, [blobs[number] for number in range(len(stored.layers))])


def _read(reader: Reader, number: int, how: Opening) -> Blob:
    """Read a layer and keep it: by its diff id where that was compared, else by its origin."""
    before = None if how.verify else reader.origin(number)
    blob = reader.read(number, verify=how.verify, limits=how.limits)
    if how.cache is None:
        return blob
    if blob.layer.diff_id:
        how.cache.put(blob.layer, blob.gzip_bytes)
    elif before is not None and before == reader.origin(number):
        diff_id = reader.image.layers[number].diff_id
        how.cache.put_of_file(before, diff_id, blob.layer, blob.gzip_bytes)
    return blob


def _kept(reader: Reader, stored: StoredImage, how: Opening) -> Iterator[tuple[int, Blob]]:
    """Give the layers that the cache has.

    A layer's blob is not read then: its diff id stands in the configuration, whose digest has been
    checked, and the cache has what was read of just those bytes. What was not hashed counts where
    it was read from just this place of a file that has not been touched since.
    """
    cache = how.cache
    if cache is None:
        return
    for number, layer in enumerate(stored.layers):
        if layer.size is None:
            continue
        found = [cache.get(layer.diff_id)]
        if not how.verify and (origin := reader.origin(number)):
            found.append(cache.get_of_file(origin, layer.diff_id))
        if not any(found):
            continue
        compression = reader.compression(number)
        for kept in found:
            # Read from a compressed blob before: what gzip would make of it is not known yet.
            if kept is None or (compression == "none" and not kept.gzip_bytes):
                continue
            gzip_bytes = kept.gzip_bytes if compression == "none" else 0
            yield number, Blob(kept.layer, compression, layer.size, gzip_bytes)
            break


def _encode(blob: Blob) -> bytes:
    head = f"{blob.compression}\n{blob.compressed_bytes}\n".encode()
    return head + packed.pack(blob.layer, blob.gzip_bytes)


def _decode(data: bytes) -> Blob:
    compression, size, rest = data.split(b"\n", 2)
    found = packed.unpack(rest)
    return Blob(found.layer, compression.decode(), int(size), found.gzip_bytes)
