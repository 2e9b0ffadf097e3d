from __future__ import annotations

import base64
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careen.image.secrets.files import rules_of
from careen.image.secrets.formats import BEFORE_BYTES, FORMATS, LONGEST_BYTES
from careen.scan.secrets.contents import MOST_HITS, Hit, Searcher
from careen.scan.secrets.exclusions import EXCLUSIONS, Exclusion

from .planted import AWS_ID, FORMS, PASSWORD, checked, drawn, openssh, pem

SMALL = LONGEST_BYTES + BEFORE_BYTES + 700


def hits(path: str, data: bytes, piece: int = 1 << 20) -> list[Hit]:
    return Searcher(piece).search(path, io.BytesIO(data))


def found(path: str, data: bytes) -> list[tuple[str, int | None]]:
    return [(hit.rule, hit.line) for hit in hits(path, data)]


FILES = {
    "dotenv-secret": ("srv/.env", b"A=1\nexport DB_PASSWORD='%s'\n" % PASSWORD),
    "netrc-password": ("root/.netrc", b"# mine\nmachine a login b password %s\n" % PASSWORD),
    "registry-credentials": (
        "root/.docker/config.json",
        b'{"auths": {"r.corp":\n {"auth": "%s"}}}' % base64.b64encode(b"me:" + PASSWORD),
    ),
    "npmrc-token": ("app/.npmrc", b"a=b\n//npm.corp/:_authToken=%s\n" % PASSWORD),
    "yarn-token": ("app/.yarnrc.yml", b"a: b\nnpmAuthToken: %s\n" % PASSWORD),
    "pypirc-password": ("root/.pypirc", b"[pypi]\npassword = %s\n" % PASSWORD),
    "pgpass-password": ("root/.pgpass", b"# x\ndb:5432:poker:poker:%s\n" % PASSWORD),
    "mysql-password": ("root/.my.cnf", b"[client]\npassword=%s\n" % PASSWORD),
    "password-hash": ("etc/shadow", b"bin:*:1::::::\nroot:$y$j9T$%s$%s:1::::::\n"
                      % (drawn(22), drawn(43))),
    "terraform-state": ("x.tfstate", b'{\n"db_password": "%s"}' % PASSWORD),
}  # fmt: skip


@pytest.mark.parametrize("rule", FILES)
def test_what_a_files_name_makes_known(rule: str) -> None:
    path, data = FILES[rule]
    [hit] = hits(path, data)
    assert (hit.rule, hit.line, hit.aside) == (rule, 2, "")
    assert hit.masked.startswith("(")
    assert PASSWORD not in repr(hit).encode()
    assert found("some/other.txt", data) == []


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (".env", b"DB_PASSWORD=\nSECRET=changeme\nTOKEN=${TOKEN}\nKEY=your-key\nPASSWORD=password"),
        (".env", b"SECRET_FILE=/run/secrets/x\nTOKEN_TTL=36000\nKEY_ID=abcdefg1\nDEBUG=true"),
        (".env", b"# PASSWORD=%s" % PASSWORD),
        (".env", b"NAME=%s" % PASSWORD),
        (".env.example", b"DB_PASSWORD=%s" % PASSWORD),
        ("root/.netrc", b"machine a login b password changeme"),
        ("root/.docker/config.json", b'{"auths": {"r.corp": {}}, "credsStore": "pass"}'),
        ("root/.docker/config.json", b'{"auths": {"r": {"auth": "bm9jb2xvbg=="}}}'),
        (".npmrc", b"//npm.corp/:_authToken=${NPM_TOKEN}\n# _authToken=abcdefgh"),
        ("etc/shadow", b"root:*:1::::::\nbin:!:1::::::\nme::1::::::"),
        ("a.jks", b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\2"),
        ("a.p12", b"text"),
    ],
)
def test_files_without_a_secret(path: str, data: bytes) -> None:
    assert found(path, data) == []


@pytest.mark.parametrize(
    ("path", "data"),
    [("a.p12", b"0\x82\x09\0"), ("b.jks", b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\1"),
     ("c.kdbx", b"\x03\xd9\xa2\x9a\x67")],
)  # fmt: skip
def test_a_key_store_is_a_secret_as_a_whole(path: str, data: bytes) -> None:
    assert hits(path, data) == [
        Hit("key-store", "a key store, which may hold private keys", path, None, "")
    ]


def test_keys_by_their_places() -> None:
    assert found("etc/ssh/ssh_host_ed25519_key", openssh(b"none")) == [("ssh-host-key", 1)]
    [hit] = hits("root/.ssh/id_rsa", openssh(b"aes256-ctr"))
    assert hit.title == "an SSH user's private key, encrypted with a passphrase"
    assert hit.masked == ""


def test_keys_of_published_tests_are_set_aside_with_the_reason() -> None:
    [hit] = hits("usr/lib/python3.13/test/certdata/keycert.pem", pem())
    assert hit.aside == "a key of CPython's own tests, published with it"
    [hit] = hits("usr/lib/python3.13/tests/keycert.pem", pem())
    assert hit.aside == ""
    site = "opt/venv/lib/python3.13/site-packages"
    [hit] = hits(f"{site}/joserfc-1.6.dist-info/METADATA", FORMS["jwt"])
    assert hit.aside == "an example in the package's description, published with it"
    [hit] = hits(f"{site}/own-1.0.dist-info/METADATA", AWS_ID)
    assert hit.aside == ""


@pytest.mark.parametrize("exclusion", EXCLUSIONS, ids=lambda one: one.reason)
def test_an_exclusion_names_a_rule_and_no_whole_tree(exclusion: Exclusion) -> None:
    assert exclusion.rules <= {form.id for form in FORMATS}
    for path in ("a", "srv/app/a.pem", "opt/venv/lib/python3.13/site-packages/own/tests/a.pem"):
        assert not exclusion.path.match(path)


def test_lines_of_texts_and_none_of_binaries() -> None:
    data = b"a\nb " + AWS_ID + b"\n" + checked(b"ghp_") + b"\n"
    assert found("f", data) == [("aws-access-key-id", 2), ("github-token", 3)]
    assert found("f", b"\0" + data) == [("aws-access-key-id", None), ("github-token", None)]


def test_a_secret_counts_before_an_example_on_its_line() -> None:
    [hit] = hits("f", b"AKIA" + b"IOSFODNN7EXAMPLE " + AWS_ID)
    assert hit.aside == ""


def test_a_list_of_secrets_is_cut_off() -> None:
    data = b"\n".join(checked(b"ghp_", seed) for seed in range(MOST_HITS + 20))
    assert [hit.line for hit in hits("f", data)] == list(range(1, MOST_HITS + 1))


def test_most_paths_have_no_rules_of_their_own() -> None:
    assert rules_of("usr/lib/python3.13/os.py") == ()


@settings(max_examples=150)
@given(
    rule=st.sampled_from(sorted(FORMS)),
    before=st.integers(0, 3 * SMALL),
    after=st.integers(0, 2 * SMALL),
    noise=st.binary(min_size=1, max_size=64),
    chunk=st.integers(1, 5000),
)
def test_a_secret_is_found_wherever_it_stands(
    rule: str, before: int, after: int, noise: bytes, chunk: int
) -> None:
    left = (noise * (before // len(noise) + 1))[:before]
    right = (noise * (after // len(noise) + 1))[:after]
    data = left + b"\n" + FORMS[rule] + b"\n" + right

    class Slow(io.BytesIO):
        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer
            return super().readinto(buffer[:chunk])

    whole = {(hit.rule, hit.line) for hit in hits("f", data)}
    small = {(hit.rule, hit.line) for hit in Searcher(SMALL).search("f", Slow(data))}
    assert small == whole
    assert rule in {rule for rule, _ in small}


@pytest.mark.parametrize("offset", [*range(-300, 301, 7), *range(-3, 4)])
def test_a_secret_over_the_border_of_two_pieces(offset: int) -> None:
    # The first piece decides up to here; what begins later is the next one's.
    border = SMALL - LONGEST_BYTES
    data = b"\n" * (border + offset) + AWS_ID + b"\n" * 3 * SMALL
    assert [(h.rule, h.line) for h in hits("f", data, SMALL)] == [
        ("aws-access-key-id", border + offset + 1)
    ]


def test_a_piece_has_room_for_a_secret() -> None:
    with pytest.raises(ValueError, match="longer than the longest"):
        Searcher(LONGEST_BYTES)
