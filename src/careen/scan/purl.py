"""Reads package URLs, which name a package of any manager: `pkg:pypi/foo@1.0`."""

from __future__ import annotations

import re

from careen.scan.model import Kind, Package

KINDS: dict[str, Kind] = {"deb": "deb", "apk": "apk", "pypi": "python", "npm": "npm"}


def package_of(purl: str) -> Package:
    """Give the package that a package URL names.

    The format is of the package-url specification, "Rules for each purl component".

    Raises:
        ValueError: it is none, or has no version.

    >>> package_of("pkg:deb/debian/libc6@2.41-12%2Bdeb13u5?arch=amd64&epoch=1").version
    '1:2.41-12+deb13u5'
    >>> package_of("pkg:npm/%40babel/core@7.0.0").name
    '@babel/core'
    """
    rest, _, _ = purl.partition("#")
    rest, _, query = rest.partition("?")
    scheme, _, rest = rest.partition(":")
    path, _, version = rest.strip("/").rpartition("@")
    type_, _, name = path.partition("/")
    if scheme != "pkg" or not type_ or not name or not version:
        raise ValueError(f"{purl[:200]!r} is no package URL with a version")
    pairs = (pair.partition("=") for pair in query.split("&"))
    qualifiers = {key: _decoded(value) for key, _, value in pairs}
    kind = KINDS.get(type_, "other")
    full = _decoded(name if kind in {"npm", "other"} else name.rpartition("/")[2])
    version = _decoded(version)
    if epoch := qualifiers.get("epoch"):
        version = f"{epoch}:{version}"
    architecture = qualifiers.get("arch", "") if kind in {"deb", "apk"} else ""
    return Package(kind, full, version, architecture=architecture)


def _decoded(text: str) -> str:
    """Give a text without its percent-encoding."""
    plain = re.sub(
        rb"%([0-9A-Fa-f]{2})",
        lambda match: bytes.fromhex(match[1].decode()),
        text.encode(errors="replace"),
    )
    return plain.decode(errors="replace")
