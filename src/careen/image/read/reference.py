"""Image references: registry, repository, tag and digest, as Docker reads them.

Source: github.com/distribution/reference, whose "familiar" names leave out docker.io and library.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from careen.errors import UsageError

_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
    r"|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?"
)
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_MOST_LENGTH = 255


class Reference(NamedTuple):
    """A reference with nothing left out.

    Attributes:
        domain: the registry's host, with its port where it has one; docker.io for Docker's own.
        repository: such as library/python.
        tag: "" where a digest alone was given.
        digest: "" where none was given.
    """

    domain: str
    repository: str
    tag: str
    digest: str

    @property
    def wanted(self) -> str:
        """What a registry is asked for: the digest, else the tag."""
        return self.digest or self.tag

    @property
    def is_loopback(self) -> bool:
        """Whether the registry is on this machine."""
        host = re.sub(r":\d+$", "", self.domain).strip("[]")
        if host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.domain}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")


def parse(text: str) -> Reference:
    """Read a reference.

    >>> str(parse("python:3.13-slim")), str(parse("localhost:5000/a/b"))
    ('docker.io/library/python:3.13-slim', 'localhost:5000/a/b:latest')

    Raises:
        UsageError: it is none.
    """
    name, at, digest = text.partition("@")
    head, slash, rest = name.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost" or head != head.lower()):
        domain, path = head, rest
    else:
        domain, path = "docker.io", name
    repository, colon, tag = path.partition(":")
    if domain in {"index.docker.io", "registry-1.docker.io"}:
        domain = "docker.io"
    if domain == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    right = (
        len(repository) <= _MOST_LENGTH
        and _DOMAIN.fullmatch(domain)
        and all(_COMPONENT.fullmatch(part) for part in repository.split("/"))
        and (_TAG.fullmatch(tag) if colon else True)
        and (_DIGEST.fullmatch(digest) if at else True)
    )
    if not right:
        raise UsageError(
            f"no image reference: {text[:200]!r}",
            hint="write [registry/]repository[:tag][@sha256:...], in lower case",
        )
    return Reference(domain, repository, tag or ("" if digest else "latest"), digest)
