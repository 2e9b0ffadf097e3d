"""Checks what a secret's pattern cannot: checksums, how random it is, whether it is published.

Each takes a match of a form: `bool` says whether it holds, `str` why it is nobody's secret.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, urlsafe_b64decode
from hashlib import sha256
from itertools import pairwise
from typing import Any
from zlib import crc32

from careen.image.secrets.values import entropy, looks_real

Match = re.Match[bytes]


def secret_of(match: Match) -> bytes:
    """Give the part of a match that is the secret."""
    return match["secret"] if "secret" in match.re.groupindex else match[0]


_BASE_62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKED_TOKEN_BYTES, _CHECKSUM_BYTES = 36, 6


def base62_checksum(body: bytes) -> bytes:
    """Give the six last characters of a GitHub or npm token, of those between prefix and them.

    Source: "Behind GitHub's new authentication token formats", GitHub's blog, 5 April 2021; "npm
    has a new access token format", the same, 23 September 2021.
    """
    number, digits = crc32(body), b""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE_62[digit : digit + 1] + digits
    return digits.rjust(_CHECKSUM_BYTES, b"0")


def is_checked(match: Match) -> bool:
    """Check a token's checksum; one of another length than is known must be random."""
    body = secret_of(match).partition(b"_")[2]
    if len(body) != _CHECKED_TOKEN_BYTES:
        return is_random(match)
    return base62_checksum(body[:-_CHECKSUM_BYTES]) == body[-_CHECKSUM_BYTES:]


def is_random(match: Match) -> bool:
    """Check that a secret is drawn, not written: neither words nor an alphabet."""
    # Random characters of 20 to 60 have 3.6 to 5.3 bits, words with digits 2.5 to 3.3, and a
    # counted-up alphabet all there are: it stands in documentation.
    secret = secret_of(match)
    return entropy(secret) >= 3.2 and not _counts_up(secret)  # noqa: PLR2004 - see above


def _counts_up(data: bytes) -> bool:
    steps = [after - before for before, after in pairwise(data)]
    return sum(step in {0, 1} for step in steps) > len(steps) / 2


def says_example(match: Match) -> str:
    """Know the keys of AWS's documentation, which all say so."""
    if b"EXAMPLE" in secret_of(match).upper():
        return "an example of AWS's own documentation"
    return ""


# The storage emulator's key, the same for everybody: learn.microsoft.com, "Use the Azurite
# emulator". The rest of it is left out, so that this file holds no key.
_AZURITE = b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6"


def is_azurite(match: Match) -> str:
    """Know the storage emulator's key."""
    return "the storage emulator's key" if secret_of(match).startswith(_AZURITE) else ""


_SLACK_EXAMPLE = re.compile(rb"/(?:T0{6,}|B0{6,})/|X{20}")


def is_no_slack_example(match: Match) -> bool:
    """Check that an address is not that of Slack's documentation."""
    return _SLACK_EXAMPLE.search(match[0]) is None


def _jwt_part(part: bytes) -> dict[str, Any]:
    try:
        document = json.loads(urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def is_jwt(match: Match) -> bool:
    """Check that a token is signed, by what its header says."""
    # RFC 7515, 4.1.1: a header names its algorithm. `none` signs nothing.
    algorithm = _jwt_part(match["head"]).get("alg")
    return isinstance(algorithm, str) and algorithm.lower() != "none"


# The subject of jwt.io's token, the issuer of RFC 7519's, the whole payload of PyJWT's manual.
_KNOWN_CLAIMS = {"sub": {"1234567890"}, "iss": {"joe"}, "some": {"payload"}}


def is_known_jwt(match: Match) -> str:
    """Know the tokens of documentation, by their claims."""
    claims = _jwt_part(match["claims"])
    known = any(str(claims.get(key)) in values for key, values in _KNOWN_CLAIMS.items())
    return "an example of documentation, by its claims" if known else ""


_LEAST_KEY_BYTES = 64
_BREAKS = re.compile(rb"\\r|\\n|\s")


def has_key(match: Match) -> bool:
    """Check that behind a key's first line there is a key, not three dots or a name."""
    body = _BREAKS.sub(b"", match["body"])
    # An Ed25519 key has 64 characters, on one line: RFC 8410.
    return len(body) >= _LEAST_KEY_BYTES and _is_random_key(body)


# Of the first 64 characters of each, in base 64: sha256, its first half.
_GNUTLS_KEYS = frozenset(
    {
        "c471252232a6e68f793ca59626059f9f",
        "8f642f0351e1761dd3f7d8934a2da0a5",
        "8dd51545b81e4a0a285630cfc608921c",
        "c50f38f5a25dad1abc4c3162635f014f",
        "4b86104d3a39ae361925614ff33350c3",
        "36d32468a4353827c6db9a9477736adf",
        "e36ff64abc8431d1295824c32f55327d",
        "d76d8725f92d87288e0466d850892bf8",
    }
)


def is_known_key(match: Match) -> str:
    """Know the keys of lib/crypto-selftests-pk.c, which every libgnutls.so holds."""
    head = _BREAKS.sub(b"", match["body"])[:_LEAST_KEY_BYTES]
    if sha256(head).hexdigest()[:32] in _GNUTLS_KEYS:
        return "a key of GnuTLS's self-tests, which stands in every copy of the library"
    return ""


def _is_random_key(body: bytes) -> bool:
    return entropy(body) > 2.5 and not _counts_up(body)  # noqa: PLR2004 - a key has 4 and more


def is_encrypted(match: Match) -> bool:
    """Check that a key is there, and that a passphrase protects it."""
    if not has_key(match):
        return False
    if match["kind"] == b"ENCRYPTED " or b"ENCRYPTED" in match["headers"]:
        return True
    if match["kind"] != b"OPENSSH ":
        return False
    # OpenSSH's PROTOCOL.key: a magic, then the cipher's name with its length before it.
    body = _BREAKS.sub(b"", match["body"])
    try:
        blob = b64decode(body[:48])
    except binascii.Error:
        return False
    return blob.startswith(b"openssh-key-v1\0") and blob[15:23] != b"\0\0\0\x04none"


def is_service_account(match: Match) -> bool:
    """Check that a key stands in a JSON document as Google writes it."""
    before = match.string[max(0, match.start() - 40) : match.start()]
    return re.search(rb'"private_key"\s{0,8}:\s{0,8}"\Z', bytes(before)) is not None and has_key(
        match
    )


def is_base64_key(match: Match) -> bool:
    """Check that what is in base 64 is a private key, not a certificate."""
    try:
        head = b64decode(match[0][:96])
    except binascii.Error:
        return False
    return re.match(rb"-----BEGIN (?:[A-Z]+ ){0,2}PRIVATE KEY-----", head) is not None


_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{0,31}\Z")
_DATABASES = re.compile(
    rb"(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|oracle|cockroachdb|clickhouse"
    rb"|sqlserver)(?:\+[a-z0-9_]+)?\Z",
    re.IGNORECASE,
)


def _scheme(match: Match) -> bytes:
    before = bytes(match.string[max(0, match.start() - 32) : match.start()])
    scheme = _SCHEME.search(before)
    return scheme[0] if scheme else b""


_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")


def is_credentials(match: Match) -> bool:
    """Check that an address has a scheme, and a password that looks real."""
    user, password = match["user"], match["secret"]
    if not _scheme(match) or user.lower() == password.lower():
        return False
    # Oracle's example account, in every manual and docstring of databases since.
    if user == b"scott" and password.startswith(b"tiger"):
        return False
    plain = _ESCAPED.sub(lambda escaped: bytes([int(escaped[1], 16)]), password)
    return looks_real(plain.decode("utf-8", "replace"))


def is_database(match: Match) -> bool:
    """Check that an address is a database's, and has a password that looks real."""
    return _DATABASES.search(_scheme(match)) is not None and is_credentials(match)


# Hosts that nobody has: RFC 2606 and RFC 6761.
_NO_HOST = re.compile(rb"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|invalid|test)\Z", re.IGNORECASE)


def is_manuals_address(match: Match) -> str:
    """Know the hosts that nobody has."""
    return "a host that is reserved for examples" if _NO_HOST.match(match["host"]) else ""
