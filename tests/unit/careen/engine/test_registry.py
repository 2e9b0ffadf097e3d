"""The registry's side is played by a dictionary: tokens, redirects, digests, hostile answers."""

from __future__ import annotations

import base64
import io
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.careen.image import forms

from careen.engine.images import Opening, open_image, read_layers
from careen.engine.registry import Registry, open_registry
from careen.engine.transport import credentials
from careen.errors import ArchiveError, CareenError, EngineError
from careen.image.read import reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from careen.image.model import Image

HOST = "https://r.example"
SECRET = "hunter2-secret"
TOKEN = "token-secret"


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    body: io.BytesIO


@dataclass
class Fake:
    """Answers by address; remembers what it was asked."""

    answers: dict[str, tuple[int, dict[str, str], bytes]]
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    challenge: str = ""

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[Reply]:
        self.asked.append((url, headers))
        knows = headers.get("Authorization") == f"Bearer {TOKEN}"
        if self.challenge and url.startswith(HOST + "/v2/") and not knows:
            yield Reply(401, {"www-authenticate": self.challenge}, io.BytesIO(b"{}"))
            return
        status, more, data = self.answers.get(url.partition("?")[0], (404, {}, b"{}"))
        yield Reply(status, more, io.BytesIO(data))


def served(files: Mapping[str, bytes]) -> dict[str, tuple[int, dict[str, str], bytes]]:
    """Serve an OCI layout's files as the repository team/app."""
    base = f"{HOST}/v2/team/app"
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
    for name, data in files.items():
        if name.startswith("blobs/"):
            digest = name.removeprefix("blobs/").replace("/", ":")
            answers[f"{base}/blobs/{digest}"] = answers[f"{base}/manifests/{digest}"] = (
                200,
                {},
                data,
            )
    top = json.loads(files["index.json"])["manifests"][0]["digest"]
    answers[f"{base}/manifests/1"] = answers[f"{base}/manifests/{top}"]
    return answers


def pulled(fake: Fake, known: tuple[str, str] | None = None, name: str = "team/app:1") -> Image:
    registry = Registry(reference.parse(f"r.example/{name}"), fake, known)
    return read_layers(open_registry(registry, "linux/amd64"), Opening(), name)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_an_image_of_a_registry_is_that_of_an_archive(kind: str, tmp_path: Path) -> None:
    files = forms.oci_files(kind)
    found = pulled(Fake(served(files)))
    path = forms.write_tar(tmp_path / "x", files)
    archive = open_image(str(path), platform="linux/amd64", use_cache=False)
    assert found.layers == archive.layers
    assert (found.facts, found.digest, found.config) == (
        archive.facts,
        archive.digest,
        archive.config,
    )
    assert found.source == "registry"


BEARER = 'Bearer realm="https://auth.example/token",service="r",scope="repository:team/app:pull"'


@pytest.mark.parametrize("known", [None, ("me", SECRET)])
def test_a_token_is_asked_for_once_and_sent_to_the_registry_alone(
    known: tuple[str, str] | None,
) -> None:
    answers = served(forms.oci_files("gzip"))
    for url in [url for url in answers if "/blobs/" in url]:
        elsewhere = url.replace(HOST, "https://cdn.example")
        answers[elsewhere] = answers[url]
        answers[url] = (307, {"location": elsewhere}, b"")
    answers["https://auth.example/token"] = (200, {}, json.dumps({"token": TOKEN}).encode())
    fake = Fake(answers, challenge=BEARER)

    assert len(pulled(fake, known).layers) == 3

    tokens = [(url, sent) for url, sent in fake.asked if url.startswith("https://auth.example/")]
    assert len(tokens) == 1
    assert "scope=repository%3Ateam%2Fapp%3Apull" in tokens[0][0]
    expected = base64.b64encode(f"me:{SECRET}".encode()).decode() if known else ""
    assert tokens[0][1].get("Authorization", "Basic ") == f"Basic {expected}"
    # The configuration and two layers, one of which comes twice.
    others = [sent for url, sent in fake.asked if url.startswith("https://cdn.example/")]
    assert len(others) == 3
    assert not any("Authorization" in sent for sent in others)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "r.example has no r.example/team/app:9"),
        ({"status": 403}, "does not give .* with the credentials"),
        ({"status": 401}, "does not give"),
        ({"status": 429}, "too many requests"),
        ({"status": 500}, "status 500"),
        ({"location": "http://r.example/x"}, "address that is not read: http://r.example"),
        ({"location": "file:///etc/passwd"}, "address that is not read: file"),
        ({"location": f"{HOST}/v2/team/app/manifests/9"}, "in circles"),
    ],
)
def test_clear_errors_without_a_secret(change: dict[str, Any], said: str) -> None:
    fake = Fake({})
    if change:
        status = change.get("status", 302)
        headers = {"location": change.get("location", "")}
        fake.answers[f"{HOST}/v2/team/app/manifests/9"] = (status, headers, b"")
    with pytest.raises(EngineError, match=said) as caught:
        pulled(fake, ("me", SECRET), "team/app:9")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("challenge", "said"),
    [
        ('Bearer realm="http://auth.example/token"', "unsafe address"),
        ('Bearer realm="https://gone.example/token"', "does not give"),
        ('Bearer realm="https://auth.example/bad"', "gives no token"),
        ("Negotiate", "does not give"),
    ],
)
def test_challenges_that_are_not_answered(challenge: str, said: str) -> None:
    fake = Fake({"https://auth.example/bad": (200, {}, b'{"token": "a\\r\\nX: y"}')})
    fake.challenge = challenge
    with pytest.raises(EngineError, match=said):
        pulled(fake, ("me", SECRET))


def test_other_bytes_than_the_digest_says_are_an_error() -> None:
    files = forms.oci_files("gzip")
    good = served(files)
    for url, (status, headers, data) in good.items():
        if not data or "/manifests/1" in url:
            continue
        bad = {**good, url: (status, headers, data[:-1] + bytes([data[-1] ^ 1]))}
        try:
            assert pulled(Fake(bad)).layers == pulled(Fake(good)).layers
        except ArchiveError as error:
            assert "\n" not in error.args[0]  # noqa: PT017 - what is not fetched may be damaged


def test_answers_that_never_end_are_left() -> None:
    fake = Fake({f"{HOST}/v2/team/app/manifests/1": (200, {}, b"[" * (5 << 20))})
    with pytest.raises(ArchiveError, match="over 4194304 bytes"):
        pulled(fake)


def test_time_is_bounded() -> None:
    seconds = iter(range(0, 10**9, 1000))
    registry = Registry(
        reference.parse("r.example/team/app:1"),
        Fake(served(forms.oci_files("gzip"))),
        clock=lambda: float(next(seconds)),
    )
    with pytest.raises(EngineError, match="took longer than 3600 s"):
        read_layers(open_registry(registry, "linux/amd64"), Opening(), "x")


@pytest.mark.parametrize(
    ("document", "found", "noted"),
    [
        ({"auths": {"r.example": {"auth": base64.b64encode(b"me:a:b").decode()}}}, True, False),
        ({"auths": {"https://r.example": {"username": "me", "password": "a:b"}}}, True, False),
        ({"auths": {"other.example": {"auth": "bWU6YTpi"}}}, False, False),
        ({"auths": {"r.example": {}}, "credsStore": "desktop"}, False, True),
        ({"credHelpers": {"r.example": "gcloud"}}, False, True),
        ({"auths": {"r.example": {"auth": "%%%"}}}, False, False),
        ({"auths": []}, False, False),
        ([], False, False),
    ],
)
def test_credentials_of_dockers_configuration(
    document: object, found: bool, noted: bool, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(document))
    known, note = credentials(
        reference.parse("r.example/a"), {"DOCKER_CONFIG": str(tmp_path), "HOME": "/"}
    )
    assert known == (("me", "a:b") if found else None)
    assert bool(note) == noted


def test_no_configuration_is_no_credentials(tmp_path: Path) -> None:
    assert credentials(reference.parse("a"), {"HOME": str(tmp_path)}) == (None, "")


def test_errors_are_of_careen() -> None:
    with pytest.raises(CareenError):
        pulled(Fake({f"{HOST}/v2/team/app/manifests/1": (200, {}, b"null")}))
