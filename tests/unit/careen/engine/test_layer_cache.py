"""The cache of layers: what was put comes back, damage counts as absence, its size is bounded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.unit.careen.image import forms

from careen.engine import known_images
from careen.engine.images import open_image
from careen.engine.layer_cache import LayerCache
from careen.image.layer import FILE, Entry, Layer, from_entries

if TYPE_CHECKING:
    from pathlib import Path


def layer(number: int) -> Layer:
    return from_entries([Entry(f"file{number}", FILE, number)], diff_id=f"sha256:{number:064x}")


def test_what_was_put_comes_back(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path / "layers")
    assert cache.get(layer(1).diff_id) is None
    cache.put(layer(1), 77)
    found = cache.get(layer(1).diff_id)
    assert found is not None
    assert found == (layer(1), 77)


def test_a_file_in_anothers_place_or_damaged_is_absent(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path)
    cache.put(layer(1))
    [path] = tmp_path.iterdir()
    other = path.with_name(path.name.replace("1.v", "2.v"))
    other.write_bytes(path.read_bytes())
    assert cache.get(layer(2).diff_id) is None
    path.write_bytes(path.read_bytes()[:-1])
    assert cache.get(layer(1).diff_id) is None


def test_other_names_are_never_files(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path / "layers")
    for name in ("", "sha256:../../x", "sha256:" + "A" * 64, "sha512:" + "a" * 128):
        cache.put(from_entries([], diff_id=name))
        assert cache.get(name) is None
    assert list(tmp_path.iterdir()) == []


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path)
    for number in range(4):
        cache.put(layer(number))
    for age, path in enumerate(sorted(tmp_path.iterdir())):
        os.utime(path, (1000 + age, 1000 + age))
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    assert cache.get(layer(0).diff_id) is not None
    LayerCache(tmp_path, most_bytes=2 * size).trim()
    assert [cache.has(layer(number).diff_id) for number in range(4)] == [True, False, False, True]


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = LayerCache(tmp_path / "file")
    cache.put(layer(1))
    cache.trim()
    assert cache.get(layer(1).diff_id) is None


def test_what_is_known_of_an_image_comes_back_or_is_absent(tmp_path: Path) -> None:
    path = forms.write_tar(tmp_path / "x", forms.oci_files("gzip"))
    image = open_image(str(path), platform="linux/amd64")
    identity = "sha256:" + "a" * 64
    folder = tmp_path / "images"
    assert known_images.read(folder, identity, "") is None
    known_images.write(folder, identity, "", image)
    found = known_images.read(folder, identity, "")
    assert found is not None
    again = found.image(image.name, image.layers)
    assert (again.facts, again.config, again.digest) == (image.facts, image.config, image.digest)
    assert known_images.read(folder, identity, "linux/amd64") is None
    [kept] = folder.iterdir()
    text = kept.read_text()
    for wrong in ("", "[]", "{}", text.replace('"estimated": false', '"estimated": 5')):
        kept.write_text(wrong)
        assert known_images.read(folder, identity, "") is None
