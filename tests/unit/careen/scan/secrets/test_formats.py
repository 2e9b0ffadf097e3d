from __future__ import annotations

import string

import pytest

from careen.image.secrets.formats import BEFORE_BYTES, FORMATS, LONGEST_BYTES
from careen.image.secrets.search import found_in, spans
from careen.scan.secrets.known_layers import rules_version

from .planted import (
    AWS_ID,
    AWS_SECRET,
    BASE_64,
    FORMS,
    PASSWORD,
    URL_64,
    checked,
    drawn,
    jwt,
    openssh,
    pem,
)


def rules(data: bytes) -> list[str]:
    return [each.format.id for each in found_in(data) if not each.published]


def published(data: bytes) -> list[str]:
    return [each.format.id for each in found_in(data) if each.published]


def test_there_is_a_sample_of_every_form() -> None:
    assert set(FORMS) == {form.id for form in FORMATS}


@pytest.mark.parametrize("rule", FORMS)
@pytest.mark.parametrize("around", [b"", b"\n", b'"', b" ", b"\0"])
def test_each_form_is_found_and_nothing_else(rule: str, around: bytes) -> None:
    assert rules(around + FORMS[rule] + around) == [rule]


def test_a_published_token_holds_its_checksum() -> None:
    # The example of GitHub's own announcement of the format.
    assert rules(b"ghp_" + b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + b"0mLq17") == ["github-token"]


NEAR = {
    "no base 32": b"AKIA" + b"0189" * 4,
    "too short": AWS_ID[:-1],
    "too long": AWS_ID + b"A",
    "within base 64": b"/" + AWS_ID + b"=",
    "all the same": b"AKIA" + b"A" * 16,
    "a secret without its name": AWS_SECRET,
    "a name of no secret": b"aws_secret_access_key = %s" % (b"a" * 40),
    "a hash of 41": b"aws_secret_access_key = " + drawn(41, BASE_64),
    "a wrong checksum": checked(b"ghp_")[:-1] + (b"0" if checked(b"ghp_")[-1:] != b"0" else b"1"),
    "an npm token's wrong checksum": b"npm_" + drawn(36),
    "npm's own variables": b"npm_config_registry_of_the_project_itself",
    "a word with a token's beginning": b"high_" + drawn(36),
    "GitLab's in a manual": b"glpat-" + b"x" * 20,
    "counted up": b"sk_live_" + b"abcdefghijklmnopqrstuvwxyz",
    "a test key": b"sk_test_" + drawn(24),
    "Slack's without ids": b"xoxb-" + drawn(24, string.ascii_letters),
    "Slack's manual": b"hooks.slack.com/services/T00000000/B00000000/" + b"X" * 24,
    "a shorter Google key": b"AIza" + drawn(34, URL_64, 4),
    "a PyPI token of nowhere": b"pypi-AgE" + drawn(100, URL_64),
    "two parts": jwt({"sub": "u-83"}).rpartition(b".")[0],
    "no JSON": b"eyJ" + drawn(20, URL_64) + b".eyJ" + drawn(20, URL_64) + b"." + drawn(40),
    "signs nothing": jwt({"sub": "u-83"}, "none"),
    "a certificate": pem(b"RSA").replace(b"RSA PRIVATE KEY", b"CERTIFICATE"),
    "a public key": pem().replace(b"PRIVATE", b"PUBLIC"),
    "a key's name": b'"-----BEGIN RSA PRIVATE KEY-----"',
    "three dots": b"-----BEGIN PRIVATE KEY-----\nMIIE...\n-----END PRIVATE KEY-----",
    "nobody's key": pem(body=b"a" * 256),
    "base 64 of a certificate": b"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t" + drawn(120, BASE_64),
    "no password": b"postgresql://poker@db/x",
    "a port": b"https://host:8080/me@example",
    "a variable": b"postgres://me:${PASSWORD}@db/x",
    "another variable": b"postgres://me:$PASSWORD@db/x",
    "a format": b"mysql://%s:%s@%s/x",
    "a word": b"https://user:password@host",
    "an escaped word": b"https://me:a%20secret@host",
    "the user's name": b"postgres://postgres:postgres@db/x",
    "Oracle's example": b"oracle://scott:tiger@db/x",
    "no scheme": b"//me:%s@host" % PASSWORD,
}


@pytest.mark.parametrize("near", NEAR.values(), ids=NEAR)
def test_near_misses(near: bytes) -> None:
    assert rules(b" " + near + b" ") == []


PUBLISHED = {
    "AWS's id": b"AKIA" + b"IOSFODNN7EXAMPLE",
    "AWS's secret": b"aws_secret_access_key=" + b"wJalrXUtnFEMI/K7MDENG" + b"/bPxRfiCYEXAMPLEKEY",
    "the storage emulator's": b"".join(
        [
            b"AccountKey=",
            b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6",
            b"tq/K1SZFPTOtr/KBHBeksoGMGw==",
        ]
    ),
    "jwt.io's": jwt({"sub": "1234567890", "name": "John Doe"}),
    "a reserved host": b"https://me:%s@example.org/" % PASSWORD,
}


@pytest.mark.parametrize("data", PUBLISHED.values(), ids=PUBLISHED)
def test_what_everybody_has_is_named_and_set_aside(data: bytes) -> None:
    assert rules(data) == []
    assert len(published(data)) == 1


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        (pem(), "private-key"),
        (pem(b"EC"), "private-key"),
        (pem(b"ENCRYPTED"), "encrypted-private-key"),
        (pem(b"RSA", headers=b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"),
         "encrypted-private-key"),
        (openssh(b"none"), "private-key"),
        (openssh(b"aes256-ctr"), "encrypted-private-key"),
        (pem().replace(b"\n", b"\r\n"), "private-key"),
        (pem().replace(b"\n", b"\\n"), "private-key"),
        (pem(body=b"MC4CAQAwBQYDK2VwBCIEI" + drawn(43, BASE_64)), "private-key"),
        (pem(b"PGP").replace(b"KEY-", b"KEY BLOCK-"), "private-key"),
    ],
)  # fmt: skip
def test_keys_and_whether_a_passphrase_protects_them(key: bytes, rule: str) -> None:
    assert rules(b"x\n" + key) == [rule]


def test_only_the_formats_own_letters_are_shown() -> None:
    for rule, data in FORMS.items():
        for found in found_in(data):
            assert len(found.shown) <= 4, rule
            assert found.shown in {"", "AKIA", "ghp_", "gith", "glpa", "xoxb", "sk_l", "AIza",
                                   "npm_", "pypi", "dckr"}  # fmt: skip


def test_nothing_is_longer_than_what_pieces_share() -> None:
    token = jwt({"sub": "u", "more": "m" * 5000})
    assert rules(token) == ["jwt"]
    assert len(token) < LONGEST_BYTES
    assert max(form.lead for form in FORMATS) < BEFORE_BYTES


@pytest.mark.parametrize(
    "data",
    [b"eyJ" * 300_000, b"eyJ.eyJ" * 150_000, b"://a:" * 200_000, b"-----BEGIN " * 80_000,
     b"-----BEGIN PRIVATE KEY-----\n" * 30_000, b"AKIA" * 200_000,
     (b"eyJ" + b"a" * 1000 + b".") * 900],
)  # fmt: skip
def test_hostile_bytes_take_no_longer_than_others(data: bytes) -> None:
    # Each of them would take minutes, were the patterns not bounded.
    assert rules(data) == []


def test_places_in_a_text_are_places_in_its_bytes() -> None:
    text = "\u20ac\u00fc " + FORMS["github-token"].decode() + " \u20ac"
    assert [text[start:end] for start, end in spans(text)] == [FORMS["github-token"].decode()]


def test_the_rules_version_is_stable_and_short() -> None:
    assert rules_version() == rules_version()
    assert len(rules_version()) == 12
