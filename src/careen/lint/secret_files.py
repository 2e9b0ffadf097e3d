"""Files that hold a secret, told by their names and by a bounded look at their first bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.image.secrets.files import is_template, names_pattern, rules_of
from careen.image.secrets.search import shapes_in

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD_BYTES = 4096
# A private key or a file of credentials is small; larger files are not opened.
LARGEST_BYTES = 65_536

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
_ANY_NAME = names_pattern(name for name, _ in _BY_NAME)
_EACH_NAME = tuple((names_pattern([name]), what) for name, what in _BY_NAME)
# Of the rules for images' files, those whose files need not hold a secret.
_BY_RULE = {
    "npmrc-token": "a token",
    "yarn-token": "a token",
    "pypirc-password": "a password",
}
_IN_ADDRESS = re.compile(rb"://[^\s/:@]+:[^\s/@$]+@")
# In these files a line of this form, with no ${VARIABLE} in its place.
_BY_LINE = (
    (names_pattern(["pip.conf"]), _IN_ADDRESS, "a password in an address"),
    (
        names_pattern(["*.json"]),
        re.compile(rb"\"private_key\"\s*:\s*\"-----BEGIN"),
        "a service account's key",
    ),
)


def by_name(path: str) -> str:
    """Say what secret a file of this name holds, "" where it need not hold one.

    >>> by_name("deploy/.env"), by_name(".env.example"), by_name("src/id_rsa.pub")
    ('environment variables', '', '')
    """
    if is_template(path) or not _ANY_NAME.search(path):
        return ""
    return next((what for names, what in _EACH_NAME if names.search(path)), "")


def by_content(path: str, head: bytes) -> str:
    r"""Say what secret the first bytes of a file show, "" where none.

    >>> by_content(".npmrc", b"//registry.example/:_authToken=abc\n")
    'a token'
    """
    if not head:
        return ""
    if any(form.is_key for form, _, _ in shapes_in(head)):
        return "a private key"
    for rule in rules_of(path):
        if rule.id in _BY_RULE and any(
            not match["secret"].startswith(b"$") for match in rule.pattern.finditer(head)
        ):
            return _BY_RULE[rule.id]
    return next(
        (what for names, line, what in _BY_LINE if names.search(path) and line.search(head)), ""
    )


def worth_opening(files: Iterable[tuple[str, int]], most: int) -> list[str]:
    """Choose, of (path, bytes), those to look into: small ones, at most *most*."""
    return [path for path, size in files if 0 < size <= LARGEST_BYTES][:most]
