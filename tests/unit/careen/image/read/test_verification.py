"""What is compared with a digest, and what a file's large layers are trusted for without one."""

from __future__ import annotations

import contextlib
import io
import os
import random
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import zstandard
from tests.unit.careen.image import forms

from careen.engine import layer_cache
from careen.engine.images import Opening, open_image, read_layers
from careen.engine.layer_cache import LayerCache
from careen.errors import ArchiveError, CareenError
from careen.image.read import blob
from careen.image.read.archive import open_path, open_stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from careen.image.model import Image

KINDS = ("none", "gzip", "zstd")


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob, "LARGE_BYTES", 0)
    monkeypatch.setattr(layer_cache, "SETTLED_NS", 0)


def opened(path: Path, *, verify: bool = False, cache: LayerCache | None = None) -> Image:
    with contextlib.closing(open_path(path, platform="linux/amd64")) as reader:
        return read_layers(reader, Opening(cache=cache, verify=verify), str(path))


def verified(image: Image) -> list[bool]:
    return [layer.verified for layer in image.facts]


def refuse(*_: object, **__: object) -> None:
    pytest.fail("the layer was read again")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("folder", [False, True])
def test_a_large_layer_of_a_file_is_hashed_only_where_that_is_asked_for(
    kind: str, folder: bool, tmp_path: Path
) -> None:
    write = forms.write_folder if folder else forms.write_tar
    path = write(tmp_path / "x", forms.oci_files(kind))
    trusted, compared = opened(path), opened(path, verify=True)

    assert verified(trusted) == [False] * 3
    assert verified(compared) == [True] * 3
    assert [layer.diff_id for layer in trusted.layers] == [""] * 3
    assert [layer.diff_id for layer in trusted.facts] == [layer.diff_id for layer in compared.facts]
    assert [layer.diff_id for layer in compared.layers] == list(map(forms.digest, forms.LAYERS))
    assert [replace(layer, diff_id="") for layer in compared.layers] == list(trusted.layers)
    assert trusted.pull_bytes == compared.pull_bytes


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_small_or_passes_by_or_has_no_digest_is_always_hashed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = forms.write_tar(tmp_path / "x", forms.new_docker_files(kind))
    with path.open("rb", buffering=0) as source:
        passing = read_layers(open_stream(source, platform="linux/amd64"), Opening(), "x")
    assert verified(passing) == [True] * 3
    root = tmp_path / "root"
    root.write_bytes(forms.COMPRESS[kind](forms.BASE))
    assert verified(opened(root)) == [True]
    monkeypatch.setattr(blob, "LARGE_BYTES", 1 << 20)
    assert verified(opened(path)) == [True] * 3


def frames(*checksums: bool) -> Callable[[bytes], bytes]:
    def compress(data: bytes) -> bytes:
        step = len(data) // len(checksums) + 1
        return b"".join(
            zstandard.ZstdCompressor(write_checksum=checksum).compress(
                data[at * step : (at + 1) * step]
            )
            for at, checksum in enumerate(checksums)
        )

    return compress


@pytest.mark.parametrize("checksums", [(True, True), (False,), (True, False), (False, True)])
def test_zstd_without_a_checksum_is_hashed(
    checksums: tuple[bool, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(forms.COMPRESS, "zstd", frames(*checksums))
    image = opened(forms.write_tar(tmp_path / "x", forms.oci_files("zstd")))
    assert verified(image) == [not all(checksums)] * 3
    assert [replace(layer, diff_id="") for layer in image.layers] == [
        replace(layer, diff_id="")
        for layer in opened(forms.write_tar(tmp_path / "y", forms.oci_files("gzip"))).layers
    ]


def of_records(records: dict[str, str]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("a")
        info.size, info.pax_headers = 1000, records
        archive.addfile(info, io.BytesIO(b"x" * 1000))
    return sink.getvalue()


@pytest.mark.parametrize(
    ("records", "hashed"),
    [
        ({"size": "1000"}, True),
        ({"GNU.sparse.map": "0,1000", "GNU.sparse.size": "2000"}, True),
        ({"comment": "size=1000"}, False),
        ({"path": "b" * 200}, False),
    ],
)
def test_a_size_outside_of_a_header_needs_the_digest(
    records: dict[str, str], hashed: bool, tmp_path: Path
) -> None:
    layer = of_records(records)
    path = forms.write_tar(tmp_path / "x", forms.oci_files("none", (layer,)))
    assert verified(opened(path)) == [hashed]
    # What is compressed has a checksum over all of it.
    path = forms.write_tar(tmp_path / "x", forms.oci_files("gzip", (layer,)))
    assert verified(opened(path)) == [False]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_large_layer_is_an_error_or_has_the_right_sizes(
    kind: str, tmp_path: Path
) -> None:
    path = forms.write_tar(tmp_path / "x", forms.oci_files(kind))
    whole, right = path.read_bytes(), opened(path)
    dice = random.Random(kind)  # noqa: S311 - a seed that a failure can be repeated with
    errors = 0
    for number in range(150):
        damaged = bytearray(whole)
        if number % 3:
            damaged[dice.randrange(len(whole))] ^= dice.randrange(1, 256)
        else:
            del damaged[dice.randrange(len(whole)) :]
        path.write_bytes(damaged)
        try:
            found = opened(path)
        except CareenError:
            errors += 1
            continue
        assert [layer.sizes for layer in found.layers] == [layer.sizes for layer in right.layers]
        if kind != "none":
            assert found.layers == right.layers
    assert errors > 30


def test_another_content_is_found_where_it_is_looked_for(tmp_path: Path) -> None:
    data = forms.write_tar(tmp_path / "x", forms.oci_files("none")).read_bytes()
    path = tmp_path / "y"
    path.write_bytes(data.replace(b"3" * 700, b"4" * 700))
    assert verified(opened(path)) == [False] * 3
    with pytest.raises(ArchiveError, match="layer 1: the layer is corrupt"):
        opened(path, verify=True)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_hashed_is_kept_by_its_file_alone(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = forms.write_tar(tmp_path / "x", forms.oci_files(kind))
    cache = LayerCache(tmp_path / "layers")
    first = opened(path, cache=cache)
    assert not any(cache.has(layer.diff_id) for layer in first.facts)
    with monkeypatch.context() as patched:
        patched.setattr("careen.image.read.files.read_blob", refuse)
        assert opened(path, cache=cache) == first
    compared = opened(path, cache=cache, verify=True)
    assert verified(compared) == [True] * 3
    # From now on the verified ones count.
    monkeypatch.setattr("careen.image.read.files.read_blob", refuse)
    assert verified(opened(path, cache=cache)) == [True] * 3
    assert opened(path, cache=cache, verify=True).layers == compared.layers


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    data = forms.write_tar(tmp_path / "x", forms.oci_files("none")).read_bytes()
    path, cache = tmp_path / "y", LayerCache(tmp_path / "layers")
    path.write_bytes(data)
    before, about = opened(path, cache=cache), path.stat()
    with path.open("r+b") as file:
        file.seek(data.index(b"3" * 700))
        file.write(b"4" * 700)
    # Even one whose times were set back.
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    after = opened(path, cache=cache)
    assert after.layers[1].contents != before.layers[1].contents
    assert after.layers[1] == opened(path).layers[1]


def test_a_file_that_was_just_written_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_cache, "SETTLED_NS", 60_000_000_000)
    path = forms.write_tar(tmp_path / "x", forms.oci_files("none"))
    opened(path, cache=LayerCache(tmp_path / "layers"))
    assert not (tmp_path / "layers").exists()


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = forms.write_tar(tmp_path / "x", forms.oci_files("none"))
    read = blob.read_blob

    def changing(*arguments: object, **named: object) -> blob.Blob:
        found = read(*arguments, **named)  # type: ignore[arg-type]  # passed on as they are
        path.touch()
        return found

    monkeypatch.setattr("careen.image.read.files.read_blob", changing)
    opened(path, cache=LayerCache(tmp_path / "layers"))
    assert not (tmp_path / "layers").exists()


def test_open_image_takes_the_choice(tmp_path: Path) -> None:
    path = str(forms.write_tar(tmp_path / "x", forms.oci_files("gzip")))
    assert verified(open_image(path, platform="linux/amd64")) == [False] * 3
    assert verified(open_image(path, platform="linux/amd64", verify=True)) == [True] * 3
