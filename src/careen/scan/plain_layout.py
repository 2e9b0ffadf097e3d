"""Unpacks images once for all scanners: OCI layouts of uncompressed layers, shared between images.

Scanners unpack every layer by themselves, and slowly: of 23 s that syft took for an image of
424 MB, 14 went into that, where it is 2 s here. And it is one form that all of them read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from careen.engine.oci_layout import write_index
from careen.errors import ArchiveError, CareenError
from careen.image.read.archive import ArchiveReader, open_path
from careen.image.read.manifest import digest_of

if TYPE_CHECKING:
    from pathlib import Path

    from careen.scan.model import How, Target

_KIND = "application/vnd.oci.image"
_COPY_BYTES = 1 << 20


@dataclass
class PlainLayouts:
    """The layouts of some images, and the layers that they share.

    Attributes:
        folder: that all of it is written to.
    """

    folder: Path
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, target: Target, number: int, how: How) -> Target:
        """Give the target with a plain layout in place of its archive.

        Where there is no room for it, or careen does not understand the archive, the scanners
        have to say what they make of it: then the target is given as it is.
        """
        try:
            return self._write(target, self.folder / str(number))
        except (CareenError, OSError) as error:
            how.say(f"{target.name}: scanners unpack it by themselves: {error}")
            return target

    def _write(self, target: Target, layout: Path) -> Target:
        reader = open_path(target.archive)
        with contextlib.closing(reader):
            if not isinstance(reader, ArchiveReader) or not reader.image.config_data:
                raise ArchiveError(f"{target.archive} is a stream or no image")
            said = [layer.diff_id for layer in reader.image.layers]
            if said != [layer.diff_id for layer in target.image.facts]:
                raise ArchiveError(f"{target.archive} holds another image than was read from it")
            blobs = layout / "blobs" / "sha256"
            blobs.mkdir(parents=True)
            layers = [
                self._layer(reader, number, blobs) for number in range(len(reader.image.layers))
            ]
            config = _blob(blobs, f"{_KIND}.config.v1+json", reader.image.config_data)
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_KIND}.manifest.v1+json",
            "config": config,
            "layers": layers,
        }
        data = json.dumps(manifest).encode()
        write_index(layout, digest_of(data), data)
        return replace(target, archive=layout, layout="oci-layout")

    def _layer(self, reader: ArchiveReader, number: int, blobs: Path) -> dict[str, object]:
        """Put a layer into a layout; one that another image has is linked to."""
        said = reader.image.layers[number].diff_id
        with self._lock:
            lock = self._locks.setdefault(said, threading.Lock())
        with lock:
            known = self.folder / said.removeprefix("sha256:")
            if not said or not known.exists():
                known = self._unpack(reader, number, said)
        target = blobs / known.name
        if not target.exists():  # an empty layer may come twice
            os.link(known, target)
        return _descriptor(f"{_KIND}.layer.v1.tar", known.name, known.stat().st_size)

    def _unpack(self, reader: ArchiveReader, number: int, said: str) -> Path:
        source = reader.plain(number)
        if source is None:
            raise ArchiveError(f"layer {number} is not in a file")
        digest = hashlib.sha256()
        aside = self.folder / f"part-{threading.get_ident()}"
        try:
            with aside.open("wb") as sink:
                while data := source.read(_COPY_BYTES):
                    digest.update(data)
                    sink.write(data)
            if said and said != f"sha256:{digest.hexdigest()}":
                raise ArchiveError(f"layer {number} is corrupt: its digest is not {said}")
            return aside.rename(self.folder / digest.hexdigest())
        finally:
            aside.unlink(missing_ok=True)


def _blob(blobs: Path, kind: str, data: bytes) -> dict[str, object]:
    name = hashlib.sha256(data).hexdigest()
    (blobs / name).write_bytes(data)
    return _descriptor(kind, name, len(data))


def _descriptor(kind: str, name: str, size: int) -> dict[str, object]:
    return {"mediaType": kind, "digest": f"sha256:{name}", "size": size}
