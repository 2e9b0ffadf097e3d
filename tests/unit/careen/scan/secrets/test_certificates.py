from __future__ import annotations

import re
import ssl
from hashlib import sha256
from pathlib import Path

import certifi
import pytest

from careen.scan.secrets.certificates import certificates_in

from .planted import drawn

BUNDLE = Path(certifi.where()).read_bytes()
BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
DERS = [ssl.PEM_cert_to_DER_cert(each.decode()) for each in BLOCK.findall(BUNDLE)]


def prints(data: bytes) -> set[bytes]:
    return set(certificates_in(data))


def test_all_that_openssl_reads_of_a_real_bundle() -> None:
    assert len(DERS) > 50
    assert prints(BUNDLE) == {sha256(der).digest() for der in DERS}


@pytest.mark.parametrize("number", range(0, len(DERS), 11))
def test_each_form_of_a_certificate(number: int) -> None:
    der = DERS[number]
    wanted = {sha256(der).digest()}
    text = ssl.DER_cert_to_PEM_cert(der).encode()
    plain = b"".join(text.splitlines()[1:-1])
    for form in (
        der,
        drawn(77) + der + drawn(5),
        text,
        text.replace(b"\n", b"\r\n"),
        text.replace(b"\n", b"\\n"),
        plain,
        b" " + plain[:100] + b"\n    " + plain[100:] + b"\n",
        b'{"ca": "%s"}' % plain,
    ):
        assert prints(form) == wanted


def test_what_is_none() -> None:
    der = DERS[0]
    assert prints(der[:-1]) == set()
    assert prints(ssl.DER_cert_to_PEM_cert(der).encode()[:900]) == set()
    assert prints(b"\xa0\x03\x02\x01\x02" * 100) == set()
    assert prints(b"AwIB" * 1000) == set()
    assert prints(b"MII" + b"A" * 9 + b"AwIB" + b"A" * 2000) == set()
    assert prints(b"") == set()
