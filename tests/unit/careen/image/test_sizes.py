"""Sizes from archives: every form of `docker save`, and what is no archive."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.careen.image.merged import Change, merged_bytes

from careen.errors import EngineError
from careen.image.sizes import ImageSizes, measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def tar(files: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return sink.getvalue()


BASE = tar({"a/one": b"1" * 5000, "a/two": b"2" * 3000})
TOP = tar({"a/.wh.one": b"", "three": b"3" * 700})
CONFIG = b'{"config": {}}'


def archive(layers: Mapping[str, bytes], *, extra: Mapping[str, bytes] | None = None) -> bytes:
    manifest = [{"Config": "blobs/sha256/cc", "RepoTags": ["x:1"], "Layers": list(layers)}]
    return tar(
        {
            **layers,
            **(extra or {}),
            "blobs/sha256/cc": CONFIG,
            "manifest.json": json.dumps(manifest).encode(),
        }
    )


def chunks(data: bytes, size: int = 1000) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 511, 512, 10**6])
def test_an_oci_layout_of_gzip_layers(size: int) -> None:
    base, top = gzip.compress(BASE), gzip.compress(TOP)
    data = archive({"blobs/sha256/aa": base, "blobs/sha256/bb": top})

    found = measure(chunks(data, size))

    assert found.pull_bytes == len(base) + len(top) + len(CONFIG)
    assert found.unpacked_bytes == 3700
    assert [layer.digest for layer in found.layers] == ["sha256:aa", "sha256:bb"]
    assert [layer.file_bytes for layer in found.layers] == [8000, 700]
    assert not found.estimated
    assert ImageSizes.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_zstd_layers_are_read() -> None:
    top = zstandard.ZstdCompressor().compress(TOP)
    data = archive({"blobs/sha256/aa": gzip.compress(BASE), "blobs/sha256/bb": top})
    found = measure(chunks(data))
    assert found.layers[1].compressed_bytes == len(top)
    assert found.unpacked_bytes == 3700


def test_uncompressed_layers_are_measured_as_gzip_makes_them_and_marked() -> None:
    found = measure(chunks(archive({"aa/layer.tar": BASE, "bb/layer.tar": TOP})))
    assert found.estimated
    assert found.layers[0].compressed_bytes == len(gzip.compress(BASE, 6, mtime=0))
    assert found.unpacked_bytes == 3700


def test_an_attestation_is_not_counted() -> None:
    layers = {"blobs/sha256/aa": gzip.compress(BASE)}
    attestation = {"blobs/sha256/dd": b'{"_type": "https://in-toto.io/Statement/v0.1"}'}
    assert measure(chunks(archive(layers, extra=attestation))) == measure(chunks(archive(layers)))


@pytest.mark.parametrize("cut", [0, 100, 700, 2000, -600])
def test_a_stream_that_was_cut_off_is_an_error(cut: int) -> None:
    data = archive({"blobs/sha256/aa": gzip.compress(BASE)})
    with pytest.raises(EngineError, match="cannot be read"):
        measure(chunks(data[: len(data) - 1100][:cut] if cut >= 0 else data[: len(BASE) // 8]))


@given(st.binary(max_size=3000))
@settings(max_examples=100)
def test_garbage_is_an_error_and_nothing_else(data: bytes) -> None:
    with pytest.raises(EngineError):
        measure(iter([data]))


def test_a_flipped_byte_in_a_layer_is_an_error() -> None:
    layer = bytearray(gzip.compress(BASE))
    layer[len(layer) // 2] ^= 0xFF
    with pytest.raises(EngineError):
        measure(chunks(archive({"blobs/sha256/aa": bytes(layer)})))


NAMES = st.sampled_from(["a", "b", "a/x", "a/y", "a/x/z", "b/x"])
CHANGE = st.tuples(NAMES, st.sampled_from(["f", "d", "wh", "opq"]), st.integers(1, 99))


def simulated(layers: list[list[tuple[str, str, int]]]) -> int:
    """Apply layers to nested dictionaries: folders are dictionaries, files are sizes."""
    root: dict[str, object] = {}
    for layer in layers:
        for path, kind, _ in layer:
            parts = path.split("/")
            folder = descend(root, parts[:-1], make=False)
            if kind == "wh" and folder is not None:
                folder.pop(parts[-1], None)
            inside = descend(root, parts, make=False)
            if kind == "opq" and inside is not None:
                inside.clear()
        for path, kind, size in layer:
            if kind in {"wh", "opq"}:
                continue
            parts = path.split("/")
            folder = descend(root, parts[:-1], make=True)
            assert folder is not None
            if kind == "f":
                folder[parts[-1]] = size
            elif not isinstance(folder.get(parts[-1]), dict):
                folder[parts[-1]] = {}
    return total(root)


def descend(root: dict[str, object], parts: list[str], *, make: bool) -> dict[str, object] | None:
    here = root
    for part in parts:
        below = here.get(part)
        if not isinstance(below, dict):
            if not make:
                return None
            below = here[part] = {}
        here = below
    return here


def total(tree: dict[str, object]) -> int:
    return sum(total(each) if isinstance(each, dict) else int(str(each)) for each in tree.values())


def listed(path: str, kind: str, size: int) -> Change:
    folder, _, name = path.rpartition("/")
    if kind == "wh":
        return (f"{folder}/.wh.{name}".lstrip("/"), "f", 0, "")
    if kind == "opq":
        return (f"{path}/.wh..wh..opq", "f", 0, "")
    return (path, kind, size if kind == "f" else 0, "")


def with_parents(layer: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Give a layer that a tar can hold: folders stand before what is in them, each path once."""
    entries: dict[str, tuple[str, str, int]] = {}
    files: set[str] = set()
    marks = [change for change in layer if change[1] in {"wh", "opq"}]
    for path, kind, size in layer:
        above = ["/".join(path.split("/")[:n]) for n in range(1, path.count("/") + 1)]
        if kind in {"wh", "opq"} or path in entries or any(each in files for each in above):
            continue
        for each in above:
            entries.setdefault(each, (each, "d", 0))
        entries[path] = (path, kind, size)
        if kind == "f":
            files.add(path)
    return marks + list(entries.values())


@given(st.lists(st.lists(CHANGE, max_size=6), max_size=4))
def test_the_merged_tree_is_what_a_simulator_says(layers: list[list[tuple[str, str, int]]]) -> None:
    shaped = [with_parents(layer) for layer in layers]
    assert merged_bytes([[listed(*each) for each in layer] for layer in shaped]) == simulated(
        shaped
    )


def test_a_hard_link_counts_once_and_outlives_its_first_name() -> None:
    base: list[Change] = [("a", "f", 10, ""), ("b", "h", 0, "a")]
    assert merged_bytes([base]) == 10
    assert merged_bytes([base, [(".wh.a", "f", 0, "")]]) == 10
    assert merged_bytes([base, [(".wh.a", "f", 0, ""), (".wh.b", "f", 0, "")]]) == 0
