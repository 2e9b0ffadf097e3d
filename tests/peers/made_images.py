"""Makes image archives for measurements: the same seed gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import random
import sysconfig
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard
from isal import igzip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POOL_BYTES = 64 << 20
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": lambda data: igzip.compress(data, 1),
    "zstd": lambda data: zstandard.ZstdCompressor(level=3, write_checksum=True).compress(data),
}


@dataclass(frozen=True)
class Shape:
    """What an image consists of.

    Attributes:
        layers: files of each layer, the base first.
        mean_bytes: of a file; sizes are log-normal, as in real trees.
        whiteouts: in one more layer on top, each of a file below.
        seed: of sizes, names and contents.
    """

    layers: tuple[int, ...]
    mean_bytes: int
    whiteouts: int = 0
    seed: int = 20261125


def write_archive(path: Path, shape: Shape, encoding: str) -> int:
    """Write an archive as `docker save` does, blobs by digest; give the bytes of its files."""
    chance = random.Random(shape.seed)
    pool = _pool(chance)
    config: dict[str, object] = {"architecture": "amd64", "os": "linux", "config": {}}
    diff_ids, history, names = [], [], []
    total = 0
    paths: list[str] = []
    with tarfile.open(path, "w") as archive:
        for number, count in enumerate((*shape.layers, *([0] if shape.whiteouts else []))):
            files = [_file(chance, number, index, shape.mean_bytes) for index in range(count)]
            gone = chance.sample(paths, shape.whiteouts) if number == len(shape.layers) else []
            paths += [name for name, _ in files]
            total += sum(size for _, size in files)
            plain = _layer(files, gone, pool, chance)
            diff_ids.append(f"sha256:{hashlib.sha256(plain).hexdigest()}")
            history.append({"created_by": f"RUN make layer {number}"})
            blob = ENCODERS[encoding](plain)
            names.append(f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}")
            _add(archive, names[-1], blob)
        config |= {"rootfs": {"type": "layers", "diff_ids": diff_ids}, "history": history}
        document = json.dumps(config).encode()
        config_name = f"blobs/sha256/{hashlib.sha256(document).hexdigest()}"
        _add(archive, config_name, document)
        manifest = [{"Config": config_name, "RepoTags": ["made:1"], "Layers": names}]
        _add(archive, "manifest.json", json.dumps(manifest).encode())
    return total


def _pool(chance: random.Random) -> bytes:
    """Give bytes that compress about as an image's do: source text, and noise."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    text = b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
    half = POOL_BYTES // 2
    return (text * (half // len(text) + 1))[:half] + chance.randbytes(half)


def _file(chance: random.Random, layer: int, index: int, mean_bytes: int) -> tuple[str, int]:
    # A log-normal's mean is exp(mu + sigma^2 / 2).
    size = min(POOL_BYTES // 2, int(chance.lognormvariate(0, 1.8) * mean_bytes / 5.05))
    # Eight files a folder, as in the images of this repository (6,826 files in 860 folders).
    folder = index // 8
    return f"usr/lib/part{layer}/group{folder % 97}/package{folder}/module{index}.py", size


def _layer(
    files: list[tuple[str, int]], gone: list[str], pool: bytes, chance: random.Random
) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder in _folders([*(name for name, _ in files), *gone]):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for name, size in files:
            start = chance.randrange(len(pool) - size)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = size, 1_700_000_000
            tar.addfile(entry, io.BytesIO(pool[start : start + size]))
        for name in gone:
            folder, _, last = name.rpartition("/")
            tar.addfile(tarfile.TarInfo(f"{folder}/.wh.{last}"))
    return sink.getvalue()


def _folders(names: list[str]) -> Iterator[str]:
    seen = set()
    for name in names:
        parts = name.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth])
            if folder not in seen:
                seen.add(folder)
                yield folder


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))
