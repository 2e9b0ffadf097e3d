"""What logs in SARIF 2.1.0 have in common.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

import re
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any

from careen.report.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# RFC 3986, "unreserved", and the slash between the parts of a path.
_PLAIN = frozenset(f"{ascii_letters}{digits}-._~/")
# RFC 3986, 2.1 to 2.3: what a URI may not hold, a percent sign without its two digits included.
_NO_URI = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})")


def log(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give a log of runs."""
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": list(runs)}


def artifact(path: str) -> dict[str, str]:
    """Give the location of a file: below ROOT, the project's folder, or absolute."""
    if path.startswith("/"):
        return {"uri": f"file://{quoted(path)}"}
    # A colon in the first part of a relative reference would be read as a scheme.
    return {"uri": quoted(path), "uriBaseId": "ROOT"}


def quoted(path: str) -> str:
    """Quote a path for a URI, octets that are no UTF-8 included.

    >>> quoted("a b")
    'a%20b'
    """
    octets = (chr(octet) for octet in path.encode("utf-8", "surrogateescape"))
    return "".join(one if one in _PLAIN else f"%{ord(one):02X}" for one in octets)


def link(url: str) -> str:
    """Quote what may not stand in a URI; what has a meaning there keeps it.

    >>> link("https://example.org/a b?id=CVE-2026-1&c=%20")
    'https://example.org/a%20b?id=CVE-2026-1&c=%20'
    """
    return _NO_URI.sub(lambda match: quoted(match[0]), url)


def suppression(kind: str, reason: str) -> dict[str, Any]:
    """Give what marks a result as accepted; *kind* is `inSource` or `external`."""
    return {"suppressions": [{"kind": kind, "justification": clean(reason)}]}


def notice(level: str, text: str) -> dict[str, Any]:
    """Give a tool's notification; *level* is note, warning or error."""
    return {"level": level, "message": {"text": clean(text)}}
