"""Orders versions as the manager of their packages does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from careen.scan.model import Kind

_PART = re.compile(r"([^0-9]*)([0-9]*)")
# Alpine's and npm's marks of what comes before a release, which Debian writes as a tilde.
_BEFORE = re.compile(r"_(?=alpha|beta|pre|rc)")


def version_key(kind: Kind, version: str) -> tuple[Any, ...]:
    """Give what sorts versions of one kind of package; never fails.

    Sources: deb-version(7) for deb; the packaging specification (PEP 440) for Python, where what
    is no version stands before all that are; the others by Debian's rules for a part, with a
    pre-release before its release.

    >>> version_key("deb", "1.0~rc1-1") < version_key("deb", "1.0-1")
    True
    >>> version_key("python", "1.9") < version_key("python", "1.10")
    True
    """
    if kind == "python":
        try:
            return 1, Version(version)
        except InvalidVersion:
            return 0, _parts(version)
    if kind == "npm":
        core, mark, before = version.partition("+")[0].partition("-")
        return _number("0"), _parts(f"{core}~{before}" if mark else core)
    if kind == "apk":
        return _number("0"), _parts(_BEFORE.sub("~", version))
    epoch, colon, rest = version.partition(":")
    if not colon or not (epoch.isascii() and epoch.isdigit()):
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return _number(epoch), _parts(upstream), _parts(revision)


def lowest_fix(kind: Kind, installed: str, versions: Iterable[str]) -> str:
    """Give the lowest version above *installed*, else the lowest; "" where there is none.

    A scanner may name one for each branch, with commas between them.

    >>> lowest_fix("python", "3.1", ["2.9.9, 3.1.2", "3.2"])
    '3.1.2'
    """
    single = {one.strip() for text in versions for one in text.split(",")} - {""}
    ordered = sorted(single, key=lambda one: (version_key(kind, one), one))
    here = version_key(kind, installed)
    above = [one for one in ordered if version_key(kind, one) > here]
    return next(iter(above or ordered), "")


def _parts(text: str) -> tuple[Any, ...]:
    found = _PART.findall(text)
    pairs = found[:-1] if len(found) > 1 else found
    alternating = [one for letters, digits in pairs for one in (_letters(letters), _number(digits))]
    return (*alternating, _letters(""))


def _letters(text: str) -> tuple[int, ...]:
    """A tilde is before the end, the end before letters, letters before all other signs."""
    weights = (-1 if one == "~" else ord(one) + 0x110000 * (not one.isalpha()) for one in text)
    return (*weights, 0)


def _number(digits: str) -> tuple[int, str]:
    """A stranger's version may have more digits than Python makes a number of."""
    plain = digits.lstrip("0")
    return len(plain), plain
