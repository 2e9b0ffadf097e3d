from __future__ import annotations

import base64
import dataclasses
import hashlib
import ssl
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careen.errors import ArchiveError, UsageError
from careen.scan.secrets import absent as absent_module
from careen.scan.secrets.absent import Leak, absent, leaks

from .planted import PASSWORD, drawn, pem, target
from .test_certificates import BUNDLE, DERS

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = b"t0k/" + drawn(30)
CERTIFICATE = ssl.DER_cert_to_PEM_cert(DERS[3]).encode()
PUBLIC = b"".join(ssl.DER_cert_to_PEM_cert(der).encode() for der in DERS[5:9])
OWN = "usr/share/ca-certificates/mozilla/x.crt"


def find(tmp_path: Path, data: bytes, secret: bytes = TOKEN, **more: Any) -> list[str]:
    one = target(tmp_path, [{"a": b"1"}, {"f": data}, {".wh.f": b""}], **more)
    return absent(one, {"secret": secret, "other": b"something else"})


@pytest.mark.parametrize(
    "data",
    [
        TOKEN,
        b"x" + TOKEN + b"y",
        base64.b64encode(TOKEN),
        base64.b64encode(b"user:" + TOKEN),
        base64.b64encode(b"users:" + TOKEN + b"!"),
        base64.urlsafe_b64encode(b"me:" + TOKEN + b"?>"),
        TOKEN.replace(b"/", b"%2F"),
    ],
)
def test_a_token_in_any_form(tmp_path: Path, data: bytes) -> None:
    assert find(tmp_path, data) == ["secret"]
    # A trailing line end is the file's, not the token's.
    assert find(tmp_path, data, TOKEN + b"\n") == ["secret"]


def test_what_is_absent(tmp_path: Path) -> None:
    assert find(tmp_path, TOKEN[:-1] + b"\n" + TOKEN[1:]) == []
    assert find(tmp_path, b"", b"") == []


@pytest.mark.parametrize("width", [0, 64, 76])
def test_a_key_line_by_line_and_in_base_64(tmp_path: Path, width: int) -> None:
    key = pem(b"RSA")
    assert find(tmp_path, key.splitlines()[2], key) == ["secret"]
    text = base64.b64encode(key)
    lines = [text[at : at + (width or len(text))] for at in range(0, len(text), width or len(text))]
    assert find(tmp_path, b"\n".join(lines), key) == ["secret"]
    assert find(tmp_path, b"-----BEGIN RSA PRIVATE KEY-----\n", key) == []


def test_a_documents_common_lines_are_no_secret(tmp_path: Path) -> None:
    common = b'  "auth_uri": "https://accounts.google.com/o/oauth2/auth",\n'
    private = b'  "private_key_id": "%s",\n' % drawn(40, "0123456789abcdef")
    document = b"{\n" + common + private + b"}\n"
    assert find(tmp_path, common, document) == []
    assert find(tmp_path, private, document) == ["secret"]


@pytest.mark.parametrize("data", [CERTIFICATE, DERS[3], CERTIFICATE.replace(b"\n", b"\\n")])
def test_one_certificate_of_a_bundle(tmp_path: Path, data: bytes) -> None:
    assert find(tmp_path, b"x" * 70 + data, BUNDLE) == ["secret"]
    assert find(tmp_path, b"x" * 70 + data, PUBLIC) == []


def test_what_everybody_has_is_no_leak(tmp_path: Path) -> None:
    base = {OWN: PUBLIC}
    bundle = {"etc/ssl/certs/ca-certificates.crt": PUBLIC}
    secrets = {"ca-certificates": PUBLIC + CERTIFICATE}
    assert absent(target(tmp_path, [base, bundle]), secrets) == []
    leaked = {"etc/ssl/certs/ca-certificates.crt": PUBLIC + CERTIFICATE}
    assert absent(target(tmp_path, [base, leaked]), secrets) == ["ca-certificates"]
    removed = {"etc/ssl/certs/.wh.ca-certificates.crt": b""}
    assert absent(target(tmp_path, [base, leaked, removed]), secrets) == ["ca-certificates"]


@pytest.mark.parametrize("package", ["certifi", "pip/_vendor/certifi"])
def test_a_packages_file_is_everybodys_as_long_as_it_is_as_published(
    tmp_path: Path, package: str
) -> None:
    site = "opt/venv/lib/python3.13/site-packages"
    digest = base64.urlsafe_b64encode(hashlib.sha256(PUBLIC).digest()).rstrip(b"=")
    record = b"%s/cacert.pem,sha256=%s,%d\n" % (package.encode(), digest, len(PUBLIC))
    own = {f"{site}/x-1.dist-info/RECORD": record, f"{site}/{package}/cacert.pem": PUBLIC}
    secrets = {"ca-certificates": PUBLIC + CERTIFICATE}
    first: dict[str, bytes] = {"a": b""}
    assert absent(target(tmp_path, [first, own, {"x": PUBLIC}]), secrets) == []
    own[f"{site}/{package}/cacert.pem"] = PUBLIC + CERTIFICATE
    assert absent(target(tmp_path, [first, own]), secrets) == ["ca-certificates"]
    unknown = {f"{site}/{package}/cacert.pem": PUBLIC}
    assert absent(target(tmp_path, [first, unknown]), secrets) == ["ca-certificates"]


def test_where_it_was_seen_first(tmp_path: Path) -> None:
    layers = [{"a": b"1"}, {"d/f": TOKEN}, {"d/f": TOKEN, "ca": CERTIFICATE}]
    one = target(tmp_path, layers, settings={"Env": ["X=" + PASSWORD.decode()]})
    found = leaks(one, {"token": TOKEN, "bundle": BUNDLE, "password": PASSWORD, "no": b"absent"})
    assert found == [
        Leak("bundle", "file", 3, "ca"),
        Leak("password", "environment"),
        Leak("token", "file", 2, "d/f"),
    ]


def test_the_bundle_of_the_base_is_its_own(tmp_path: Path) -> None:
    bundle = {"etc/ssl/certs/ca-certificates.crt": PUBLIC}
    secrets = {"ca-certificates": PUBLIC}
    assert absent(target(tmp_path, [bundle, {"a": b""}]), secrets) == []
    second = target(tmp_path, [{"a": b""}, bundle])
    assert absent(second, secrets) == ["ca-certificates"]
    known = dataclasses.replace(second, base=target(tmp_path / "b", [{"a": b""}, bundle]).image)
    assert absent(known, secrets) == []
    other = target(tmp_path / "c", [{"b": b""}, bundle]).image
    assert absent(dataclasses.replace(second, base=other), secrets) == ["ca-certificates"]


def test_a_key_beside_certificates_counts(tmp_path: Path) -> None:
    key = pem()
    both = CERTIFICATE + b"# a comment that stands in many bundles\n" + key
    assert find(tmp_path, b"# a comment that stands in many bundles\n", both) == []
    assert find(tmp_path, key.splitlines()[3], both) == ["secret"]


@pytest.mark.parametrize(
    "more",
    [
        {"settings": {"Env": ["A=" + TOKEN.decode()]}},
        {"settings": {"Labels": {TOKEN.decode(): "b"}}},
        {"history": [{"created_by": "RUN x " + TOKEN.decode()}, {"created_by": ""},
                     {"created_by": ""}]},
    ],
)  # fmt: skip
def test_the_configuration(tmp_path: Path, more: dict[str, Any]) -> None:
    assert find(tmp_path, b"", **more) == ["secret"]


def test_names_alone_are_given_in_order(tmp_path: Path) -> None:
    one = target(tmp_path, [{"a": TOKEN + PASSWORD}])
    lines: list[str] = []
    assert absent(one, {"b": TOKEN, "a": PASSWORD, "c": b"absent"}, say=lines.append) == ["a", "b"]
    assert lines == ["looking for 3 secrets of the build in test"]


def test_too_short_a_secret_cannot_be_proven_absent(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the secret pin has 4 bytes") as error:
        absent(target(tmp_path, [{"a": b""}]), {"pin": b"1234"})
    assert "1234" not in str(error.value)


def test_a_damaged_archive_proves_nothing(tmp_path: Path) -> None:
    one = target(tmp_path, [{"a": b"1" * 2000}], kind="gzip")
    data = one.archive.read_bytes()
    one.archive.write_bytes(data[: len(data) // 3])
    with pytest.raises(ArchiveError):
        absent(one, {"secret": TOKEN})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.integers(0, 60_000), form=st.sampled_from([TOKEN, CERTIFICATE, DERS[3]]))
def test_a_secret_over_any_border(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, form: bytes
) -> None:
    monkeypatch.setattr(absent_module, "_PIECE_BYTES", 700)
    one = target(tmp_path, [{"f": b"\0" * before + form + b"\0" * 20_000}])
    assert absent(one, {"token": TOKEN, "bundle": BUNDLE}) == [
        "token" if form == TOKEN else "bundle"
    ]
