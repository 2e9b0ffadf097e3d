"""Files that hold a secret, told by their names and by a bounded look at their first bytes."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD_BYTES = 4096
# A private key or a file of credentials is small; larger files are not opened.
LARGEST_BYTES = 65_536

_EXAMPLES = re.compile(
    r"(^|[._-])(example|sample|template|dist|defaults?|schema)([._-]|$)", re.IGNORECASE
)
# By its name alone; the last parts of its path are compared.
_BY_NAME = (
    (".env", "environment variables"),
    (".env.*", "environment variables"),
    (".envrc", "environment variables"),
    (".netrc", "passwords"),
    (".git-credentials", "passwords"),
    (".pgpass", "passwords"),
    (".htpasswd", "passwords"),
    ("id_rsa", "a private key"),
    ("id_dsa", "a private key"),
    ("id_ecdsa", "a private key"),
    ("id_ed25519", "a private key"),
    ("*.p12", "a private key"),
    ("*.pfx", "a private key"),
    ("*.jks", "a private key"),
    ("*.keystore", "a private key"),
    ("*.kdbx", "passwords"),
    ("*.tfstate", "what Terraform knows, passwords too"),
    (".vault-token", "a token"),
    (".aws/credentials", "access keys"),
    (".kube/config", "access to a cluster"),
    (".docker/config.json", "passwords of registries"),
    (".azure/accessTokens.json", "tokens"),
)
# Most paths have none of these names: one question instead of one for each.
_ANY_NAME = re.compile(
    "(?:^|/)(?:"
    + "|".join(re.escape(pattern).replace(r"\*", "[^/]*") for pattern, _ in _BY_NAME)
    + r")\Z"
)
_PRIVATE_KEY = re.compile(
    rb"^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\r?\n"
    rb"(?:[A-Za-z-]+: [^\n]*\n)*\s*[A-Za-z0-9+/=]{32}",
    re.MULTILINE,
)
_IN_ADDRESS = re.compile(rb"://[^\s/:@]+:[^\s/@$]+@")
# In these files a line of this form, with no ${VARIABLE} in its place.
_BY_LINE = (
    (
        ".npmrc",
        re.compile(rb"^[^#;\n]*_(?:authToken|auth|password)\s*=\s*[^\s$]", re.MULTILINE),
        "a token",
    ),
    (".pypirc", re.compile(rb"^\s*password\s*[=:]\s*[^\s$]", re.MULTILINE), "a password"),
    ("pip.conf", _IN_ADDRESS, "a password in an address"),
    (
        ".yarnrc.yml",
        re.compile(rb"^\s*npmAuth(?:Token|Ident):\s*[\"']?[^\s$\"']", re.MULTILINE),
        "a token",
    ),
    ("*.json", re.compile(rb"\"private_key\"\s*:\s*\"-----BEGIN"), "a service account's key"),
)


def by_name(path: str) -> str:
    """Say what secret a file of this name holds, "" where it need not hold one.

    >>> by_name("deploy/.env"), by_name(".env.example"), by_name("src/id_rsa.pub")
    ('environment variables', '', '')
    """
    if _EXAMPLES.search(path.rpartition("/")[2]):
        return ""
    if not _ANY_NAME.search(path):
        return ""
    return next((what for pattern, what in _BY_NAME if _has_name(path, pattern)), "")


def by_content(path: str, head: bytes) -> str:
    r"""Say what secret the first bytes of a file show, "" where none.

    >>> by_content(".npmrc", b"//registry.example/:_authToken=abc\n")
    'a token'
    """
    if not head:
        return ""
    if _PRIVATE_KEY.search(head):
        return "a private key"
    return next(
        (what for name, line, what in _BY_LINE if _has_name(path, name) and line.search(head)), ""
    )


def worth_opening(files: Iterable[tuple[str, int]], most: int) -> list[str]:
    """Choose, of (path, bytes), those to look into: small ones, at most *most*."""
    return [path for path, size in files if 0 < size <= LARGEST_BYTES][:most]


def _has_name(path: str, pattern: str) -> bool:
    parts = path.split("/")
    return fnmatchcase("/".join(parts[-1 - pattern.count("/") :]), pattern)
