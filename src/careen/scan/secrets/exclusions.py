"""What has a secret's form and is nobody's secret: published files, each with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Exclusion:
    """Files in which a rule finds what everybody has.

    Attributes:
        rules: ids.
        path: of the files, matched from the beginning.
        reason: why it is no secret.
    """

    rules: frozenset[str]
    path: re.Pattern[str]
    reason: str


_KEYS = frozenset({"private-key", "encrypted-private-key"})
_PACKAGES = r"(?:.*/)?(?:site|dist)-packages"

# Whoever takes one of these for their own service has a secret that everybody knows, and it is
# found where they copy it to. What is set aside is listed, so that nobody has to believe this.
EXCLUSIONS: tuple[Exclusion, ...] = (
    Exclusion(
        _KEYS,
        re.compile(r"(?:.*/)?lib/python[23]\.\d+/test/(?:certdata/)?[^/]+\.pem\Z"),
        "a key of CPython's own tests, published with it",
    ),
    Exclusion(
        _KEYS,
        re.compile(rf"{_PACKAGES}/(?:tornado|gevent|twisted(?:/[a-z]+)?)/tests?/[^/]+\Z"),
        "a key of the package's own tests, published with it",
    ),
    Exclusion(
        _KEYS,
        re.compile(rf"{_PACKAGES}/awscli/examples/.+\.rst\Z"),
        "a key of the AWS command's manual",
    ),
    Exclusion(
        _KEYS,
        re.compile(rf"{_PACKAGES}/moto/moto_proxy/[^/]+\.key\Z"),
        "the key that moto's test proxy has everywhere",
    ),
    Exclusion(
        frozenset({"jwt", "url-password", "database-url-password"}),
        re.compile(rf"{_PACKAGES}/[^/]+\.(?:dist|egg)-info/(?:METADATA|PKG-INFO)\Z"),
        "an example in the package's description, published with it",
    ),
)


def why_none(rule: str, path: str) -> str:
    """Say why what a rule found in a file is no secret; "" where it is one."""
    return next(
        (each.reason for each in EXCLUSIONS if rule in each.rules and each.path.match(path)), ""
    )
