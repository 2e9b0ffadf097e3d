"""Secrets that a file's name makes known: which files, and what a line of them looks like.

Build contexts and images are judged by the same table. What has a form of its own (tokens, keys,
addresses) is in `careen.image.secrets.formats`, and is found in any file.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.image.secrets.values import looks_real, stands_for_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Match = re.Match[bytes]


def _is_real(match: Match) -> bool:
    return looks_real(_text(match))


def _is_password(match: Match) -> bool:
    """Take a password's place as it stands: here a number is one too."""
    text = _text(match)
    return not text.startswith("$") and not stands_for_one(text)


def _text(match: Match) -> str:
    return match["secret"].decode("utf-8", "replace").strip().strip("\"'")


_SECRETS_NAME = re.compile(
    rb"PASS(?:WORD|WD|PHRASE)?|PWD|SECRET|TOKEN|KEY|CREDENTIAL|SALT", re.IGNORECASE
)
# Names that say where a secret is, or something else about it.
_ABOUT_ONE = re.compile(
    rb"(?:FILE|PATH|DIR|URL|URI|HOST|PORT|USER|USERNAME|NAME|ID|TTL|AGE|EXPIR[A-Z_]*|MINUTES|SECONDS"
    rb"|DAYS|ALGORITHM|ALGO|LENGTH|SIZE|LIMIT|HEADER|PREFIX|SUFFIX|TYPE|ISSUER|AUDIENCE|FORMAT"
    rb"|ENABLED|REQUIRED|MODE|VERSION)$|PUBLIC|PUBLISHABLE",
    re.IGNORECASE,
)


def _is_assignment(match: Match) -> bool:
    name = match["name"]
    return (
        _SECRETS_NAME.search(name) is not None
        and _ABOUT_ONE.search(name) is None
        and _text(match).lower() != name.decode("ascii").lower()
        and _is_real(match)
    )


def _is_basic(match: Match) -> bool:
    """Check a registry's credentials: user and password in base 64, as basic authentication."""
    if match["kind"] != b"auth":
        return True
    try:
        user, colon, password = b64decode(match["secret"], validate=True).partition(b":")
    except binascii.Error:
        return False
    return bool(user and colon) and not stands_for_one(password.decode("utf-8", "replace"))


def _is_key_store(match: Match) -> bool:
    del match
    return True


@dataclass(frozen=True)
class FileRule:
    """What certain files hold.

    Attributes:
        id: such as `netrc-password`.
        title: in words.
        names: the last parts of their paths, with `*` within a part.
        pattern: of one secret; its group `secret` is what nobody may see.
        holds: checks what the pattern cannot.
        templates: whether files whose name says `example` are meant too.
        whole: whether the file as a whole is the secret: no line is given, and no length.
    """

    id: str
    title: str
    names: tuple[str, ...]
    pattern: re.Pattern[bytes]
    holds: Callable[[Match], bool] = _is_password
    templates: bool = False
    whole: bool = False


_LINES = re.MULTILINE

FILE_RULES = (
    # The twelve-factor habit, as python-dotenv and Compose read it.
    FileRule(
        "dotenv-secret",
        "a secret in a file of environment variables",
        (".env", ".env.*", "*.env", ".envrc"),
        re.compile(
            rb"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]{0,127})[ \t]*=[ \t]*"
            rb"(?P<secret>\"[^\"\n]{1,4096}\"|'[^'\n]{1,4096}'|[^\s#\"'][^\s#]{0,4095})",
            _LINES,
        ),
        _is_assignment,
    ),
    # GNU inetutils' manual, "the .netrc file".
    FileRule(
        "netrc-password",
        "a password in a .netrc",
        (".netrc", "_netrc"),
        re.compile(rb"(?<!\S)password\s{1,80}(?P<secret>\S{1,512})"),
    ),
    # docs.docker.com, `docker login`, "default behavior"; containers-auth.json(5).
    FileRule(
        "registry-credentials",
        "a registry's credentials",
        (".docker/config.json", ".dockercfg", ".dockerconfigjson", "containers/auth.json"),
        re.compile(
            rb"\"(?P<kind>auth|identitytoken|registrytoken)\"\s{0,80}:\s{0,80}"
            rb"\"(?P<secret>[^\"\s]{4,8192})\""
        ),
        _is_basic,
    ),
    # docs.npmjs.com, "npmrc", "auth related configuration".
    FileRule(
        "npmrc-token",
        "a token or a password in an .npmrc",
        (".npmrc", "etc/npmrc"),
        re.compile(
            rb"^[^#;\n]{0,512}_(?:authToken|auth|password)[ \t]*=[ \t]*(?P<secret>[^\s]{1,2048})",
            _LINES,
        ),
    ),
    # yarnpkg.com/configuration/yarnrc.
    FileRule(
        "yarn-token",
        "a token in a .yarnrc.yml",
        (".yarnrc.yml",),
        re.compile(
            rb"^[ \t]{0,80}npmAuth(?:Token|Ident):[ \t]*[\"']?(?P<secret>[^\s\"']{1,2048})", _LINES
        ),
    ),
    # packaging.python.org/specifications/pypirc.
    FileRule(
        "pypirc-password",
        "a password in a .pypirc",
        (".pypirc",),
        re.compile(rb"^[ \t]*password[ \t]*[=:][ \t]*(?P<secret>[^\s]{1,2048})", _LINES),
    ),
    # PostgreSQL's manual, "The Password File".
    FileRule(
        "pgpass-password",
        "a password in a .pgpass",
        (".pgpass",),
        re.compile(rb"^[^#:\n][^:\n]{0,255}(?::[^:\n]{1,255}){3}:(?P<secret>[^\s]{1,512})", _LINES),
    ),
    # MySQL's manual, "Using Option Files".
    FileRule(
        "mysql-password",
        "a password in MySQL's options",
        (".my.cnf", ".mylogin.cnf", "my.cnf"),
        re.compile(rb"^[ \t]*password[ \t]*=[ \t]*(?P<secret>[^\s]{1,512})", _LINES),
    ),
    # shadow(5) and crypt(5): a hash can be tried against every password there is.
    FileRule(
        "password-hash",
        "the hash of a password",
        ("etc/shadow", "etc/shadow-", ".htpasswd"),
        re.compile(
            rb"^[^:#\n]{1,255}:(?P<secret>\$[A-Za-z0-9]{1,8}\$[^:\s]{16,512}|\{SHA\}[^:\s]{20,64})",
            _LINES,
        ),
        lambda _: True,
    ),
    # developer.hashicorp.com/vault/docs/commands, "token helper".
    FileRule(
        "vault-token",
        "a token of Vault",
        (".vault-token",),
        re.compile(rb"\A\s{0,8}(?P<secret>[A-Za-z0-9._-]{16,1024})\s{0,8}\Z"),
    ),
    # developer.hashicorp.com/terraform/language/state/sensitive-data.
    FileRule(
        "terraform-state",
        "a secret in Terraform's state",
        ("*.tfstate", "*.tfstate.backup"),
        re.compile(
            rb"\"(?P<name>[a-z_]{0,40}(?:password|secret|token|private_key|access_key))\"\s{0,8}:"
            rb"\s{0,8}\"(?P<secret>[^\"\n]{4,4096})\""
        ),
        _is_assignment,
    ),
    # RFC 7292 (PKCS #12); Java's KeyStore: a magic, a version, a count, and 1 for a private key;
    # KeePass's KDBX; PuTTY's private key.
    FileRule(
        "key-store",
        "a key store, which may hold private keys",
        ("*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk"),
        re.compile(
            rb"\A(?P<secret>0[\x80-\x84]|(?:\xfe\xed\xfe\xed|\xce\xce\xce\xce).{8}\x00\x00\x00\x01"
            rb"|\x03\xd9\xa2\x9a|PuTTY-User-Key-File-)",
            re.DOTALL,
        ),
        lambda _: True,
        templates=True,
        whole=True,
    ),
)

_EXAMPLES = re.compile(
    r"(^|[._-])(example|sample|template|dist|defaults?|schema)([._-]|$)", re.IGNORECASE
)


def is_template(path: str) -> bool:
    """Tell whether a file's name says that it is there to be copied and filled in.

    >>> is_template("app/.env.example"), is_template("app/.env")
    (True, False)
    """
    return _EXAMPLES.search(path.rpartition("/")[2]) is not None


def names_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Make one pattern of names, which are the last parts of a path; `*` is within one of them.

    >>> pattern = names_pattern([".aws/credentials", "*.p12"])
    >>> [pattern.search(p) is not None for p in ("root/.aws/credentials", "a.p12", "a.p12/b")]
    [True, True, False]
    """
    choices = "|".join(re.escape(name).replace(r"\*", "[^/]*") for name in names)
    return re.compile(rf"(?:^|/)(?:{choices})\Z")


_ANY = names_pattern(name for rule in FILE_RULES for name in rule.names)
_EACH = tuple((names_pattern(rule.names), rule) for rule in FILE_RULES)


def rules_of(path: str) -> tuple[FileRule, ...]:
    """Give the rules for a file of this name; most have none.

    >>> [rule.id for rule in rules_of("app/.env")], rules_of("app/.env.example")
    (['dotenv-secret'], ())
    """
    if not _ANY.search(path):
        return ()
    template = is_template(path)
    return tuple(
        rule for names, rule in _EACH if names.search(path) and (rule.templates or not template)
    )
