"""Tells names that secrets have from other names, and real secrets from what stands in their place.

Builds' instructions and images' contents are judged by the same words.
"""

from __future__ import annotations

import math
import re
from collections import Counter

# Other than `careen.image.redaction.looks_secret`, which hides rather once too often: what has a
# name of these, and a value, is reported. GPG_KEY (a fingerprint) and KEY_PATH are none.
_NAME = re.compile(
    r"(?:^|[_.-])(?:PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|CREDENTIALS?|API_?KEY"
    r"|PRIVATE_?KEY|ACCESS_?KEY|SECRET_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY|AUTH_?KEY)$",
    re.IGNORECASE,
)
_SHELLS_OWN = frozenset({"PWD", "OLDPWD"})
_NO_SECRET = re.compile(r"/.*|\d+|true|false|yes|no|on|off|none|null|\$.*", re.IGNORECASE)
# What documentation and templates write where a secret is to be put in.
_STANDS_FOR_ONE = re.compile(
    r"change.?(?:me|this|it)|replace.?(?:me|this|with)|fill.?(?:me|in)|example|placeholder|redacted"
    r"|dummy|your[-_ ]|(?<![a-z])(?:insert|enter)[-_ ]|(?<![a-z])(?:todo|tbd|fixme)(?![a-z])"
    r"|x{4}|\*{3}|\.{3}|<[^>]*>|\{\{|\$\{|\$\(|%\(|%s|\{[a-z_.]*\}",
    re.IGNORECASE,
)
# As a whole they are words for a secret, and nobody's; `secret123` may be somebody's.
_WORDS = re.compile(
    r"(?:my|the|some|a|user|db|database|test)?[-_ ]?"
    r"(?:p[a4@][s5$]{2}|p[a4@][s5$]{2}w(?:[o0]r)?d|pw|pwd|s[e3]cr[e3]t|token|key|api[-_]?key"
    r"|passphrase|credentials?)"
    r"|hunter[0-9]|xyzzy|test(?:ing)?|foo|bar|baz|default|undefined|nil|empty|string|value",
    re.IGNORECASE,
)
_LEAST_CHARACTERS = 4


def names_a_secret(name: str) -> bool:
    """Tell whether a variable, a label or an option of this name holds a secret itself.

    >>> [names_a_secret(name) for name in ("DB_PASSWORD", "API_KEY", "TOKEN_FILE", "GPG_KEY")]
    [True, True, False, False]
    """
    return name not in _SHELLS_OWN and _NAME.search(name.replace("-", "_")) is not None


def may_be_secret(value: str) -> bool:
    """Tell whether a value may be a secret: it is no path, number, switch or other variable.

    >>> may_be_secret("tr0ub4dor"), may_be_secret("/run/secrets/x"), may_be_secret("${TOKEN}")
    (True, False, False)
    """
    return bool(value) and _NO_SECRET.fullmatch(value) is None


def stands_for_one(value: str) -> bool:
    """Tell whether a value is what people write in a secret's place.

    >>> stands_for_one("changeme"), stands_for_one("your-token"), stands_for_one("tr0ub4dor")
    (True, True, False)
    """
    return (
        len(value) < _LEAST_CHARACTERS
        or len(set(value)) == 1
        or _STANDS_FOR_ONE.search(value) is not None
        or _WORDS.fullmatch(value) is not None
    )


def looks_real(value: str) -> bool:
    """Tell whether a value looks like a secret that is in use.

    >>> looks_real("s3cr3t-4-real"), looks_real("example"), looks_real("true")
    (True, False, False)
    """
    return may_be_secret(value) and not stands_for_one(value)


def entropy(data: bytes) -> float:
    """Give Shannon's entropy of the bytes that stand there, in bits a byte.

    >>> entropy(b"aaaa"), entropy(b"abcd")
    (0.0, 2.0)
    """
    total = len(data)
    return sum(n / total * math.log2(total / n) for n in Counter(data).values())
