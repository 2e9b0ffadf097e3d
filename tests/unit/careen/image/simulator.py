"""Applies layers to a dictionary: slow, obvious, and apart from careen.image.tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.image.layer import Entry, Layer


@dataclass(eq=False)
class Content:
    """A file, folder, link or device; two paths with the same object are hard links."""

    kind: str
    size: int = 0
    layer: int = -1
    target: str = ""
    mode: int = 0o755


class CannotApplyError(Exception):
    """No engine could."""


@dataclass
class Simulated:
    """What came of it.

    Attributes:
        tree: by path.
        stored: every file's content that a layer has, seen or not.
        files: of each layer: paths added, changed and removed.
        added_bytes: of each layer, at paths that were not there below.
        removed_bytes: of each layer: bytes of lower layers seen before it and not after it.
    """

    tree: dict[str, Content] = field(default_factory=dict)
    stored: list[Content] = field(default_factory=list)
    files: list[tuple[int, int, int]] = field(default_factory=list)
    added_bytes: list[int] = field(default_factory=list)
    removed_bytes: list[int] = field(default_factory=list)

    def seen(self) -> set[int]:
        return {id(content) for content in self.tree.values()}

    def hidden_bytes(self, layer: int) -> int:
        seen = self.seen()
        return sum(c.size for c in self.stored if c.layer == layer and id(c) not in seen)

    @property
    def unpacked(self) -> int:
        return sum(content.size for content in set(self.tree.values()))


def simulate(layers: Sequence[Layer]) -> Simulated:
    done = Simulated()
    for number, layer in enumerate(layers):
        _apply(done, number, layer)
    return done


def _apply(done: Simulated, number: int, layer: Layer) -> None:
    tree = done.tree
    below = dict(tree)
    seen_below = {id(content): content for content in below.values()}
    written: set[str] = set()
    added_bytes = 0
    entries = [entry for entry in layer.entries() if entry.path and not _is_meta(entry.path)]
    _whiteouts(tree, entries)
    for entry in entries:
        parts = entry.path.split("/")
        if parts[-1].startswith(".wh."):
            continue
        folder = _real(tree, parts[:-1])
        _make(tree, folder, number, written)
        path = _join(folder, parts[-1])
        if entry.kind == "d":
            if path not in tree or tree[path].kind != "d":
                _remove(tree, path)
            tree[path] = Content("d", 0, number, mode=entry.mode)
            written.add(path)
            continue
        _remove(tree, path)
        if entry.kind == "h":
            *above, name = entry.link.split("/")
            target = _join(_real(tree, above), name)
            if target not in tree or tree[target].kind == "d":
                raise CannotApplyError(f"{path} -> {target}")
            tree[path] = tree[target]
        else:
            tree[path] = Content(entry.kind, entry.size, number, entry.link, entry.mode)
            done.stored.append(tree[path])
            added_bytes += 0 if path in below else entry.size
        written.add(path)
    done.added_bytes.append(added_bytes)
    seen_now = done.seen()
    done.removed_bytes.append(
        sum(content.size for key, content in seen_below.items() if key not in seen_now)
    )
    files = {path for path in written if path in tree and tree[path].kind != "d"}
    done.files.append(
        (
            len(files - set(below)),
            len(files & set(below)),
            sum(
                1
                for p, c in below.items()
                if c.kind != "d" and (p not in tree or tree[p].kind == "d")
            ),
        )
    )


def _whiteouts(tree: dict[str, Content], entries: Sequence[Entry]) -> None:
    for entry in entries:
        *above, name = entry.path.split("/")
        if not name.startswith(".wh."):
            continue
        folder = _real(tree, above)
        if name != ".wh..wh..opq":
            _remove(tree, _join(folder, name[4:]))
        elif folder == "" or (folder in tree and tree[folder].kind == "d"):
            _remove_below(tree, folder)


def _is_meta(path: str) -> bool:
    """Aufs's own files, and what is below them."""
    *above, name = path.split("/")
    return any(part.startswith(".wh..wh.") for part in above) or (
        name.startswith(".wh..wh.") and name != ".wh..wh..opq"
    )


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _real(tree: dict[str, Content], parts: Sequence[str], depth: int = 0) -> str:
    """Follow links one component at a time; a link's target is walked from its folder."""
    at = ""
    todo = list(parts)
    followed = 0
    while todo:
        part = todo.pop(0)
        if part == "..":
            at = "/".join(at.split("/")[:-1])
        elif part not in {"", "."}:
            here = _join(at, part)
            if here in tree and tree[here].kind == "l":
                followed += 1
                if followed > 40:
                    raise CannotApplyError("links")
                target = tree[here].target
                at = "" if target.startswith("/") else at
                todo = target.split("/") + todo
            else:
                at = here
    return at


def _make(tree: dict[str, Content], folder: str, number: int, written: set[str]) -> None:
    parts = folder.split("/") if folder else []
    for count in range(1, len(parts) + 1):
        path = "/".join(parts[:count])
        if path in tree and tree[path].kind == "d":
            continue
        if path in tree and path in written:
            raise CannotApplyError(f"{path} is a file")
        _remove(tree, path)
        tree[path] = Content("d", 0, number)
        written.add(path)


def _remove(tree: dict[str, Content], path: str) -> None:
    _remove_below(tree, path)
    tree.pop(path, None)


def _remove_below(tree: dict[str, Content], folder: str) -> None:
    before = f"{folder}/" if folder else ""
    for path in [path for path in tree if path.startswith(before) and path != folder]:
        del tree[path]
