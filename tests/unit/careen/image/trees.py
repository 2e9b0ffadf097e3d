"""Makes layers and merged trees for tests: plain paths, no whiteouts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from careen.image.layer import (
    FILE,
    FOLDER,
    HARD_LINK,
    SYMLINK,
    Entry,
    Layer,
    from_entries,
    wanted,
)
from careen.image.model import Image, LayerFacts
from careen.image.tree import Merged, Node
from careen.image.weigh.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DATA = Path(__file__).parents[3] / "data" / "packages"


def file(path: str, size: int = 10, content: int = 0, mode: int = 0o644) -> Entry:
    return Entry(
        path, FILE, size, mode, content=content or crc32(path.encode("utf-8", "surrogateescape"))
    )


def text(path: str, data: str | bytes) -> tuple[Entry, bytes]:
    raw = data.encode() if isinstance(data, str) else data
    return file(path, len(raw), sum(raw)), raw


def symlink(path: str, target: str) -> Entry:
    return Entry(path, SYMLINK, mode=0o777, link=target)


def hard_link(path: str, target: str) -> Entry:
    return Entry(path, HARD_LINK, link=target)


def layer(*entries: Entry | tuple[Entry, bytes], diff_id: str = "") -> Layer:
    documents = {one[0].path: one[1] for one in entries if not isinstance(one, Entry)}
    assert all(map(wanted, documents)), documents
    rows = [one if isinstance(one, Entry) else one[0] for one in entries]
    return from_entries(rows, documents=documents, diff_id=diff_id)


def merge(layers: Sequence[Layer]) -> Merged:
    """Put layers on top of each other, folders above each path made as needed."""
    folders: dict[str, dict[str, Node]] = {"": {}}
    inodes = 0

    def put(entry: Entry, number: int) -> None:
        nonlocal inodes
        parent, _, name = entry.path.rpartition("/")
        if parent not in folders:
            put(Entry(parent, FOLDER, mode=0o755), number)
        inode, size = inodes, entry.size
        inodes += 1
        if entry.kind == HARD_LINK:
            above, _, last = entry.link.rpartition("/")
            target = folders[above][last]
            inode, size = target.inode, target.size
        if entry.kind == FOLDER:
            folders.setdefault(entry.path, {})
        folders[parent][name] = Node(entry, number, inode, size)

    for number, one in enumerate(layers):
        for entry in one.entries():
            put(entry, number)
    return Merged(folders, ())


def view(*layers: Layer) -> View:
    return View(merge(layers), layers)


def without(merged: Merged, *paths: str) -> Merged:
    """Take files out of a tree, as a whiteout does."""
    folders = {folder: dict(children) for folder, children in merged.folders.items()}
    for path in paths:
        folder, _, name = path.rpartition("/")
        del folders[folder][name]
    return Merged(folders, ())


def captured(name: str) -> list[Entry]:
    """Read the paths of a captured folder."""
    rows = (line.split("\t") for line in (DATA / name / "files.tsv").read_text().splitlines())
    return [
        Entry(path, kind, int(size), int(mode, 8), link=link, content=int(size))
        for path, kind, size, mode, link in rows
    ]


def document(name: str, path: str) -> tuple[Entry, bytes]:
    """Give a captured document, at its place in a tree."""
    return text(path, (DATA / name).read_bytes())


def debian() -> Layer:
    """Give the captured Debian packages as a layer."""
    info = "var/lib/dpkg/info"
    dist_info = "usr/lib/python3/dist-packages/PyYAML-6.0.dist-info"
    documents = (
        document("debian/status", "var/lib/dpkg/status"),
        document("debian/zlib1g.list", f"{info}/zlib1g:amd64.list"),
        document("debian/libyaml-0-2.list", f"{info}/libyaml-0-2:amd64.list"),
        document("debian/python3-yaml.list", f"{info}/python3-yaml.list"),
        document("debian/PyYAML.RECORD", f"{dist_info}/RECORD"),
        document("debian/PyYAML.METADATA", f"{dist_info}/METADATA"),
        document("debian/os-release", "usr/lib/os-release"),
    )
    return with_documents(
        captured("debian"), documents, symlink("etc/os-release", "../usr/lib/os-release")
    )


def pip() -> Layer:
    """Give the captured distribution as a layer."""
    dist_info = "opt/venv/lib/python3.11/site-packages/idna-3.20.dist-info"
    documents = (
        document("pip/idna.RECORD", f"{dist_info}/RECORD"),
        document("pip/idna.METADATA", f"{dist_info}/METADATA"),
    )
    return with_documents(captured("pip"), documents)


def with_documents(
    entries: Iterable[Entry], documents: Iterable[tuple[Entry, bytes]], *more: Entry
) -> Layer:
    """Put documents at their places; a captured size stays as it was."""
    known = {entry.path for entry in entries}
    pairs = list(documents)
    rows = [*entries, *more, *(one for one, _ in pairs if one.path not in known)]
    return from_entries(rows, documents={one.path: data for one, data in pairs})


def image(
    name: str,
    layers: Sequence[Layer],
    *,
    pull: Sequence[int] = (),
    instructions: Sequence[str] = (),
    config: Mapping[str, object] | None = None,
    labels: Mapping[str, str] | None = None,
    estimated: bool = False,
    compression: str = "gzip",
    environment: Sequence[str] = (),
) -> Image:
    inner = {"Env": list(environment), "Labels": dict(labels or {}), **(config or {})}
    facts = tuple(
        LayerFacts(
            digest="",
            diff_id=one.diff_id,
            compressed_bytes=pull[at] if at < len(pull) else 100,
            compression=compression,
            estimated=estimated,
            instruction=instructions[at] if at < len(instructions) else "",
        )
        for at, one in enumerate(layers)
    )
    return Image(name, "engine", "linux/amd64", "", {"config": inner}, 50, facts, tuple(layers))
