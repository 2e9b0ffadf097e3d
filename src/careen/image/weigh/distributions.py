"""The Python distributions of a merged tree, from their .dist-info and .egg-info.

Sources: the PyPA specifications "Recording installed projects" (RECORD) and "Core metadata",
setuptools' documentation for .egg-info.
"""

from __future__ import annotations

import csv
import io
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.image.weigh.inodes import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.image.weigh.view import View

_DIST, _EGG = ".dist-info", ".egg-info"
_LIBRARIES = ("site-packages", "dist-packages")
_ENDS = (_DIST, _EGG, *_LIBRARIES)
_PYTHON_TAG = re.compile(r"-py\d[\d.]*$")


@dataclass(frozen=True)
class Distribution:
    """A Python distribution.

    Attributes:
        name: as its metadata has it, or its folder's name.
        version: likewise, "" where neither says it.
        folder: the folder that it is installed in, such as `opt/venv/lib/python3.13/site-packages`.
        metadata: its .dist-info or .egg-info, which may be a single file.
        paths: of its files as RECORD has them, each after the folder; `..`, links and files that
            are gone may be among them. None where there is no RECORD.
        modules: its top-level modules where there is no RECORD.
    """

    name: str
    version: str
    folder: str
    metadata: str
    paths: tuple[str, ...] | None
    modules: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name as it is compared, see `normalised`."""
        return normalised(self.name)


def normalised(name: str) -> str:
    """Give a name as PEP 503 compares it.

    >>> normalised("Foo.Bar__baz")
    'foo-bar-baz'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions(view: View) -> list[Distribution]:
    """Give the distributions; those in upper folders first, then by path.

    One that is vendored in another's folder is among them: who owns its files tells.
    """
    found = [read for path in _metadata(view) if (read := _read(view, path)) is not None]
    return sorted(found, key=lambda one: (one.folder.count("/"), one.paths is None, one.metadata))


def _metadata(view: View) -> Iterator[str]:
    """Find folders of that name anywhere, files of that name (distutils') in a library."""
    places = view.merged.places
    for folder in [folder for folder in places.folders if folder.endswith(_ENDS)]:
        # pip renames what it removes to ~name: such a folder is a leftover.
        if folder.endswith((_DIST, _EGG)) and not _name(folder).startswith(("~", ".")):
            yield folder
        elif folder.endswith(_LIBRARIES):
            for name, code in places.inside(folder).items():
                if name.endswith(_EGG) and places.kind(code) in FILES:
                    yield f"{folder}/{name}"


def _read(view: View, path: str) -> Distribution | None:
    return _folder(view, path) if path in view.merged.folders else _egg_file(path)


def _folder(view: View, path: str) -> Distribution | None:
    record = view.document(f"{path}/RECORD") if path.endswith(_DIST) else None
    metadata = view.document(f"{path}/METADATA") or view.document(f"{path}/PKG-INFO")
    if record is None and metadata is None and path.endswith(_DIST):
        return None
    fields = _header(metadata or b"")
    name, version = _named(path)
    folder = path.rpartition("/")[0]
    return Distribution(
        fields.get("name", name),
        fields.get("version", version),
        folder,
        path,
        None if record is None else _record(record, folder),
        () if record is not None else _modules(view, path, name),
    )


def _egg_file(path: str) -> Distribution | None:
    """Take a single file's name for what it says; its contents are not kept."""
    name, version = _named(path)
    return Distribution(name, version, path.rpartition("/")[0], path, None, (_module(name),))


def _record(data: bytes, folder: str) -> tuple[str, ...]:
    """Read the first field of each row; what no CSV reader takes ends the reading."""
    paths: list[str] = []
    text = data.decode("utf-8", "surrogateescape").replace("\0", "")
    with suppress(csv.Error):
        paths.extend(
            row[0] if row[0].startswith("/") else f"{folder}/{row[0]}"
            for row in csv.reader(io.StringIO(text, newline=""))
            if row and row[0]
        )
    return tuple(paths)


def _header(data: bytes) -> dict[str, str]:
    """Read name and version of the metadata's head; the description below it is a stranger's."""
    fields: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").splitlines():
        if not line.strip():
            break
        name, colon, value = line.partition(":")
        if colon and name.lower() in {"name", "version"} and value.strip():
            fields.setdefault(name.lower(), value.strip())
    return fields


def _modules(view: View, path: str, name: str) -> tuple[str, ...]:
    data = view.document(f"{path}/top_level.txt")
    if data is None:
        return (_module(name),)
    lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    return tuple(line for line in lines if line and "/" not in line and line != "..")


def _module(name: str) -> str:
    return normalised(name).replace("-", "_")


def _named(path: str) -> tuple[str, str]:
    """Read name and version of a folder's name.

    >>> _named("a/PyYAML-6.0.2.dist-info"), _named("a/perf-0.1-py3.11.egg-info")
    (('PyYAML', '6.0.2'), ('perf', '0.1'))
    """
    stem = _PYTHON_TAG.sub("", _name(path).removesuffix(_DIST).removesuffix(_EGG))
    name, _, version = stem.partition("-")
    return name, version


def _name(path: str) -> str:
    return path.rpartition("/")[2]
