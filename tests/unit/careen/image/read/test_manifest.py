"""Indexes, manifests and configurations; hostile ones end in an error of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.careen.image import forms

from careen.errors import ArchiveError, CareenError, UsageError
from careen.image.read import manifest, platforms
from careen.image.read.platforms import Platform

FILES: dict[str, bytes] = {}


def fetch(descriptor: manifest.Descriptor) -> bytes:
    return FILES[descriptor.digest]


def entry(data: bytes, kind: str = "manifest.v1+json", **more: Any) -> dict[str, Any]:
    FILES[forms.digest(data)] = data
    return forms.descriptor(kind, data, **more)


def chosen(platform: str, *entries: dict[str, Any]) -> bytes:
    document = manifest.parse_object(forms.index(*entries), "the index")
    assert manifest.is_index(document)
    return manifest.choose(manifest.index_entries(document), fetch, platform).data


def test_the_platform_that_is_asked_for() -> None:
    offered = [
        entry(b"5", **forms.platform("arm", variant="v5")),
        entry(b"6", **forms.platform("arm", variant="v6")),
        entry(b"8", **forms.platform("arm64", variant="v8")),
        entry(b"1", **forms.platform("amd64")),
        entry(b"3", **forms.platform("amd64", variant="v3")),
        entry(b"attestation", **forms.platform("unknown")),
    ]
    for asked, found in {
        "linux/arm": b"6",
        "linux/arm/v5": b"5",
        "linux/aarch64": b"8",
        "linux/arm64/v8": b"8",
        "linux/x86_64": b"1",
        "linux/amd64/v3": b"3",
    }.items():
        assert chosen(asked, *offered) == found
        assert chosen(asked, *reversed(offered)) == found
    with pytest.raises(ArchiveError, match="not there for linux/arm/v9; it is for linux/arm/v5, "):
        chosen("linux/arm/v9", *offered)


def test_nested_indexes_and_docker_lists() -> None:
    inner = forms.index(entry(b"{}", **forms.platform("s390x")))
    assert chosen("linux/s390x", entry(inner, "index.v1+json")) == b"{}"
    document = json.loads(inner) | {"mediaType": manifest.DOCKER_LIST}
    assert manifest.is_index(document)


def test_an_index_that_never_ends() -> None:
    digest = "sha256:" + "0" * 64
    own = {"mediaType": manifest.OCI_INDEX, "digest": digest, "size": 1}
    FILES[digest] = forms.index(own)
    with pytest.raises(ArchiveError, match="nested too deep"):
        chosen("", own)


def test_an_attestation_is_never_chosen() -> None:
    note: dict[str, Any] = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    with pytest.raises(ArchiveError, match="names no image"):
        chosen("", entry(b"a", **note), entry(b"b", **forms.platform("unknown")))


@pytest.mark.parametrize(
    ("machine", "found"),
    [("x86_64", "linux/amd64"), ("aarch64", "linux/arm64"), ("armv7l", "linux/arm"),
     ("armv6l", "linux/arm/v6"), ("ppc64le", "linux/ppc64le"), ("i686", "linux/386")],
)  # fmt: skip
def test_the_machines_own_platform(
    machine: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert str(platforms.own()) == found


@pytest.mark.parametrize("text", ["linux", "linux/", "a/b/c/d", "linux/a b", ""])
def test_what_is_no_platform(text: str) -> None:
    with pytest.raises(UsageError, match="no platform"):
        platforms.parse(text)


def test_a_platform_is_never_another() -> None:
    assert platforms.rank(None, Platform("linux", "amd64")) is None
    assert platforms.rank(Platform("windows", "amd64"), Platform("linux", "amd64")) is None


def layer(kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "digest": forms.digest(b"x"), "size": 1}


def document(**more: Any) -> dict[str, Any]:
    own: dict[str, Any] = {"schemaVersion": 2, "config": layer("c"), "layers": []}
    return own | more


@pytest.mark.parametrize("kind", [*manifest._LAYER_TYPES, ""])
def test_layer_types_that_are_read(kind: str) -> None:
    assert len(manifest.parse_manifest(document(layers=[layer(kind)])).layers) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"schemaVersion": 1}, "schema 1"),
        ({"config": None}, "no config"),
        ({"layers": {}}, "no list of layers"),
        ({"layers": [layer("")] * 5000}, "at most"),
        ({"layers": [None]}, "no object"),
        ({"layers": [layer("") | {"size": -1}]}, "no size"),
        ({"layers": [layer("") | {"size": True}]}, "no size"),
        ({"layers": [layer("") | {"size": 1 << 70}]}, "no size"),
        ({"layers": [layer("") | {"digest": "sha256:../../x"}]}, "no digest"),
        ({"layers": [layer("") | {"digest": 5}]}, "no digest"),
        ({"layers": [layer("application/vnd.in-toto+json")]}, "of the type"),
        (
            {"layers": [layer("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")]},
            "foreign layer",
        ),
        (
            {"layers": [layer("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")]},
            "foreign layer",
        ),
    ],
)
def test_manifests_that_are_not_read(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        manifest.parse_manifest(document(**wrong))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[" * 200_000, "too deep"),
        (b'{"a":' * 100_000, "too deep"),
        (b" " * (5 << 20), "at most"),
        (b"\xff", "no JSON"),
        (b"9" * 10_000, "no JSON"),
        (b"{} x", "no JSON"),
        (b"[]", "no JSON object"),
    ],
)
def test_json_that_is_none(data: bytes, said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        manifest.parse_object(data, "it")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["manifests", "layers", "config", "digest", "size", "platform", "rootfs",
                         "diff_ids", "history", "Labels", "os", "architecture", "annotations"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["manifests", "layers", "config", "rootfs", "os",
                                        "architecture", "history"]), JSON))  # fmt: skip
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_document_is_read_or_an_error(value: dict[str, Any]) -> None:
    for read in (
        manifest.index_entries,
        manifest.parse_manifest,
        lambda each: manifest.diff_ids(each, 1),
        lambda each: manifest.instructions(each, 1),
        manifest.config_platform,
        lambda each: manifest.parse_config(json.dumps(each).encode()),
    ):
        try:
            read(value)
        except CareenError as error:
            assert error.args[0]  # noqa: PT017 - both are right


def test_diff_ids_fit_the_layers() -> None:
    config = json.loads(forms.config())
    assert manifest.diff_ids(config, 3) == [forms.digest(each) for each in forms.LAYERS]
    assert manifest.diff_ids({}, 2) == ["", ""]
    with pytest.raises(ArchiveError, match="2 layers, the configuration 3 diff ids"):
        manifest.diff_ids(config, 2)
    assert manifest.instructions(config, 3) == list(forms.CREATED_BY)
    assert manifest.instructions(config, 2) == ["", ""]


@pytest.mark.parametrize("value", [[], 1, {"Labels": []}, {"Labels": {"a": 1}}])
def test_a_configuration_of_other_types(value: Any) -> None:
    with pytest.raises(ArchiveError, match="configuration: config"):
        manifest.parse_config(json.dumps({"config": value}).encode())
