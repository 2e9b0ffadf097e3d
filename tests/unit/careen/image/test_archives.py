"""Archives as engines really write them, and damaged ones: an EngineError, nothing else."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.careen.image.merged import Change, merged_bytes

from careen.errors import EngineError
from careen.image.sizes import measure

CONFIG = b'{"config": {}}'


def tar(entries: list[tuple[str, bytes | str]], form: int = tarfile.GNU_FORMAT) -> bytes:
    """Give a tar; text is the target of a symbolic link."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=form) as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return sink.getvalue()


LAYER = tar([("a/one", b"1" * 5000)])


def saved(layers: list[tuple[str, bytes | str]], **changes: Any) -> bytes:
    names = [name for name, _ in layers]
    manifest = {"Config": "config.json", "RepoTags": None, "Layers": names} | changes
    return tar(
        [*layers, ("config.json", CONFIG), ("manifest.json", json.dumps([manifest]).encode())]
    )


def test_a_layer_that_comes_twice_is_a_link_in_archives_of_docker_before_25() -> None:
    found = measure(iter([saved([("aa/layer.tar", LAYER), ("bb/layer.tar", "../aa/layer.tar")])]))
    assert [layer.file_bytes for layer in found.layers] == [5000, 5000]
    assert [layer.digest for layer in found.layers] == ["sha256:aa", "sha256:bb"]
    assert found.unpacked_bytes == 5000


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_layer_whose_first_file_begins_like_json_is_a_layer(form: int) -> None:
    layer = tar([("[", b"x" * 700), ("{", b"y")], form)
    assert measure(iter([saved([("aa/layer.tar", layer)])])).unpacked_bytes == 701


def test_a_layer_without_files_weighs_nothing_unpacked() -> None:
    found = measure(iter([saved([("blobs/sha256/aa", gzip.compress(tar([])))])]))
    assert (found.unpacked_bytes, found.layers[0].files) == (0, 0)
    assert found.pull_bytes == found.layers[0].compressed_bytes + len(CONFIG)


def test_several_frames_of_zstd_and_members_of_gzip_are_one_layer() -> None:
    half = len(LAYER) // 2
    press = zstandard.ZstdCompressor().compress
    for layer in (
        press(LAYER[:half]) + press(LAYER[half:]),
        gzip.compress(LAYER[:half]) + gzip.compress(LAYER[half:]),
    ):
        found = measure(iter([saved([("blobs/sha256/aa", layer)])]))
        assert found.unpacked_bytes == 5000
        assert found.layers[0].compressed_bytes == len(layer)


COMPRESSED = {
    "gzip": gzip.compress(LAYER),
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress(LAYER),
    "none": LAYER,
}


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_layer_that_was_cut_off_inside_a_whole_archive_is_an_error(kind: str) -> None:
    layer = COMPRESSED[kind]
    with pytest.raises(EngineError, match="cannot be read"):
        measure(iter([saved([("blobs/sha256/aa", layer[: len(layer) // 2])])]))


@pytest.mark.parametrize("head", [b"\x1f\x8b", b"\x28\xb5\x2f\xfd"])
def test_what_only_begins_like_a_layer_is_an_error(head: bytes) -> None:
    with pytest.raises(EngineError, match="cannot be read"):
        measure(iter([saved([("blobs/sha256/aa", head + b"garbage" * 300)])]))


@pytest.mark.parametrize(
    "manifest",
    [
        b"[]",
        b"{}",
        b"[1]",
        b"[null]",
        b"[{}]",
        b'{"a": 1}',
        b"[" * 100_000,
        b"[{]",
        b'[{"Layers": 1}]',
    ],
)
def test_a_manifest_of_another_form_is_an_error(manifest: bytes) -> None:
    with pytest.raises(EngineError, match="cannot be read"):
        measure(iter([tar([("manifest.json", manifest), ("config.json", CONFIG)])]))


def test_two_images_in_one_archive_are_told() -> None:
    two = json.dumps([{"Layers": [], "Config": "c"}] * 2).encode()
    with pytest.raises(EngineError, match="it holds 2 images, not one"):
        measure(iter([tar([("manifest.json", two)])]))


@pytest.mark.parametrize("changes", [{"Layers": ["gone"]}, {"Config": "gone"}])
def test_what_the_manifest_names_must_be_there(changes: dict[str, Any]) -> None:
    with pytest.raises(EngineError, match="gone"):
        measure(iter([saved([("blobs/sha256/aa", LAYER)], **changes)]))


@given(
    st.sampled_from(sorted(COMPRESSED)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=5),
    st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_a_damaged_archive_is_measured_or_an_error(
    kind: str, flips: list[tuple[float, int]], cut: float
) -> None:
    data = bytearray(saved([("blobs/sha256/aa", COMPRESSED[kind])]))
    for place, value in flips:
        data[int(place * (len(data) - 1))] = value
    data = data[: int(len(data) * max(cut, 0.3))]
    try:
        found = measure(bytes(data[start : start + 700]) for start in range(0, len(data), 700))
    except EngineError as error:
        assert "cannot be read" in str(error)  # noqa: PT017 - both ways are right
    else:
        assert found.pull_bytes > 0


def change(path: str, kind: str = "f", size: int = 0, target: str = "") -> Change:
    return path, kind, size, target


@pytest.mark.parametrize(
    ("layers", "total"),
    [
        # Folders that no entry names, as some builders write layers.
        ([[change("a/b/c", size=5)], [change("a", size=2)]], 2),
        ([[change("a/b/c", size=5)], [change(".wh.a")]], 0),
        ([[change("a/b/c", size=5)], [change("a/.wh..wh..opq"), change("a/d", size=1)]], 1),
        # A whiteout hides lower layers only, also behind what the same layer adds.
        ([[change("a", size=5)], [change("a", size=3), change(".wh.a")]], 3),
        ([[change("a", size=5)], [change(".wh.a")], [change("a", size=4)]], 4),
        # An opaque root hides everything below.
        ([[change("a", size=5)], [change(".wh..wh..opq"), change("b", size=1)]], 1),
        # File and folder in each other's place; "ab" is not below "a".
        ([[change("a", size=5)], [change("a", "d"), change("a/b", size=1)]], 1),
        ([[change("a", "d"), change("a/b", size=5), change("ab", size=1)], [change("a", "o")]], 1),
        # A hard link to a lower layer's file, whose first name is replaced by a folder later.
        ([[change("a", size=5)], [change("b", "h", 0, "a")]], 5),
        ([[change("a", size=5), change("b", "h", 0, "a")], [change("a/c", size=1)]], 6),
        ([[change("a", size=5), change("b", "h", 0, "a")], [change("a", size=7)]], 12),
        ([], 0),
    ],
)
def test_layers_merge_as_a_container_sees_them(layers: list[list[Change]], total: int) -> None:
    assert merged_bytes(layers) == total


def test_a_hard_link_to_nothing_is_an_error_as_it_is_for_an_engine() -> None:
    with pytest.raises(EngineError, match="hard link to gone"):
        merged_bytes([[change("b", "h", 0, "gone")]])
