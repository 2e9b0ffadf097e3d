from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from careen.image.model import LayerFacts
from careen.scan.model import Target
from careen.scan.plain_layout import PlainLayouts

from ..image import forms
from .outputs import how, image

FACTS = [LayerFacts("", forms.digest(layer), 0, "", False, "") for layer in forms.LAYERS]
WRITERS: dict[str, Any] = {
    "docker, gzip": lambda path: forms.write_tar(path, forms.new_docker_files("gzip")),
    "docker, zstd": lambda path: forms.write_tar(path, forms.new_docker_files("zstd")),
    "docker before 25": lambda path: forms.write_tar(path, forms.old_docker_files()),
    "oci archive": lambda path: forms.write_tar(path, forms.oci_files("gzip")),
    "oci layout": lambda path: forms.write_folder(path, forms.oci_files("zstd")),
}


def target(archive: Path, facts: list[LayerFacts] | None = None) -> Target:
    return Target("x:1", archive, "docker-archive", image(*(facts or FACTS)))


def layouts(folder: Path) -> PlainLayouts:
    folder.mkdir()
    return PlainLayouts(folder)


@pytest.mark.parametrize("form", WRITERS)
def test_every_form_becomes_a_layout_of_plain_layers(form: str, tmp_path: Path) -> None:
    archive = WRITERS[form](tmp_path / "image")
    plain = layouts(tmp_path / "plain").of(target(archive), 0, how(tmp_path))
    assert (plain.layout, plain.name, plain.image) == ("oci-layout", "x:1", image(*FACTS))
    blobs = plain.archive / "blobs" / "sha256"
    for path in blobs.iterdir():
        assert forms.hexed(path.read_bytes()) == path.name
    index = json.loads((plain.archive / "index.json").read_text())
    manifest = json.loads((blobs / index["manifests"][0]["digest"][7:]).read_text())
    assert (blobs / manifest["config"]["digest"][7:]).read_bytes() == forms.config()
    assert [layer["digest"] for layer in manifest["layers"]] == [
        forms.digest(layer) for layer in forms.LAYERS
    ]
    assert [layer["size"] for layer in manifest["layers"]] == list(map(len, forms.LAYERS))


def test_a_layer_that_two_images_have_is_unpacked_once(tmp_path: Path) -> None:
    made = layouts(tmp_path / "plain")
    for number in range(2):
        archive = WRITERS["docker, gzip"](tmp_path / f"{number}.tar")
        made.of(target(archive), number, how(tmp_path))
    base = forms.hexed(forms.BASE)
    numbers = {
        (tmp_path / "plain" / f"{number}" / "blobs" / "sha256" / base).stat().st_ino
        for number in range(2)
    }
    assert len(numbers) == 1


def corrupt(path: Path) -> Path:
    files = forms.new_docker_files("gzip")
    name = forms.blob(forms.COMPRESS["gzip"](forms.TOP))
    files[name] = gzip.compress(forms.TOP.replace(b"333", b"444", 1), mtime=0)
    return forms.write_tar(path, files)


def cut_off(path: Path) -> Path:
    forms.write_tar(path, forms.new_docker_files("none"))
    os.truncate(path, path.stat().st_size // 2)
    return path


def no_image(path: Path) -> Path:
    path.write_bytes(b"nothing")
    return path


def a_stream(path: Path) -> Path:
    return forms.write_tar(path, forms.new_docker_files("none"), "gzip")


@pytest.mark.parametrize("write", [corrupt, cut_off, no_image, a_stream])
def test_what_is_not_understood_is_left_to_the_scanners(write: Any, tmp_path: Path) -> None:
    said: list[str] = []
    given = target(write(tmp_path / "image"))
    plain = layouts(tmp_path / "plain").of(given, 0, how(tmp_path, say=said.append))
    assert plain is given
    assert len(said) == 1
    assert not list((tmp_path / "plain").glob("part-*"))


def test_another_image_than_was_read_is_not_scanned_in_its_place(tmp_path: Path) -> None:
    archive = WRITERS["docker, gzip"](tmp_path / "image")
    given = target(archive, FACTS[:1])
    assert layouts(tmp_path / "plain").of(given, 0, how(tmp_path)) is given


def test_a_full_disk_leaves_it_to_the_scanners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    made = layouts(tmp_path / "plain")
    given = target(WRITERS["docker, gzip"](tmp_path / "image"))
    monkeypatch.setattr(Path, "rename", full)
    assert made.of(given, 0, how(tmp_path)) is given
    assert not list((tmp_path / "plain").glob("part-*"))
