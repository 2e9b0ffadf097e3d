"""What an image holds, read by careen itself: packages, and the layer that brought each in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.image.history import clean_instruction
from careen.image.redaction import redacted
from careen.image.tree import merge
from careen.image.weigh.distributions import distributions
from careen.image.weigh.packages import DEB, listed_packages, packages, release
from careen.image.weigh.view import View
from careen.scan.model import Installed, Origin, Package

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from careen.image.model import Image
    from careen.image.weigh.packages import Package as Listed
    from careen.scan.model import Kind

BLIND_TO = "node modules: careen's own inventory does not have them"
# Programs of published images that no package manager installed, and the variable that says
# their version there. Source: the Dockerfiles of docker-library/python and nodejs/docker-node.
_PROGRAMS = (
    (re.compile(r"usr/local/bin/python(?P<version>3\.\d+)"), "python", "PYTHON_VERSION"),
    (re.compile(r"usr/local/bin/node"), "node", "NODE_VERSION"),
)
_FILE = "f"


def inventory(image: Image, base: Image | None = None) -> tuple[Installed, ...]:
    """Give every package of an image.

    Args:
        image: with its layers.
        base: the image that it stands on; where its layers are not the image's lowest ones,
            nobody knows what is of a base.
    """
    view = View(merge(image.layers), image.layers)
    origins = _Origins(image, _layers_of_base(image, base))
    found = [*_packages(view, origins), *_distributions(view, origins), *_programs(view, origins)]
    return tuple(dict.fromkeys(found))


def unseen(image: Image) -> tuple[str, ...]:
    """Say what nobody can know of an image, a sentence each; () where all can be known."""
    view = View(merge(image.layers), image.layers)
    found = []
    system = release(view)
    if not packages(view) and (system is not None or _has_system(view)):
        name = system.title or system.name if system else "an operating system"
        found.append(f"its packages: it has files of {name} and no package database")
    elif system is None and packages(view):
        found.append("which release its packages are of: it has no os-release")
    bare = [one for one in distributions(view) if not one.version]
    if bare:
        names = ", ".join(sorted({one.name for one in bare})[:5])
        found.append(f"the versions of Python distributions without metadata: {names}")
    return tuple(found)


class _Origins:
    """Which layer brought what in."""

    def __init__(self, image: Image, below: int | None) -> None:
        self._image = image
        self._below = below
        # By layer, what its databases list: a layer without one changes nothing.
        self._listed = [_listed(layer.documents) for layer in image.layers]

    def of_package(self, package: Listed) -> Origin:
        """Give the lowest layer from which on every database lists this version."""
        wanted = (package.kind, package.name, package.architecture)
        found = None
        for number in range(len(self._listed) - 1, -1, -1):
            listed = self._listed[number].get(wanted)
            if listed == package.version:
                found = number
            elif listed is not None or self._has_database(number, package.kind):
                break
        return self.of_layer(found)

    def of_layer(self, number: int | None) -> Origin:
        """Give what is said of a layer, counted from 0."""
        if number is None:
            return Origin()
        facts = self._image.facts[number]
        return Origin(
            layer=number + 1,
            diff_id=facts.diff_id,
            instruction=redacted(clean_instruction(facts.instruction)),
            in_base=None if self._below is None else number < self._below,
        )

    def said(self, variable: str, short: str) -> str:
        """Give the version that the image's environment says, where it goes on from *short*."""
        inner = self._image.config.get("config") or {}
        for line in inner.get("Env") or ():
            name, _, value = str(line).partition("=")
            if name == variable and (
                value == short or value.startswith(f"{short}." if short else "")
            ):
                return value
        return short

    def _has_database(self, number: int, kind: str) -> bool:
        """Whether a layer writes the whole database of a kind; status.d is a file a package."""
        documents = self._image.layers[number].documents
        if kind == DEB:
            return "var/lib/dpkg/status" in documents
        return any(path.endswith("lib/apk/db/installed") for path in documents)


def _listed(documents: Mapping[str, bytes]) -> dict[tuple[str, str, str], str]:
    return {
        (one.kind, one.name, one.architecture): one.version
        for path, data in documents.items()
        for one in listed_packages(path, data)
    }


def _layers_of_base(image: Image, base: Image | None) -> int | None:
    if base is None:
        return None
    own = [layer.diff_id for layer in image.facts]
    below = [layer.diff_id for layer in base.facts]
    return len(below) if all(below) and own[: len(below)] == below else None


def _packages(view: View, origins: _Origins) -> Iterator[Installed]:
    for one in packages(view):
        kind: Kind = "deb" if one.kind == DEB else "apk"
        package = Package(
            kind,
            one.name,
            one.version,
            one.architecture,
            source=one.source,
            source_version=one.source_version,
        )
        yield Installed(package, origins.of_package(one))


def _distributions(view: View, origins: _Origins) -> Iterator[Installed]:
    for one in distributions(view):
        path = next(
            (
                path
                for path in (f"{one.metadata}/METADATA", f"{one.metadata}/PKG-INFO", one.metadata)
                if view.find(path) is not None
            ),
            one.metadata,
        )
        found = view.find(path)
        origin = origins.of_layer(found[1].layer if found else None)
        yield Installed(Package("python", one.name, one.version, path=path), origin)


def _programs(view: View, origins: _Origins) -> Iterator[Installed]:
    """Give the interpreters that a published image compiled for itself."""
    for name in sorted(view.children("usr/local/bin") or ()):
        path = f"usr/local/bin/{name}"
        found = view.find(path)
        if found is None or found[1].entry.kind != _FILE:
            continue
        for pattern, program, variable in _PROGRAMS:
            match = pattern.fullmatch(path)
            if match:
                version = origins.said(variable, match.groupdict().get("version", ""))
                package = Package("binary", program, version, path=path)
                yield Installed(package, origins.of_layer(found[1].layer))


def _has_system(view: View) -> bool:
    """Whether there are libraries of a distribution: an image of one static program has none."""
    folders = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib/apk")
    return any(view.children(folder) for folder in folders)
