"""What is exported is what was read: a registry's image becomes a layout of the same layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from tests.unit.careen.engine.test_registry import Fake, served
from tests.unit.careen.image import forms

from careen.engine.image_export import expected_bytes, export_image, write_layout
from careen.engine.images import open_image
from careen.engine.registry import Registry
from careen.errors import ArchiveError, UsageError
from careen.image.read import reference

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREEN_CACHE_HOME", str(tmp_path / "cache"))


def registry_of(fake: Fake) -> Registry:
    return Registry(reference.parse("r.example/team/app:1"), fake)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_registrys_image_as_a_layout(kind: str, tmp_path: Path) -> None:
    files = forms.oci_files(kind)
    write_layout(registry_of(Fake(served(files))), tmp_path / "layout", "linux/amd64")
    found = open_image(str(tmp_path / "layout"), platform="linux/amd64", use_cache=False)
    archive = forms.write_tar(tmp_path / "x", files)
    wanted = open_image(str(archive), platform="linux/amd64", use_cache=False)
    assert found.layers == wanted.layers
    assert (found.facts, found.digest, found.config) == (wanted.facts, wanted.digest, wanted.config)
    exported = export_image(str(tmp_path / "layout"), tmp_path, platform="linux/amd64")
    assert (exported.layout, exported.path) == ("oci-layout", tmp_path / "layout")


@pytest.mark.parametrize("change", [b"x", b""])
def test_a_blob_that_is_not_its_digest_ends_it(change: bytes, tmp_path: Path) -> None:
    answers = served(forms.oci_files("gzip"))
    layers = [url for url in answers if "/blobs/" in url]
    for url in layers:
        status, headers, data = answers[url]
        answers[url] = (status, headers, data[:-1] + change)
    with pytest.raises(ArchiveError, match=r"digest|bytes"):
        write_layout(registry_of(Fake(answers)), tmp_path / "layout", "linux/amd64")
    assert not (tmp_path / "layout" / "index.json").exists()


def test_an_archive_is_taken_as_it_is(tmp_path: Path) -> None:
    path = forms.write_tar(tmp_path / "image.tar", forms.new_docker_files("gzip"))
    exported = export_image(str(path), tmp_path / "unused", platform="linux/amd64")
    assert exported.path == path
    assert exported.layout == "docker-archive"
    assert not (tmp_path / "unused").exists()


def test_one_of_several_images_is_refused(tmp_path: Path) -> None:
    path = forms.write_tar(tmp_path / "image.tar", forms.new_docker_files("gzip"))
    with pytest.raises(UsageError, match="cannot be told which"):
        export_image(f"{path}#app:1", tmp_path)


def test_how_large_a_path_is(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(b"x" * 7)
    assert expected_bytes(str(path)) == expected_bytes(str(tmp_path)) == len(b"x" * 7)
    assert expected_bytes(str(tmp_path / "none.tar")) == math.inf
    assert expected_bytes("registry:r.example/app:1") == math.inf
