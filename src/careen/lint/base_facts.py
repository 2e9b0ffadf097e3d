"""What a base image's reference tells about it: distribution, libc, interpreter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from careen.errors import UsageError
from careen.image.read.reference import Reference, parse

Family = Literal["debian", "ubuntu", "alpine", "distroless", ""]

_DEBIAN = {"stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13"}
_UBUNTU = {"bionic": "18.04", "focal": "20.04", "jammy": "22.04", "noble": "24.04"}
# Of Docker's official images these stand on Debian where their tag does not say otherwise.
_ON_DEBIAN = frozenset({
    "buildpack-deps", "debian", "golang", "nginx", "node", "perl", "php", "postgres", "python",
    "redis", "ruby", "rust",
})  # fmt: skip
# The distributions' own Python 3.
_PYTHON = {
    ("debian", "11"): "3.9",
    ("debian", "12"): "3.11",
    ("debian", "13"): "3.13",
    ("ubuntu", "20.04"): "3.8",
    ("ubuntu", "22.04"): "3.10",
    ("ubuntu", "24.04"): "3.12",
}
_DOTTED = re.compile(r"(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class BaseFacts:
    """What is known of a base; empty is unknown.

    Attributes:
        name: of one of Docker's official images, such as python; "distroless/python3-debian12".
        version: that the tag begins with, such as 3.13.
        family: of the distribution.
        release: of the distribution, such as 12, 24.04 or 3.20.
        libc: glibc or musl.
        python: minor version of the interpreter, such as 3.13; of a plain distribution that of
            its package.
        prefix: where the interpreter is: /usr/local or /usr.
        official: whether it is an image of Docker's library.
        nonroot: whether it says that it runs as another user than root.
    """

    name: str = ""
    version: str = ""
    family: Family = ""
    release: str = ""
    libc: str = ""
    python: str = ""
    prefix: str = ""
    official: bool = False
    nonroot: bool = False

    @property
    def has_python(self) -> bool:
        """Whether the image itself brings Python."""
        return self.name == "python" or self.name.startswith("distroless/python3")


def base_facts(reference: str | None) -> BaseFacts:
    """Give what a reference tells.

    >>> facts = base_facts("python:3.13-slim-bookworm")
    >>> facts.family, facts.release, facts.python, facts.libc
    ('debian', '12', '3.13', 'glibc')
    """
    if not reference or reference == "scratch":
        return BaseFacts()
    try:
        parsed = parse(reference)
    except UsageError:
        return BaseFacts()
    parts = parsed.repository.split("/")
    if "distroless" in parts[:-1]:
        return _distroless(parts[-1], parsed)
    if len(parts) > 1 and parts[-2] == "library":
        return _official(parts[-1], parsed.tag)
    return BaseFacts()


def _distroless(image: str, reference: Reference) -> BaseFacts:
    release = match[1] if (match := re.search(r"-debian(\d+)", image)) else ""
    python = _PYTHON.get(("debian", release), "") if image.startswith("python3") else ""
    return BaseFacts(
        name=f"distroless/{image}",
        family="distroless",
        release=release,
        libc="" if image.startswith("static") else "glibc",
        python=python,
        prefix="/usr" if image.startswith("python3") else "",
        nonroot="nonroot" in reference.tag,
    )


def _official(name: str, tag: str) -> BaseFacts:
    match = _DOTTED.match(tag)
    version = match[0] if match else ""
    family, release = _distribution(name, tag, version)
    python = version if name == "python" and "." in version else ""
    if name != "python":
        python = _PYTHON.get((family, release), "")
    return BaseFacts(
        name=name,
        version=version,
        family=family,
        release=release,
        libc={"debian": "glibc", "ubuntu": "glibc", "alpine": "musl"}.get(family, ""),
        python=python,
        prefix={"": ""}.get(family, "/usr/local" if name == "python" else "/usr"),
        official=True,
    )


def _distribution(name: str, tag: str, version: str) -> tuple[Family, str]:
    words = tag.split("-")
    if name == "alpine":
        return "alpine", version
    if match := re.search(r"alpine(\d+\.\d+)?", tag):
        return "alpine", match[1] or ""
    if name == "ubuntu":
        codename = next((_UBUNTU[word] for word in words if word in _UBUNTU), "")
        return "ubuntu", codename or (tag[:5] if re.match(r"\d\d\.\d\d", tag) else "")
    if name not in _ON_DEBIAN or "windows" in tag or "nanoserver" in tag:
        return "", ""
    codename = next((_DEBIAN[word] for word in words if word in _DEBIAN), "")
    if name == "debian" and not codename:
        codename = match[1] if (match := _DOTTED.match(tag)) else ""
    return "debian", codename
