"""An image in every form gives the same layers and sizes; damaged ones an error of ours."""

from __future__ import annotations

import contextlib
import io
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.unit.careen.image import forms

from careen.engine.images import Opening, open_image, read_layers
from careen.engine.layer_cache import LayerCache
from careen.errors import ArchiveError, CareenError, UsageError
from careen.image.read.archive import open_path, open_stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from careen.image.model import Image


def opened(path: Path, choice: str = "", platform: str = "linux/amd64") -> Image:
    with contextlib.closing(open_path(path, choice=choice, platform=platform)) as reader:
        return read_layers(reader, Opening(platform), str(path))


def oci_folder(folder: Path, kind: str) -> Path:
    return forms.write_folder(folder / "layout", forms.oci_files(kind))


def oci_tar(folder: Path, kind: str) -> Path:
    return forms.write_tar(folder / "oci", forms.oci_files(kind))


def new_docker(folder: Path, kind: str) -> Path:
    return forms.write_tar(folder / "new", forms.new_docker_files(kind))


def old_docker(folder: Path, kind: str) -> Path:
    assert kind == "none"
    return forms.write_tar(folder / "old", forms.old_docker_files())


def compressed(folder: Path, kind: str) -> Path:
    outer = {"none": "gzip", "gzip": "zstd", "zstd": "gzip"}[kind]
    return forms.write_tar(folder / "outer", forms.new_docker_files(kind), outer)


FORMS: list[tuple[Callable[[Path, str], Path], str, str]] = [
    (oci_folder, "oci-layout", "none gzip zstd"),
    (oci_tar, "oci-archive", "none gzip zstd"),
    (new_docker, "docker-archive", "none gzip zstd"),
    (old_docker, "docker-archive", "none"),
    (compressed, "docker-archive", "none gzip zstd"),
]
ALL = [
    pytest.param(make, source, kind, id=f"{make.__name__}-{kind}")
    for make, source, kinds in FORMS
    for kind in kinds.split()
]


@pytest.mark.parametrize(("make", "source", "kind"), ALL)
def test_the_same_image_in_every_form(
    make: Callable[[Path, str], Path], source: str, kind: str, tmp_path: Path
) -> None:
    found = opened(make(tmp_path, kind))
    reference = opened(oci_folder(tmp_path / "reference", kind))

    assert found.layers == reference.layers
    assert found.source == source
    assert found.platform == "linux/amd64"
    assert found.config == json.loads(forms.config())
    assert found.config_bytes == len(forms.config())
    assert found.pull_bytes == reference.pull_bytes
    expected = reference.facts
    if make is old_docker:
        expected = tuple(replace(fact, digest="") for fact in expected)
    assert found.facts == expected
    assert [fact.instruction for fact in found.facts] == list(forms.CREATED_BY)
    assert [fact.compressed_bytes for fact in found.facts] == [
        len(forms.COMPRESS["gzip" if kind == "none" else kind](layer)) for layer in forms.LAYERS
    ]
    assert found.estimated == (kind == "none")
    assert found.digest == ("" if make is old_docker else reference.digest)


def test_what_a_layer_holds(tmp_path: Path) -> None:
    found = opened(oci_folder(tmp_path, "gzip"))
    base, top, again = found.layers
    assert base.paths[:2] == ["etc", "etc/os-release"]
    assert base.paths[-1] == "n\udcff\u00e9"
    assert base.documents == {"etc/os-release": b"ID=debian\n", "var/lib/dpkg/status": forms.STATUS}
    assert top.paths == ["a/.wh.one", "three"]
    assert again == base
    assert base.diff_id == found.facts[0].diff_id == forms.digest(forms.BASE)


@pytest.mark.parametrize("kind", ["none", "gzip", "zstd"])
def test_a_root_file_system(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "root"
    path.write_bytes(forms.COMPRESS[kind](forms.BASE))
    found = opened(path)
    assert (found.source, found.platform, found.config, found.config_bytes) == (
        "root-file-system",
        "",
        {},
        0,
    )
    assert found.facts[0].diff_id == forms.digest(forms.BASE)
    assert found.layers[0].tar_bytes == len(forms.BASE)
    expected = "gzip" if kind == "none" else kind
    assert found.pull_bytes == len(forms.COMPRESS[expected](forms.BASE))


def test_a_root_file_system_with_a_manifest_json_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "root"
    path.write_bytes(forms.tar({"manifest.json": b'{"name": "web"}', "bin/sh": b"x"}))
    assert opened(path).layers[0].paths == ["manifest.json", "bin/sh"]


def test_a_stream_in_any_order() -> None:
    files = list(forms.new_docker_files("zstd").items())
    reference: Image | None = None
    for seed in range(5):
        random.Random(seed).shuffle(files)  # noqa: S311
        source = io.BytesIO(forms.tar(dict(files)))
        found = read_layers(open_stream(source, platform="linux/amd64"), Opening(), "x")
        reference = reference or found
        assert found == reference


def two_images(tmp_path: Path) -> Path:
    one, two = forms.oci_files("gzip"), forms.oci_files("gzip", (forms.TOP,), name="y:2")
    entries = [json.loads(each["index.json"])["manifests"][0] for each in (one, two)]
    return forms.write_tar(tmp_path / "two", {**one, **two, "index.json": forms.index(*entries)})


def test_several_images_have_to_be_chosen_from(tmp_path: Path) -> None:
    path = two_images(tmp_path)
    with pytest.raises(ArchiveError, match=r"2 images.*library/x:1.*library/y:2") as caught:
        opened(path)
    assert "#NAME" in caught.value.hint
    for name in ("y:2", "docker.io/library/y:2", "2"):
        assert len(opened(path, name).layers) == 1
    assert len(open_image(f"{path}#x:1", platform="linux/amd64", use_cache=False).layers) == 3
    with pytest.raises(ArchiveError, match="no image z") as caught:
        opened(path, "z")
    assert "library/x:1" in caught.value.hint


def test_several_images_of_an_old_archive(tmp_path: Path) -> None:
    files = forms.old_docker_files()
    image = json.loads(files["manifest.json"])[0]
    other = image | {"RepoTags": ["y:2"]}
    files["manifest.json"] = json.dumps([image, other]).encode()
    path = forms.write_tar(tmp_path / "two", files)
    with pytest.raises(ArchiveError, match="it holds 2 images, not one: x:1, y:2"):
        opened(path)
    assert len(opened(path, "y:2").layers) == 3


def test_one_image_of_two_names_is_one(tmp_path: Path) -> None:
    files = forms.oci_files("gzip")
    [entry] = json.loads(files["index.json"])["manifests"]
    files["index.json"] = forms.index(entry, entry | forms.named("z:9"))
    assert len(opened(forms.write_tar(tmp_path / "x", files)).layers) == 3


def test_platforms_are_chosen_and_listed(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    entries = []
    for number, name in enumerate(("amd64", "arm64"), 1):
        one = forms.oci_files("gzip", forms.LAYERS[:number], name)
        [entry] = json.loads(one["index.json"])["manifests"]
        entries.append(entry)
        files |= one
    files["index.json"] = forms.index(*entries)
    path = forms.write_tar(tmp_path / "x", files)
    assert len(opened(path, "x:1", "linux/arm64").layers) == 2
    assert opened(path, "x:1", "linux/arm64/v8").platform == "linux/arm64"
    with pytest.raises(ArchiveError, match="not there for linux/s390x; it is for linux/amd64, lin"):
        opened(path, "x:1", "linux/s390x")


def test_the_only_platform_is_taken_where_none_was_asked_for(tmp_path: Path) -> None:
    path = forms.write_tar(tmp_path / "x", forms.oci_files("gzip", architecture="riscv64"))
    assert opened(path, platform="").platform == "linux/riscv64"


def test_an_index_that_names_what_is_not_there_leaves_it_to_manifest_json(tmp_path: Path) -> None:
    files = forms.new_docker_files("gzip")
    gone = forms.descriptor("manifest.v1+json", b"gone", **forms.platform("amd64"))
    files["index.json"] = forms.index(gone)
    found = opened(forms.write_tar(tmp_path / "x", files))
    assert (len(found.layers), found.digest) == (3, "")
    assert found.facts[1].digest == forms.digest(forms.COMPRESS["gzip"](forms.TOP))
    del files["manifest.json"]
    with pytest.raises(ArchiveError, match="has no blobs/sha256/"):
        opened(forms.write_tar(tmp_path / "x", files))


def test_names_never_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(forms.BASE)
    settings = forms.config((forms.BASE,))
    for name in ("../secret", f"{tmp_path}/secret", "link", "blobs/../../secret"):
        layout = tmp_path / "layout"
        forms.write_folder(
            layout,
            {"c.json": settings, "manifest.json": forms.docker_manifest([name], "c.json")},
        )
        (layout / "link").unlink(missing_ok=True)
        (layout / "link").symlink_to("../secret")
        with pytest.raises(ArchiveError, match="has no"):
            opened(layout)


def test_links_in_an_archive_end(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "a": "b",
        "b": "a",
        "c.json": forms.config((forms.BASE,)),
        "manifest.json": forms.docker_manifest(["a"], "c.json"),
    }
    with pytest.raises(ArchiveError, match="has no a"):
        opened(forms.write_tar(tmp_path / "x", files))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"manifest.json": b"[" * 100_000, "repositories": b"{}"}, "nested too deep"),
        ({"manifest.json": b'[{"Layers": 1, "Config": "c"}]', "c": b"{}"}, "Layers is no list"),
        ({"manifest.json": b'[{"Layers": []}]'}, "has no Config"),
        ({"manifest.json": b'[{"Layers": [], "Config": "gone"}]'}, "has no gone"),
        ({"manifest.json": b'[{"Layers": [], "Config": "c"}]', "c": b"[]"}, "no JSON object"),
        ({"oci-layout": b"{}"}, "holds no image"),
        ({"oci-layout": b"{}", "index.json": b'{"manifests": {}}'}, "no list of manifests"),
        ({"oci-layout": b"{}", "index.json": b'{"manifests": [1]}'}, "is no object"),
        ({"oci-layout": b"{}", "index.json": b'{"manifests": []}'}, "names no image"),
        (
            {"oci-layout": b"{}", "index.json": b'{"manifests": [{"digest": "../x", "size": 1}]}'},
            "no digest",
        ),
    ],
)
def test_hostile_documents(files: dict[str, bytes], said: str, tmp_path: Path) -> None:
    for path in (
        forms.write_tar(tmp_path / "tar", files),
        forms.write_folder(tmp_path / "folder", files),
    ):
        with pytest.raises(ArchiveError, match=said):
            opened(path)


def test_what_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with pytest.raises(UsageError, match="there is no"):
        open_image(str(path))
    path.write_bytes(b"")
    with pytest.raises(ArchiveError, match="empty"):
        open_image(str(path))
    path.write_bytes(b"hello")
    with pytest.raises(ArchiveError, match=r"x\.tar: .*neither"):
        open_image(str(path))
    with pytest.raises(ArchiveError, match="holds no image"):
        open_image(str(tmp_path))


DAMAGED = {
    "old": lambda folder: old_docker(folder, "none"),
    "new": lambda folder: new_docker(folder, "zstd"),
    "oci": lambda folder: oci_tar(folder, "gzip"),
    "outer": lambda folder: compressed(folder, "gzip"),
}


@pytest.mark.parametrize("form", DAMAGED)
@pytest.mark.parametrize("warm", [False, True])
def test_a_damaged_archive_is_an_error_or_has_the_right_numbers(
    form: str, warm: bool, tmp_path: Path
) -> None:
    path = DAMAGED[form](tmp_path)
    whole, right = path.read_bytes(), opened(path)
    cache = LayerCache(tmp_path / "layers") if warm else None
    with contextlib.closing(open_path(path, platform="linux/amd64")) as reader:
        assert read_layers(reader, Opening(cache=cache), str(path)) == right
    dice = random.Random(f"{form}{warm}")  # noqa: S311 - a seed that a failure can be repeated with
    errors = 0
    for number in range(50):
        damaged = bytearray(whole)
        if number % 3:
            damaged[dice.randrange(len(whole))] ^= dice.randrange(1, 256)
        else:
            del damaged[dice.randrange(len(whole)) :]
        path.write_bytes(damaged)
        try:
            with contextlib.closing(open_path(path, platform="linux/amd64")) as reader:
                found = read_layers(reader, Opening(cache=cache), str(path))
        except CareenError as error:
            assert len(str(error.args[0]).splitlines()) == 1  # noqa: PT017 - both are right
            errors += 1
        else:
            assert numbers(found) == numbers(right)
    assert errors > 5


def numbers(image: Image) -> object:
    # Whose name and platform a flipped byte changes is the same image still.
    facts = [replace(fact, digest="") for fact in image.facts]
    return facts, image.layers, image.config, image.pull_bytes


def test_a_second_image_costs_only_its_own_layers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = oci_tar(tmp_path, "gzip")
    first = open_image(str(path), platform="linux/amd64")

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the layer was read again")

    monkeypatch.setattr("careen.image.read.files.read_blob", refuse)
    assert open_image(str(path), platform="linux/amd64") == first


def test_no_image_puts_its_layer_in_anothers_place(tmp_path: Path) -> None:
    files = forms.oci_files("gzip")
    evil = forms.config((forms.TOP, forms.TOP, forms.BASE))
    blobs = [forms.COMPRESS["gzip"](layer) for layer in forms.LAYERS]
    main = forms.manifest(evil, blobs, "gzip")
    entry = forms.descriptor("manifest.v1+json", main)
    files |= {forms.blob(evil): evil, forms.blob(main): main, "index.json": forms.index(entry)}
    with pytest.raises(ArchiveError, match=r"layer 0: the layer is corrupt"):
        open_image(str(forms.write_tar(tmp_path / "evil", files)))
    found = open_image(str(oci_tar(tmp_path, "gzip")), platform="linux/amd64")
    assert found.layers[1].paths == ["a/.wh.one", "three"]
