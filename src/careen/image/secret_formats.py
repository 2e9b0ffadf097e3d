"""The forms that secrets have wherever they stand: tokens with a prefix of their own, private keys.

One table, one entry a form. A form begins at a literal, which is looked for first: that is as
quick as reading memory, and a regular expression runs where the literal stands, nowhere else.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, urlsafe_b64decode
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zlib import crc32

from careen.image.secret_values import entropy, looks_real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Match = re.Match[bytes]

# No form is longer: who searches a stream piece by piece keeps that much of the piece before.
LONGEST_BYTES = 16 << 10
# What a form may look at before its literal.
BEFORE_BYTES = 128


@dataclass(frozen=True)
class Format:
    """One form.

    Attributes:
        id: such as `aws-access-key-id`.
        title: in words.
        literals: one of them stands where the form begins.
        pattern: matches there; its group `secret`, or else the whole, is what nobody may see. A
            form that goes on for longer than it is matched (a key) has its beginning matched.
        lead: bytes of the form before the literal.
        holds: checks what the pattern cannot: a checksum, how random the bytes are.
        letters: how many of the first letters may be shown, because they are the format's own.
        published: why it is nobody's secret where it stands in a manual; "" where it does not.
        ends: of a key, of which only the beginning is matched, what its end looks like.
    """

    id: str
    title: str
    literals: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    lead: int = 0
    holds: Callable[[Match], bool] = lambda _: True
    letters: int = 0
    published: Callable[[Match], str] = lambda _: ""
    ends: re.Pattern[bytes] | None = None

    @property
    def is_key(self) -> bool:
        """Whether it is a key, whose length is not known."""
        return self.ends is not None


@dataclass(frozen=True)
class Found:
    """A form that stands somewhere.

    Attributes:
        format: which.
        start: of the secret, in the bytes that were searched.
        length: of it.
        published: see `Format`.
        shown: the first letters that may be shown.
    """

    format: Format
    start: int
    length: int
    published: str
    shown: str


def secret_of(match: Match) -> bytes:
    """Give the part of a match that is the secret."""
    return match["secret"] if "secret" in match.re.groupindex else match[0]


def found_in(
    data: bytes | bytearray, start: int = 0, end: int | None = None, until: int | None = None
) -> Iterator[Found]:
    """Find all forms that begin in a part of some bytes, in no order.

    Args:
        data: is searched.
        start: where the part begins; what stands before may be looked at.
        end: where the data ends; None is its length.
        until: where the part ends, if that is earlier: a form's literal begins before.
    """
    stop = len(data) if end is None else end
    last = stop if until is None else until
    for gate in _GATES:
        for hit in gate.finditer(data, start, stop):
            if hit.start() >= last:
                break
            if (found := _found_at(data, hit, stop)) is not None:
                yield found


def _found_at(data: bytes | bytearray, hit: Match, stop: int) -> Found | None:
    for form in _BY_LITERAL[hit[0]]:
        at = hit.start() - form.lead
        match = form.pattern.match(data, at, stop) if at >= 0 else None
        if match is None or not form.holds(match):
            continue
        secret = secret_of(match)
        begin = match.start("secret") if "secret" in match.re.groupindex else match.start()
        shown = secret[: form.letters].decode("ascii", "replace")
        return Found(form, begin, len(secret), form.published(match), shown)
    return None


def shapes_in(data: bytes) -> Iterator[tuple[Format, int, int]]:
    """Give what has the shape of a secret, whatever its checksum says: the form, start and end.

    Of a key that is where it ends, not where its matched beginning does.
    """
    for gate in _GATES:
        for hit in gate.finditer(data):
            for form in _BY_LITERAL[hit[0]]:
                at = hit.start() - form.lead
                match = form.pattern.match(data, at) if at >= 0 else None
                if match is None:
                    continue
                group = "secret" if "secret" in match.re.groupindex else 0
                end = match.end(group)
                if form.ends is not None and (ending := form.ends.search(data, end)) is not None:
                    end = ending.end()
                yield form, match.start(group), end


def spans(text: str) -> list[tuple[int, int]]:
    """Give where a text has what has the shape of a secret, in order.

    >>> spans("x " + "AKIA" + "IOSFODNN7EXAMPLE"), spans("plain text")
    ([(2, 22)], [])
    """
    # One byte a character: places in the bytes are places in the text. No form has others.
    data = text.encode("latin-1", "replace")
    return sorted((start, end) for _, start, end in shapes_in(data))


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


def _is_checked(match: Match) -> bool:
    """Check a token's checksum; one of another length than is known must be random."""
    body = secret_of(match).partition(b"_")[2]
    if len(body) != _CHECKED_TOKEN_BYTES:
        return _is_random(match)
    return base62_checksum(body[:-_CHECKSUM_BYTES]) == body[-_CHECKSUM_BYTES:]


def _is_random(match: Match) -> bool:
    # Random characters of 20 to 60 have 3.6 to 5.3 bits, words with digits 2.5 to 3.3, and a
    # counted-up alphabet all there are: it stands in documentation.
    secret = secret_of(match)
    return entropy(secret) >= 3.2 and not _counts_up(secret)  # noqa: PLR2004 - see above


def _counts_up(data: bytes) -> bool:
    steps = [after - before for before, after in pairwise(data)]
    return sum(step in {0, 1} for step in steps) > len(steps) / 2


def _says_example(match: Match) -> str:
    if b"EXAMPLE" in secret_of(match).upper():
        return "an example of AWS's own documentation"
    return ""


# The storage emulator's key, the same for everybody: learn.microsoft.com, "Use the Azurite
# emulator". The rest of it is left out, so that this file holds no key.
_AZURITE = b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6"


def _is_azurite(match: Match) -> str:
    return "the storage emulator's key" if secret_of(match).startswith(_AZURITE) else ""


_SLACK_EXAMPLE = re.compile(rb"/(?:T0{6,}|B0{6,})/|X{20}")


def _is_no_slack_example(match: Match) -> bool:
    return _SLACK_EXAMPLE.search(match[0]) is None


def _jwt_part(part: bytes) -> dict[str, Any]:
    try:
        document = json.loads(urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _is_jwt(match: Match) -> bool:
    # RFC 7515, 4.1.1: a header names its algorithm. `none` signs nothing.
    algorithm = _jwt_part(match["head"]).get("alg")
    return isinstance(algorithm, str) and algorithm.lower() != "none"


# The subject of jwt.io's token, the issuer of RFC 7519's, the whole payload of PyJWT's manual.
_KNOWN_CLAIMS = {"sub": {"1234567890"}, "iss": {"joe"}, "some": {"payload"}}


def _is_known_jwt(match: Match) -> str:
    claims = _jwt_part(match["claims"])
    known = any(str(claims.get(key)) in values for key, values in _KNOWN_CLAIMS.items())
    return "an example of documentation, by its claims" if known else ""


_LEAST_KEY_BYTES = 64
_BREAKS = re.compile(rb"\\r|\\n|\s")


def _has_key(match: Match) -> bool:
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


def _is_known_key(match: Match) -> str:
    """Know the keys of lib/crypto-selftests-pk.c, which every libgnutls.so holds."""
    head = _BREAKS.sub(b"", match["body"])[:_LEAST_KEY_BYTES]
    if sha256(head).hexdigest()[:32] in _GNUTLS_KEYS:
        return "a key of GnuTLS's self-tests, which stands in every copy of the library"
    return ""


def _is_random_key(body: bytes) -> bool:
    return entropy(body) > 2.5 and not _counts_up(body)  # noqa: PLR2004 - a key has 4 and more


def _is_encrypted(match: Match) -> bool:
    if not _has_key(match):
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


def _is_service_account(match: Match) -> bool:
    before = match.string[max(0, match.start() - 40) : match.start()]
    return re.search(rb'"private_key"\s{0,8}:\s{0,8}"\Z', bytes(before)) is not None and _has_key(
        match
    )


def _is_base64_key(match: Match) -> bool:
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


def _is_credentials(match: Match) -> bool:
    user, password = match["user"], match["secret"]
    if not _scheme(match) or user.lower() == password.lower():
        return False
    # Oracle's example account, in every manual and docstring of databases since.
    if user == b"scott" and password.startswith(b"tiger"):
        return False
    plain = _ESCAPED.sub(lambda escaped: bytes([int(escaped[1], 16)]), password)
    return looks_real(plain.decode("utf-8", "replace"))


def _is_database(match: Match) -> bool:
    return _DATABASES.search(_scheme(match)) is not None and _is_credentials(match)


# Hosts that nobody has: RFC 2606 and RFC 6761.
_NO_HOST = re.compile(rb"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|invalid|test)\Z", re.IGNORECASE)


def _is_manuals_address(match: Match) -> str:
    return "a host that is reserved for examples" if _NO_HOST.match(match["host"]) else ""


_KEY = (
    rb"-----BEGIN (?P<kind>(?:[A-Z0-9]+ ){0,2})PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:\\r|\\n|\s){1,4}"
    rb"(?P<headers>(?:[A-Za-z-]{1,40}: [^\n\\]{0,200}(?:\\r|\r)?(?:\\n|\n)){0,4}"
    rb"(?:\\r|\\n|\s){0,4})"
    rb"(?P<body>[A-Za-z0-9+/](?:[A-Za-z0-9+/=]|\s|\\r|\\n){63,400})"
)
_PEM = re.compile(_KEY)
_PEM_END = re.compile(rb"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z")
_TOKEN_END = rb"(?![A-Za-z0-9_-])"

# Their order counts among those with one literal: the first that holds is it. Literals with the
# same first byte are looked for together, so some leave the first bytes of their form out.
FORMATS = (
    # docs.aws.amazon.com, IAM: "unique identifiers"; 16 characters of base 32 behind the prefix.
    Format(
        "aws-access-key-id",
        "an AWS access key id",
        (b"AKIA", b"ASIA"),
        re.compile(rb"(?<![A-Za-z0-9+/_=-])A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9+/_=-])"),
        holds=lambda match: entropy(match[0][4:]) > 2.3,  # noqa: PLR2004 - 16 of 32: 3 and more
        letters=4,
        published=_says_example,
    ),
    # The same: 40 characters of base 64, with the names that AWS's SDKs and APIs give it.
    Format(
        "aws-secret-access-key",
        "an AWS secret access key",
        (b"ecret_access_key", b"AWS_SECRET_ACCESS_KEY", b"ecretAccessKey"),
        re.compile(
            rb"(?:ecret_access_key|AWS_SECRET_ACCESS_KEY|ecretAccessKey)[\"']?\s{0,8}"
            rb"(?:=>|:=|[=:])?\s{0,8}[\"']?(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
        ),
        holds=_is_random,
        published=_says_example,
    ),
    # See `base62_checksum`; a refresh token is longer.
    Format(
        "github-token",
        "a GitHub token",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"),
        re.compile(rb"(?<![A-Za-z0-9_-])gh[pousr]_[A-Za-z0-9]{36,251}" + _TOKEN_END),
        holds=_is_checked,
        letters=4,
    ),
    # docs.github.com, "about authentication": fine-grained tokens; lengths as they are issued.
    Format(
        "github-fine-grained-token",
        "a fine-grained GitHub token",
        (b"github_pat_",),
        re.compile(rb"(?<![A-Za-z0-9_-])github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}" + _TOKEN_END),
        holds=_is_random,
        letters=4,
    ),
    # docs.gitlab.com, "GitLab token overview": prefixes; a routable token has parts behind dots.
    Format(
        "gitlab-token",
        "a GitLab token",
        (b"glpat-", b"gldt-", b"glrt-", b"glcbt-", b"glptt-", b"glsoat-", b"gloas-", b"glft-"),
        re.compile(
            rb"(?<![A-Za-z0-9_-])gl[a-z]{2,4}-[A-Za-z0-9_-]{20,300}(?:\.[0-9a-z]{2,9}){0,2}"
            + _TOKEN_END
        ),
        holds=_is_random,
        letters=4,
    ),
    # api.slack.com/authentication/token-types: ids of the workspace, then the secret.
    Format(
        "slack-token",
        "a Slack token",
        (b"xoxa-", b"xoxb-", b"xoxp-", b"xoxr-", b"xoxs-", b"xoxe-", b"xoxe.", b"xapp-"),
        re.compile(
            rb"(?<![A-Za-z0-9_-])(?:xox[abprse][-.]|xapp-)[A-Za-z0-9.-]{0,24}[0-9]{8,14}"
            rb"-[A-Za-z0-9-]{16,250}" + _TOKEN_END
        ),
        holds=_is_random,
        letters=4,
    ),
    # api.slack.com/messaging/webhooks: who knows the address may write.
    Format(
        "slack-webhook",
        "the address of a Slack webhook",
        (b"k.com/services/",),
        re.compile(
            rb"hooks\.slack\.com/services/"
            rb"(?P<secret>T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,32})" + _TOKEN_END
        ),
        lead=len(b"hooks.slac"),
        holds=_is_no_slack_example,
    ),
    # docs.stripe.com/keys: secret and restricted keys of the live mode; a test key moves no money.
    Format(
        "stripe-key",
        "a Stripe key of the live mode",
        (b"k_live_",),
        re.compile(rb"(?<![A-Za-z0-9_])[rs]k_live_[A-Za-z0-9]{24,247}" + _TOKEN_END),
        lead=1,
        holds=_is_random,
        letters=4,
    ),
    # cloud.google.com/docs/authentication/api-keys: 39 characters as they are issued.
    Format(
        "google-api-key",
        "a Google API key",
        (b"AIza",),
        re.compile(rb"(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}" + _TOKEN_END),
        holds=_is_random,
        letters=4,
    ),
    # learn.microsoft.com, "configure connection strings": 64 bytes in base 64.
    Format(
        "azure-storage-key",
        "a key of Azure storage",
        (b"AccountKey=",),
        re.compile(rb"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)"),
        holds=_is_random,
        published=_is_azurite,
    ),
    # See `base62_checksum`.
    Format(
        "npm-token",
        "an npm token",
        (b"pm_",),
        re.compile(rb"(?<![A-Za-z0-9_-])npm_[A-Za-z0-9]{36}" + _TOKEN_END),
        lead=1,
        holds=_is_checked,
        letters=4,
    ),
    # pypi.org/help: a macaroon whose first packet names its service, pypi.org or test.pypi.org.
    Format(
        "pypi-token",
        "a PyPI upload token",
        (b"pypi-AgE",),
        re.compile(
            rb"(?<![A-Za-z0-9_-])pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,1000}"
        ),
        holds=_is_random,
        letters=4,
    ),
    # docs.docker.com/security/access-tokens: as they are issued.
    Format(
        "docker-hub-token",
        "a Docker Hub token",
        (b"kr_pat_", b"kr_oat_"),
        re.compile(rb"(?<![A-Za-z0-9_-])dckr_[po]at_[A-Za-z0-9_-]{27,80}" + _TOKEN_END),
        lead=2,
        holds=_is_random,
        letters=4,
    ),
    # RFC 7519 and RFC 7515: header and claims are JSON objects, so each begins with `eyJ`.
    Format(
        "jwt",
        "a JSON web token",
        (b"eyJ",),
        re.compile(
            rb"(?<![A-Za-z0-9_-])(?P<secret>(?P<head>eyJ[A-Za-z0-9_-]{12,1200})"
            rb"\.(?P<claims>eyJ[A-Za-z0-9_-]{8,8000})\.[A-Za-z0-9_-]{20,1400})" + _TOKEN_END
        ),
        holds=_is_jwt,
        published=_is_known_jwt,
    ),
    # cloud.google.com/iam/docs/keys-create-delete: the key is a text of a JSON document.
    Format(
        "google-service-account",
        "the private key of a Google service account",
        (b"-----BEGIN ",),
        _PEM,
        holds=_is_service_account,
        ends=_PEM_END,
    ),
    # RFC 7468 (PKCS #8), RFC 1421 (its headers), OpenSSH's PROTOCOL.key, RFC 9580 (OpenPGP).
    Format(
        "encrypted-private-key",
        "a private key, encrypted with a passphrase",
        (b"-----BEGIN ",),
        _PEM,
        holds=_is_encrypted,
        ends=_PEM_END,
    ),
    Format(
        "private-key",
        "a private key",
        (b"-----BEGIN ",),
        _PEM,
        holds=_has_key,
        published=_is_known_key,
        ends=_PEM_END,
    ),
    # As Kubernetes' secrets, kubeconfig and many an environment variable have it.
    Format(
        "base64-private-key",
        "a private key in base 64",
        (b"LS0tLS1CRUdJTi",),
        re.compile(rb"(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi[A-Za-z0-9+/]{120}"),
        holds=_is_base64_key,
        ends=re.compile(rb"(?![A-Za-z0-9+/=])"),
    ),
    # RFC 3986, 3.2.1: a password in the address of a database, or of anything else.
    *(
        Format(
            id,
            title,
            (b"://",),
            re.compile(
                rb"://(?P<user>[^\s/:@\"'`<>\\(){}\x00-\x1f]{0,64})"
                rb":(?P<secret>[^\s/:@\"'`<>\\()\x00-\x1f\x7f-\xff]{3,128})"
                rb"@(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
            ),
            holds=holds,
            published=_is_manuals_address,
        )
        for id, title, holds in (  # noqa: A001 - the field's name
            ("database-url-password", "a password in a database's address", _is_database),
            ("url-password", "a password in an address", _is_credentials),
        )
    ),
)


def _by_literal() -> dict[bytes, tuple[Format, ...]]:
    found: dict[bytes, tuple[Format, ...]] = {}
    for form in FORMATS:
        for literal in form.literals:
            found[literal] = (*found.get(literal, ()), form)
    return found


def _gates() -> tuple[re.Pattern[bytes], ...]:
    """Make one pattern for all literals with the same first byte.

    The regular expressions' engine looks for a pattern's fixed beginning with memchr; for a choice
    between beginnings it looks at each byte, which takes ten times as long.
    """
    groups: dict[bytes, list[bytes]] = {}
    for literal in _BY_LITERAL:
        groups.setdefault(literal[:1], []).append(literal)
    return tuple(re.compile(b"|".join(map(re.escape, group))) for group in groups.values())


_BY_LITERAL = _by_literal()
_GATES = _gates()
