"""Finds the image in a path or a stream: `docker save`, an OCI layout, a root file system.

What a file is, its contents tell, not its name.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from careen.errors import ArchiveError, UsageError
from careen.image.read import manifest, reference
from careen.image.read.blob import HEAD_BYTES, Blob, read_blob
from careen.image.read.compression import decompressed, kind_of
from careen.image.read.files import (
    FolderFiles,
    StreamFiles,
    TarFiles,
    clean,
    looks_like_an_archive,
)
from careen.image.read.stored import StoredImage, StoredLayer, stored_image
from careen.image.tar.section import Section

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from careen.image.read.compression import Decompressed, Kind
    from careen.image.read.files import Files
    from careen.image.read.manifest import Descriptor
    from careen.image.read.stored import Origin, Reader
    from careen.image.tar.limits import Limits
    from careen.image.tar.window import Source

_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_HASH = re.compile(r"(?:.*/)?([0-9a-f]{64})(?:\.json)?")
_CHOOSE = "name one of them behind a #: PATH#NAME"


@dataclass
class ArchiveReader:
    """An image in an archive, see `careen.image.read.stored.Reader`.

    Attributes:
        files: of the archive.
        image: the one that was chosen.
        is_file: whether its layers can be read at the same time.
    """

    files: Files
    image: StoredImage
    is_file: bool

    def compression(self, number: int) -> Kind:
        """Tell how a layer's blob is compressed, from its first bytes."""
        return kind_of(self.files.head(self.image.layers[number].place))

    def origin(self, number: int) -> Origin | None:
        """Tell where a layer's bytes stand."""
        return self.files.origin(self.image.layers[number].place)

    def read(
        self, number: int, *, exact: bool = False, verify: bool = True, limits: Limits | None = None
    ) -> Blob:
        """Read a layer and see that its bytes are the right ones."""
        layer = self.image.layers[number]
        try:
            return self.files.blob(
                layer.place,
                digest=layer.digest,
                diff_id=layer.diff_id,
                exact=exact,
                verify=verify,
                limits=limits,
            )
        except ArchiveError as error:
            raise ArchiveError(f"layer {number}: {error.args[0]}", hint=error.hint) from None

    def plain(self, number: int, limits: Limits | None = None) -> Decompressed | None:
        """Give a layer's uncompressed tar as a stream that nobody checks; None of a stream's."""
        layer = self.image.layers[number]
        part = (
            self.files.part(layer.place) if isinstance(self.files, FolderFiles | TarFiles) else None
        )
        return decompressed(Section(*part), self.compression(number), limits) if part else None

    def close(self) -> None:
        """Close the archive."""
        self.files.close()


@dataclass
class RootFileSystem:
    """A root file system's tar as an image of one layer without a configuration."""

    descriptor: int
    image: StoredImage
    is_file: bool = True

    def compression(self, number: int) -> str:  # noqa: ARG002 - there is one
        """Tell how it is compressed."""
        return kind_of(os.pread(self.descriptor, HEAD_BYTES, 0))

    def origin(self, number: int) -> None:
        """Tell nothing: it is hashed, for its diff id."""

    def read(
        self,
        number: int,
        *,
        exact: bool = False,
        verify: bool = True,  # noqa: ARG002 - nothing is left out
        limits: Limits | None = None,
    ) -> Blob:
        """Read it; nothing says what its bytes should be."""
        size = self.image.layers[number].size or 0
        return read_blob(Section(self.descriptor, 0, size), size=size, exact=exact, limits=limits)

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)


def open_path(
    path: Path,
    *,
    choice: str = "",
    platform: str = "",
    exact: bool = False,
    limits: Limits | None = None,
) -> Reader:
    """Open the image at a path; the caller closes it.

    Args:
        path: a folder with an OCI layout; a file, which may be compressed as a whole.
        choice: the name of one of several images.
        platform: `os/arch[/variant]`; "" is the machine's own, or the only one that is there.
        exact: see `read_blob`; a compressed archive is read here.
        limits: beyond them is an error.

    Raises:
        ArchiveError: it cannot be read, or holds no image that can.
    """
    if path.is_dir():
        return open_files(FolderFiles(path), choice=choice, platform=platform)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be opened: {error.strerror}") from None
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(os.close, descriptor)
        reader = _open_file(
            descriptor, choice=choice, platform=platform, exact=exact, limits=limits
        )
        on_failure.pop_all()
    return reader


def _open_file(
    descriptor: int, *, choice: str, platform: str, exact: bool, limits: Limits | None
) -> Reader:
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        source = open(descriptor, "rb", closefd=False)  # noqa: SIM115 - closed by its number
        files: Files = StreamFiles(source, exact=exact, limits=limits)
        reader: Reader = _reader(files, choice, platform, is_file=False)
        os.close(descriptor)
        return reader
    kind = kind_of(os.pread(descriptor, HEAD_BYTES, 0))
    if kind != "none":
        plain = decompressed(Section(descriptor, 0, about.st_size), kind, limits)
        if looks_like_an_archive(plain, limits):
            plain = decompressed(Section(descriptor, 0, about.st_size), kind, limits)
            files = StreamFiles(plain, exact=exact, limits=limits)
            reader = _reader(files, choice, platform, is_file=False)
            os.close(descriptor)
            return reader
        return _root_file_system(descriptor, about.st_size)
    tar = TarFiles(descriptor, limits)
    if tar.has("oci-layout") or _is_docker(tar):
        return _reader(tar, choice, platform, is_file=True)
    return _root_file_system(descriptor, about.st_size)


def _root_file_system(descriptor: int, size: int) -> RootFileSystem:
    layer = StoredLayer("", "", "", size, "")
    return RootFileSystem(descriptor, StoredImage("root-file-system", "", "", {}, 0, (layer,)))


def open_files(files: Files, *, choice: str = "", platform: str = "") -> ArchiveReader:
    """Open the image of an OCI layout's files, wherever they are; else like `open_path`.

    Args:
        files: closed with the reader, and where there is none.
        choice: the name of one of several images.
        platform: `os/arch[/variant]`; "" is the machine's own, or the only one that is there.
    """
    return _reader(files, choice, platform, is_file=True, folder=True)


def open_stream(
    source: Source,
    *,
    choice: str = "",
    platform: str = "",
    exact: bool = False,
    limits: Limits | None = None,
) -> ArchiveReader:
    """Read the image archive that a stream is, to its end; else like `open_path`."""
    files = StreamFiles(source, exact=exact, limits=limits)
    return _reader(files, choice, platform, is_file=False)


def _is_docker(files: Files) -> bool:
    """Tell whether a manifest.json is Docker's; a root file system may have one of its own."""
    if not files.has("manifest.json"):
        return False
    try:
        document = manifest.parse_json(files.text("manifest.json"), "manifest.json")
    except ArchiveError:
        return files.has("repositories") or files.has("index.json")
    first = document[0] if isinstance(document, list) and document else None
    return isinstance(first, dict) and ("Layers" in first or "Config" in first)


def _reader(
    files: Files, choice: str, platform: str, *, is_file: bool, folder: bool = False
) -> ArchiveReader:
    try:
        return ArchiveReader(files, find_image(files, choice, platform, folder=folder), is_file)
    except BaseException:
        if folder:
            files.close()
        raise


def find_image(
    files: Files, choice: str = "", platform: str = "", *, folder: bool = False
) -> StoredImage:
    """Find the image that is asked for among an archive's files.

    An OCI index counts before Docker's manifest.json, which has no digests, unless what it names
    is not there: `docker save` writes the whole index and the blobs of the platforms it has.

    Raises:
        ArchiveError: there is none, or there are several and none is chosen.
    """
    docker = files.has("manifest.json")
    if files.has("index.json") and (files.has("oci-layout") or not docker):
        kind = "oci-layout" if folder else "docker-archive" if docker else "oci-archive"
        try:
            return _oci(files, choice, platform, kind)
        except _MissingBlobError as missing:
            if not docker:
                raise ArchiveError(str(missing.args[0]), hint=missing.hint) from None
    if not docker:
        raise ArchiveError(
            "it holds no image: neither index.json nor manifest.json is in it",
            hint="careen reads `docker save` archives, OCI layouts and root file systems",
        )
    return _docker(files, choice)


class _MissingBlobError(ArchiveError):
    """What an index names is not in the archive."""


def _oci(files: Files, choice: str, platform: str, source: str) -> StoredImage:
    def fetch(descriptor: Descriptor) -> bytes:
        name = blob_name(descriptor.digest)
        if not files.has(name):
            raise _MissingBlobError(f"the archive has no {name}")
        data = files.text(name)
        manifest.check_digest(data, descriptor.digest, name)
        return data

    index = manifest.parse_object(files.text("index.json"), "index.json")
    entries = _named(manifest.index_entries(index), choice)
    chosen = manifest.choose(entries, fetch, platform)
    found = manifest.parse_manifest(manifest.parse_object(chosen.data, "the manifest"))
    layers: list[tuple[str, str, int | None]] = []
    for number, layer in enumerate(found.layers):
        name = blob_name(layer.digest)
        if not files.has(name):
            raise _MissingBlobError(f"layer {number} is not in the archive: it has no {name}")
        if files.size(name) != layer.size:
            raise ArchiveError(
                f"layer {number} has {files.size(name)} bytes, not {layer.size} as its manifest "
                "says"
            )
        layers.append((name, layer.digest, layer.size))
    return stored_image(
        source,
        fetch(found.config),
        layers,
        digest=chosen.digest,
        platform=str(chosen.platform or ""),
    )


def _named(entries: Sequence[Descriptor], choice: str) -> list[Descriptor]:
    """Give the entries of the image that is asked for: one for each of its platforms."""
    images: dict[str, list[Descriptor]] = {}
    for entry in entries:
        if not entry.is_attestation:
            names = [entry.annotations[key] for key in _NAMES if key in entry.annotations]
            unnamed = "" if entry.platform else entry.digest
            images.setdefault(names[0] if names else unnamed, []).append(entry)
    if choice:
        found = [
            entry
            for entry in entries
            if not entry.is_attestation
            and _means(choice, [entry.digest, *(entry.annotations.get(key) for key in _NAMES)])
        ]
        if not found:
            raise _no_such(choice, list(images))
        return found
    # One image may have several names.
    if len({frozenset(each.digest for each in image) for image in images.values()}) > 1:
        raise _several(list(images))
    return next(iter(images.values()), [])


def _docker(files: Files, choice: str) -> StoredImage:
    document = manifest.parse_json(files.text("manifest.json"), "manifest.json")
    if not isinstance(document, list) or not all(isinstance(each, dict) for each in document):
        raise ArchiveError("manifest.json is no list of images")
    tags = [_texts(each.get("RepoTags") or [], "RepoTags") for each in document]
    shown = [
        (own or [str(each.get("Config"))[:100]])[0]
        for own, each in zip(tags, document, strict=True)
    ]
    if choice:
        document = [
            each
            for each, own in zip(document, tags, strict=True)
            if _means(choice, [*own, _digest(str(each.get("Config")))])
        ]
        if not document:
            raise _no_such(choice, shown)
    if not document:
        raise ArchiveError("manifest.json names no image")
    if len(document) > 1:
        raise _several(shown)
    [image] = document
    return _docker_image(files, image)


def _docker_image(files: Files, image: dict[str, Any]) -> StoredImage:
    name = image.get("Config")
    if not isinstance(name, str):
        raise ArchiveError("manifest.json has no Config")
    config = files.text(name)
    if digest := _digest(name):
        manifest.check_digest(config, digest, "the image's configuration")
    layers: list[tuple[str, str, int | None]] = []
    for place in _texts(image.get("Layers"), "Layers"):
        is_blob = clean(place).startswith("blobs/")
        layers.append((place, _digest(place) if is_blob else "", files.size(place)))
    return stored_image("docker-archive", config, layers)


def blob_name(digest: str) -> str:
    """Give where an OCI layout has a blob; the digest has been checked."""
    manifest.algorithm(digest)
    return f"blobs/{digest.replace(':', '/')}"


def _digest(name: str) -> str:
    match = _HASH.fullmatch(name)
    return f"sha256:{match[1]}" if match else ""


def _texts(value: Any, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ArchiveError(f"manifest.json: {what} is no list of names")
    return value


def _means(choice: str, names: Sequence[str | None]) -> bool:
    """Tell whether one of an image's names is meant."""
    known = [name for name in names if name]
    if choice in known or f"sha256:{choice}" in known:
        return True
    try:
        asked = reference.parse(choice)
    except UsageError:
        return False
    for name in known:
        with contextlib.suppress(UsageError):
            if reference.parse(name) == asked:
                return True
    return False


def _no_such(choice: str, names: Sequence[str]) -> ArchiveError:
    return ArchiveError(f"the archive has no image {choice[:200]}", hint=f"it has {_listed(names)}")


def _several(names: Sequence[str]) -> ArchiveError:
    return ArchiveError(f"it holds {len(names)} images, not one: {_listed(names)}", hint=_CHOOSE)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 20} more" if names[20:] else ""
    return ", ".join(name[:100] or "one without a name" for name in names[:20]) + more
