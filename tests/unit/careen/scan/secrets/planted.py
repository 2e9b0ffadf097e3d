"""Secrets that are made when the tests run, so that no file here holds one, and images of them."""

from __future__ import annotations

import base64
import json
import random
import string
from typing import TYPE_CHECKING, Any, Literal

from careen.engine.images import open_image
from careen.image.secrets.checks import base62_checksum
from careen.scan.model import Target

from ...image import forms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

BASE_62 = string.ascii_letters + string.digits
BASE_64 = BASE_62 + "+/"
URL_64 = BASE_62 + "-_"


def drawn(length: int, letters: str = BASE_62, seed: int = 1) -> bytes:
    chosen = random.Random(seed).choices(letters, k=length)  # noqa: S311 - the same every time
    return "".join(chosen).encode()


def checked(prefix: bytes, seed: int = 1) -> bytes:
    body = drawn(30, seed=seed)
    return prefix + body + base62_checksum(body)


def pem(kind: bytes = b"", body: bytes = b"", headers: bytes = b"") -> bytes:
    body = body or b"MIIE" + drawn(252, BASE_64)
    lines = b"\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    name = (kind + b" PRIVATE KEY").strip()
    return b"-----BEGIN %s-----\n%s%s\n-----END %s-----\n" % (name, headers, lines, name)


def _unpadded(document: Mapping[str, Any]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=")


def jwt(claims: Mapping[str, Any], algorithm: str = "HS256") -> bytes:
    head = _unpadded({"alg": algorithm, "typ": "JWT"})
    return b".".join([head, _unpadded(claims), drawn(43, URL_64)])


def openssh(cipher: bytes) -> bytes:
    blob = b"openssh-key-v1\0" + len(cipher).to_bytes(4, "big") + cipher
    return pem(b"OPENSSH", base64.b64encode(blob + drawn(240)))


AWS_ID = b"AKIA" + drawn(16, string.ascii_uppercase + "234567")
AWS_SECRET = drawn(40, BASE_64, 2)
PASSWORD = drawn(14)
# One of each form, by its rule; where the whole is not the secret, what the secret is.
FORMS: dict[str, bytes] = {
    "aws-access-key-id": AWS_ID,
    "aws-secret-access-key": b"aws_secret_access_key = " + AWS_SECRET,
    "github-token": checked(b"ghp_"),
    "github-fine-grained-token": b"github_pat_" + drawn(22) + b"_" + drawn(59),
    "gitlab-token": b"glpat-" + drawn(20, URL_64, 3),
    "slack-token": b"xoxb-" + drawn(12, string.digits) + b"-" + drawn(24),
    "slack-webhook": b"https://hooks.slack.com/services/T%s/B%s/%s"
    % (drawn(8, string.digits), drawn(10, string.digits), drawn(24)),
    "stripe-key": b"sk_live_" + drawn(24),
    "google-api-key": b"AIza" + drawn(35, URL_64, 4),
    "azure-storage-key": b"AccountName=a;AccountKey=" + drawn(86, BASE_64) + b"==",
    "npm-token": checked(b"npm_"),
    "pypi-token": b"pypi-AgE" + b"IcHlwaS5vcmc" + drawn(100, URL_64),
    "docker-hub-token": b"dckr_pat_" + drawn(27, URL_64, 5),
    "jwt": jwt({"sub": "u-83", "exp": 1}),
    "google-service-account": b'{"private_key": "%s"}' % pem().replace(b"\n", b"\\n"),
    "encrypted-private-key": pem(b"ENCRYPTED"),
    "private-key": pem(b"RSA"),
    "base64-private-key": base64.b64encode(pem()),
    "database-url-password": b"postgresql+psycopg2://poker:%s@db:5432/x" % PASSWORD,
    "url-password": b"https://me:%s@pypi.corp/simple" % PASSWORD,
}


def oci_files(
    tars: Sequence[bytes], kind: str, settings: Mapping[str, Any], history: Sequence[Any] | None
) -> dict[str, bytes]:
    blobs = [forms.COMPRESS[kind](each) for each in tars]
    steps = history or [{"created_by": f"layer {number}"} for number in range(len(tars))]
    config = forms.config(tars, config=dict(settings), history=list(steps))
    main = forms.manifest(config, blobs, kind)
    top = forms.index(forms.descriptor("manifest.v1+json", main, **forms.platform("amd64")))
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": top}
    return files | {forms.blob(data): data for data in (config, main, *blobs)}


def target(
    folder: Path,
    layers: Sequence[Mapping[str, bytes | str | None] | bytes],
    *,
    kind: str = "none",
    layout: Literal["docker-archive", "oci-archive", "oci-layout"] = "oci-archive",
    packed: str = "none",
    settings: Mapping[str, Any] | None = None,
    history: Sequence[Any] | None = None,
) -> Target:
    tars = [each if isinstance(each, bytes) else forms.tar(each) for each in layers]
    files = oci_files(tars, kind, settings or {}, history)
    if layout == "docker-archive":
        names = [forms.blob(forms.COMPRESS[kind](each)) for each in tars]
        config = json.loads(files["index.json"])["manifests"][0]["digest"]
        document = json.loads(files[f"blobs/{config.replace(':', '/')}"])
        own = f"blobs/{document['config']['digest'].replace(':', '/')}"
        files["manifest.json"] = forms.docker_manifest(names, own)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "image"
    if layout == "oci-layout":
        forms.write_folder(path, files)
    else:
        path = forms.write_tar(folder / "image.tar", files, packed)
    return Target("test", path, layout, open_image(str(path), use_cache=False))
