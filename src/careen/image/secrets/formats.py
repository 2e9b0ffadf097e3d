"""The forms that secrets have wherever they stand: tokens with a prefix of their own, private keys.

One table, one entry a form. A form begins at a literal, which is looked for first: that is as
quick as reading memory, and a regular expression runs where the literal stands, nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.image.secrets import checks
from careen.image.secrets.values import entropy

if TYPE_CHECKING:
    from collections.abc import Callable

    from careen.image.secrets.checks import Match

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
        published=checks.says_example,
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
        holds=checks.is_random,
        published=checks.says_example,
    ),
    # See `base62_checksum`; a refresh token is longer.
    Format(
        "github-token",
        "a GitHub token",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"),
        re.compile(rb"(?<![A-Za-z0-9_-])gh[pousr]_[A-Za-z0-9]{36,251}" + _TOKEN_END),
        holds=checks.is_checked,
        letters=4,
    ),
    # docs.github.com, "about authentication": fine-grained tokens; lengths as they are issued.
    Format(
        "github-fine-grained-token",
        "a fine-grained GitHub token",
        (b"github_pat_",),
        re.compile(rb"(?<![A-Za-z0-9_-])github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}" + _TOKEN_END),
        holds=checks.is_random,
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
        holds=checks.is_random,
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
        holds=checks.is_random,
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
        holds=checks.is_no_slack_example,
    ),
    # docs.stripe.com/keys: secret and restricted keys of the live mode; a test key moves no money.
    Format(
        "stripe-key",
        "a Stripe key of the live mode",
        (b"k_live_",),
        re.compile(rb"(?<![A-Za-z0-9_])[rs]k_live_[A-Za-z0-9]{24,247}" + _TOKEN_END),
        lead=1,
        holds=checks.is_random,
        letters=4,
    ),
    # cloud.google.com/docs/authentication/api-keys: 39 characters as they are issued.
    Format(
        "google-api-key",
        "a Google API key",
        (b"AIza",),
        re.compile(rb"(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}" + _TOKEN_END),
        holds=checks.is_random,
        letters=4,
    ),
    # learn.microsoft.com, "configure connection strings": 64 bytes in base 64.
    Format(
        "azure-storage-key",
        "a key of Azure storage",
        (b"AccountKey=",),
        re.compile(rb"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)"),
        holds=checks.is_random,
        published=checks.is_azurite,
    ),
    # See `base62_checksum`.
    Format(
        "npm-token",
        "an npm token",
        (b"pm_",),
        re.compile(rb"(?<![A-Za-z0-9_-])npm_[A-Za-z0-9]{36}" + _TOKEN_END),
        lead=1,
        holds=checks.is_checked,
        letters=4,
    ),
    # The index's help, "API tokens": a macaroon whose first packet names the service that made it.
    Format(
        "pypi-token",
        "a PyPI upload token",
        (b"pypi-AgE",),
        re.compile(
            rb"(?<![A-Za-z0-9_-])pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,1000}"
        ),
        holds=checks.is_random,
        letters=4,
    ),
    # docs.docker.com/security/access-tokens: as they are issued.
    Format(
        "docker-hub-token",
        "a Docker Hub token",
        (b"kr_pat_", b"kr_oat_"),
        re.compile(rb"(?<![A-Za-z0-9_-])dckr_[po]at_[A-Za-z0-9_-]{27,80}" + _TOKEN_END),
        lead=2,
        holds=checks.is_random,
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
        holds=checks.is_jwt,
        published=checks.is_known_jwt,
    ),
    # cloud.google.com/iam/docs/keys-create-delete: the key is a text of a JSON document.
    Format(
        "google-service-account",
        "the private key of a Google service account",
        (b"-----BEGIN ",),
        _PEM,
        holds=checks.is_service_account,
        ends=_PEM_END,
    ),
    # RFC 7468 (PKCS #8), RFC 1421 (its headers), OpenSSH's PROTOCOL.key, RFC 9580 (OpenPGP).
    Format(
        "encrypted-private-key",
        "a private key, encrypted with a passphrase",
        (b"-----BEGIN ",),
        _PEM,
        holds=checks.is_encrypted,
        ends=_PEM_END,
    ),
    Format(
        "private-key",
        "a private key",
        (b"-----BEGIN ",),
        _PEM,
        holds=checks.has_key,
        published=checks.is_known_key,
        ends=_PEM_END,
    ),
    # As Kubernetes' secrets, kubeconfig and many an environment variable have it.
    Format(
        "base64-private-key",
        "a private key in base 64",
        (b"LS0tLS1CRUdJTi",),
        re.compile(rb"(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi[A-Za-z0-9+/]{120}"),
        holds=checks.is_base64_key,
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
            published=checks.is_manuals_address,
        )
        for id, title, holds in (  # noqa: A001 - the field's name
            ("database-url-password", "a password in a database's address", checks.is_database),
            ("url-password", "a password in an address", checks.is_credentials),
        )
    ),
)
