"""Layouts of links to the blobs of a store."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest
from tests.unit.careen.image import forms

from careen.engine.content_store import link_layout, open_store, store_of
from careen.engine.embedded import EmbeddedEngine
from careen.engine.find import Endpoint
from careen.engine.images import Opening, open_image, read_layers
from careen.engine.oci_layout import write_docker_archive
from careen.errors import ArchiveError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREEN_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def files() -> dict[str, bytes]:
    return forms.oci_files("gzip")


@pytest.fixture
def store(files: dict[str, bytes], tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    for name, data in files.items():
        if name.startswith("blobs/"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return folder


def digest_of(files: dict[str, bytes]) -> str:
    return str(json.loads(files["index.json"])["manifests"][0]["digest"])


def test_an_image_of_links(files: dict[str, bytes], store: Path, tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    assert link_layout(store, digest_of(files), layout, "linux/amd64")
    found = open_image(str(layout), platform="linux/amd64", use_cache=False)
    archive = forms.write_tar(tmp_path / "x", files)
    wanted = open_image(str(archive), platform="linux/amd64", use_cache=False)
    assert found.layers == wanted.layers
    assert (found.facts, found.digest, found.config) == (wanted.facts, wanted.digest, wanted.config)
    linked = [path for path in (layout / "blobs" / "sha256").iterdir() if path.stat().st_nlink > 1]
    assert len(linked) == 1 + len({facts.diff_id for facts in found.facts})


def test_an_image_is_read_where_it_is_kept(
    files: dict[str, bytes], store: Path, tmp_path: Path
) -> None:
    wanted = open_image(str(forms.write_tar(tmp_path / "x", files)), use_cache=False)
    reader = open_store(store, digest_of(files), "linux/amd64")
    assert reader is not None
    # The image may be removed meanwhile: what is open stays.
    for path in (store / "blobs" / "sha256").iterdir():
        path.unlink()
    found = read_layers(reader, Opening(verify=True), "app")
    reader.close()
    assert (found.layers, found.config, found.digest) == (
        wanted.layers,
        wanted.config,
        wanted.digest,
    )
    assert all(fact.verified for fact in found.facts)
    assert open_store(store, digest_of(files), "linux/amd64") is None


def test_a_store_that_lacks_a_layer_is_not_read(files: dict[str, bytes], store: Path) -> None:
    reader = open_store(store, digest_of(files), "linux/amd64")
    assert reader is not None
    reader.close()
    (store / reader.image.layers[-1].place).unlink()
    assert open_store(store, digest_of(files), "linux/amd64") is None
    with pytest.raises(ArchiveError, match=r"^no digest: "):
        open_store(store, "sha256:../../x")


def test_an_archive_of_the_same(files: dict[str, bytes], store: Path, tmp_path: Path) -> None:
    assert link_layout(store, digest_of(files), tmp_path / "layout", "linux/amd64")
    path = tmp_path / "image.tar"
    write_docker_archive(tmp_path / "layout", path, "app:1")
    found = open_image(str(path), platform="linux/amd64", use_cache=False)
    wanted = open_image(str(tmp_path / "layout"), platform="linux/amd64", use_cache=False)
    assert found.source == "docker-archive"
    assert (found.layers, found.facts, found.config) == (wanted.layers, wanted.facts, wanted.config)
    with tarfile.open(path) as archive:
        (document,) = json.load(archive.extractfile("manifest.json") or io.BytesIO())
    assert document["RepoTags"] == ["app:1"]


def test_the_platform_of_an_index(files: dict[str, bytes], store: Path, tmp_path: Path) -> None:
    assert link_layout(store, digest_of(files), tmp_path / "alone", "linux/amd64")
    (entry,) = json.loads((tmp_path / "alone" / "index.json").read_text())["manifests"]
    entry["platform"] = {"os": "linux", "architecture": "amd64"}
    data = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    digest = hashlib.sha256(data).hexdigest()
    (store / "blobs" / "sha256" / digest).write_bytes(data)
    layout = tmp_path / "layout"
    assert link_layout(store, f"sha256:{digest}", layout, "linux/amd64")
    (chosen,) = json.loads((layout / "index.json").read_text())["manifests"]
    assert chosen["digest"] == entry["digest"]
    with pytest.raises(ArchiveError, match="linux/s390x"):
        link_layout(store, f"sha256:{digest}", tmp_path / "other", "linux/s390x")


def test_a_store_that_lacks_a_blob_makes_nothing(
    files: dict[str, bytes], store: Path, tmp_path: Path
) -> None:
    digest = digest_of(files)
    assert link_layout(store, digest, tmp_path / "layout", "linux/amd64")
    linked = next(
        path
        for path in (tmp_path / "layout" / "blobs" / "sha256").iterdir()
        if path.stat().st_nlink > 1
    )
    (store / "blobs" / "sha256" / linked.name).unlink()
    assert not link_layout(store, digest, tmp_path / "again", "linux/amd64")
    assert not (tmp_path / "again").exists()
    assert not link_layout(store, "sha256:" + "0" * 64, tmp_path / "again")


@pytest.mark.parametrize("digest", ["", "sha256:../../x", "sha256:", "../x:y"])
def test_what_is_no_digest_names_no_file(digest: str, store: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"^no digest: "):
        link_layout(store, digest, tmp_path / "layout")


def test_only_the_embedded_engines_store_is_looked_into() -> None:
    own = EmbeddedEngine()
    assert store_of(Endpoint(own.host, "DOCKER_HOST")) == own.content_folder
    assert store_of(Endpoint("unix:///var/run/docker.sock", "default socket")) is None
