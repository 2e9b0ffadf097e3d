"""What an image holds, read by careen itself: packages, and the layer that brought each in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careen.image.history import clean_instruction
from careen.image.markers import OPAQUE, WHITEOUT
from careen.image.redaction import redacted
from careen.image.tree import merge
from careen.image.weigh.distributions import distributions
from careen.image.weigh.inodes import is_file
from careen.image.weigh.packages import DEB, listed_packages, packages, release
from careen.image.weigh.view import View
from careen.scan.model import Installed, Origin, Package

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from careen.image.model import Image
    from careen.image.tree import Node
    from careen.image.weigh.distributions import Distribution
    from careen.image.weigh.packages import Package as Listed
    from careen.scan.model import Kind

BLIND_TO = "node modules: careen's own inventory does not have them"
_PROGRAM = re.compile(r"(?P<name>python|pypy|node)(?P<version>(?<=[ny])[23]\.\d+)?t?")
# In published images a variable says the version of what was compiled into usr/local. Source:
# the Dockerfiles of docker-library/python and nodejs/docker-node.
_VARIABLES = {"python": "PYTHON_VERSION", "node": "NODE_VERSION"}
_LOCAL = "usr/local/bin"
# Where packages of the operating system have theirs.
_SYSTEM = ("usr/bin", "bin")
# uv, pyenv and nvm name the folder above `bin` after the whole version.
_RELEASED = re.compile(r"(?:^|[-/v])(?P<version>\d+\.\d+\.\d+)(?=[-+/]|$)")


def inventory(image: Image, base: Image | None = None) -> tuple[Installed, ...]:
    """Give every package of an image.

    Args:
        image: with its layers.
        base: the image that it stands on; where its layers are not the image's lowest ones,
            nobody knows what is of a base.
    """
    view = View(merge(image.layers), image.layers)
    origins = _Origins(image, _layers_of_base(image, base))
    listed, wheels = packages(view), distributions(view)
    found = [
        *_packages(listed, origins),
        *_distributions(view, wheels, origins),
        *_programs(view, listed, wheels, origins),
    ]
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
        self._markers: dict[int, set[str]] = {}
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

    def of_file(self, node: Node) -> Origin:
        """Give the lowest layer from which on a kept file has these contents.

        A layer that changes its owner or its mode has it again, and brings nothing in.
        """
        layers, path = self._image.layers, node.entry.path
        contents = layers[node.layer].documents.get(path)
        found = node.layer
        for number in range(node.layer - 1, -1, -1):
            if contents is None or self._removes(number + 1, path):
                break
            documents = layers[number].documents
            if path in documents and documents[path] != contents:
                break
            found = number if path in documents else found
        return self.of_layer(found)

    def _removes(self, number: int, path: str) -> bool:
        """Whether a layer has a whiteout for a path, or for a folder above it."""
        if number not in self._markers:
            paths = self._image.layers[number].paths
            self._markers[number] = {one for one in paths if WHITEOUT in one}
        markers = self._markers[number]
        names = path.split("/") if markers else []
        folders = ["/".join([*names[:at], ""]) for at in range(len(names))]
        return any(
            f"{folder}{WHITEOUT}{name}" in markers or f"{folder}{OPAQUE}" in markers
            for folder, name in zip(folders, names, strict=True)
        )

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


def _packages(listed: Iterable[Listed], origins: _Origins) -> Iterator[Installed]:
    for one in listed:
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


def _distributions(
    view: View, wheels: Iterable[Distribution], origins: _Origins
) -> Iterator[Installed]:
    for one in wheels:
        path = next(
            (
                path
                for path in (f"{one.metadata}/METADATA", f"{one.metadata}/PKG-INFO", one.metadata)
                if view.find(path) is not None
            ),
            one.metadata,
        )
        found = view.find(path)
        origin = origins.of_file(found[1]) if found else Origin()
        yield Installed(Package("python", one.name, one.version, path=path), origin)


def _programs(
    view: View, listed: Sequence[Listed], wheels: Sequence[Distribution], origins: _Origins
) -> Iterator[Installed]:
    """Give the interpreters that no manager installed: compiled, unpacked, of uv, of conda.

    One that stands at several paths with the same contents, as in a virtual environment that was
    made of copies, is given once.
    """
    candidates = _candidates(view)
    if not candidates:
        return
    names = {path.rpartition("/")[2] for path, _, _ in candidates}
    seen = _owned(view, [*listed, *wheels], names)
    # Where a package's list is gone, what stands where packages put their programs is theirs.
    if any(one.paths is None for one in listed):
        seen |= _found(view, (f"{folder}/{name}" for folder in _SYSTEM for name in names))
    for path, node, match in candidates:
        contents = node.size, node.content
        if node.inode in seen or contents in seen:
            continue
        seen |= {node.inode, contents}
        version = _version_of(path, match, origins)
        package = Package("binary", match["name"], version, path=path)
        yield Installed(package, origins.of_layer(node.layer))


def _candidates(view: View) -> list[tuple[str, Node, re.Match[str]]]:
    """Give the files that are called like an interpreter, those in upper folders first."""
    found = [
        (f"{folder}/{name}", node, match)
        for folder, children in view.merged.folders.items()
        if folder == "bin" or folder.endswith("/bin")
        for name, node in children.items()
        if is_file(node)
        and (match := _PROGRAM.fullmatch(name))
        # Where it has a version in its name, what has none beside it is a link to it.
        and (match["version"] or match["name"] == "node")
    ]
    return sorted(found, key=lambda one: (one[0].count("/"), one[0]))


def _owned(
    view: View, owners: Iterable[Listed | Distribution], names: Collection[str]
) -> set[int | tuple[int, int]]:
    """Give inodes and contents of what is called like this and a manager lists."""
    ends = tuple(f"/{name}" for name in names)
    paths = (path for one in owners for path in one.paths or () if path.endswith(ends))
    return _found(view, paths)


def _found(view: View, paths: Iterable[str]) -> set[int | tuple[int, int]]:
    nodes = [found[1] for path in paths if (found := view.find(path)) is not None]
    return {one.inode for one in nodes} | {(one.size, one.content) for one in nodes}


def _version_of(path: str, match: re.Match[str], origins: _Origins) -> str:
    """Give the whole version where the image says it, else what the name has."""
    folder, short = path.rpartition("/")[0], match["version"] or ""
    if folder == _LOCAL:
        return origins.said(_VARIABLES.get(match["name"], ""), short)
    released = _RELEASED.search(folder.rpartition("/")[0])
    if released and f"{released['version']}.".startswith(f"{short}." if short else ""):
        return released["version"]
    return short


def _has_system(view: View) -> bool:
    """Whether there are libraries of a distribution: an image of one static program has none."""
    folders = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib/apk")
    return any(view.children(folder) for folder in folders)
