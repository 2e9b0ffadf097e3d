"""The lines of a tree of which some folders are open: a plain list, whatever draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from careen.image.browse import BY_NAME, EVERYTHING

if TYPE_CHECKING:
    from careen.image.browse import Filter, LayerView, Row


class Line(NamedTuple):
    """A row and how deep it stands; 0 are the root's children."""

    depth: int
    row: Row


class Outline:
    """What of a layer's view is open, in which order and through which filter.

    Opening a folder costs as much as it has children, closing it as much as it shows; nothing
    else is listed.

    Attributes:
        lines: what is to be seen, from the top.
        order: see `LayerView.children`.
        shown: likewise.
    """

    def __init__(self, view: LayerView) -> None:
        self.view = view
        self.order = BY_NAME
        self.shown: Filter = EVERYTHING
        self.lines: list[Line] = []
        self._open: set[str] = set()
        self._list()

    def is_open(self, row: Row) -> bool:
        """Tell whether what is in a row's folder is listed."""
        return row.opens and row.path in self._open

    def toggle(self, at: int) -> None:
        """Open or close the folder of a line; on a file nothing happens."""
        row = self.lines[at].row
        if self.is_open(row):
            self.close(at)
        else:
            self.open(at)

    def open(self, at: int) -> None:
        """List what is in a line's folder; folders in it that were open are so again."""
        depth, row = self.lines[at]
        if row.opens and row.path not in self._open:
            self._open.add(row.path)
            self.lines[at + 1 : at + 1] = self._below(row.path, depth + 1)

    def close(self, at: int) -> None:
        """Take away what is listed of a line's folder."""
        depth, row = self.lines[at]
        self._open.discard(row.path)
        end = at + 1
        while end < len(self.lines) and self.lines[end].depth > depth:
            end += 1
        del self.lines[at + 1 : end]

    def parent(self, at: int) -> int:
        """Give the line of the folder that a line is in; its own at the root."""
        depth = self.lines[at].depth
        while at and self.lines[at].depth >= depth and depth:
            at -= 1
        return at

    def change(
        self,
        *,
        view: LayerView | None = None,
        order: str | None = None,
        shown: Filter | None = None,
    ) -> None:
        """List anew: of another layer, in another order or through another filter."""
        self.view = view or self.view
        self.order = order or self.order
        self.shown = shown or self.shown
        self._list()

    def find(self, path: str) -> int:
        """Give the line of a path, or of the nearest folder above it that is listed, or 0."""
        numbers = {line.row.path: at for at, line in enumerate(self.lines)}
        while path and path not in numbers:
            path = path.rpartition("/")[0]
        return numbers.get(path, 0)

    def reveal(self, path: str) -> int:
        """Open the folders above a path and give its line."""
        parts = path.split("/")
        above = {"/".join(parts[:count]) for count in range(1, len(parts))}
        if not above <= self._open:
            self._open |= above
            self._list()
        return self.find(path)

    def _list(self) -> None:
        self.lines = self._below("", 0)

    def _below(self, folder: str, depth: int) -> list[Line]:
        lines: list[Line] = []
        pending = [iter(self.view.children(folder, self.order, self.shown))]
        while pending:
            for row in pending[-1]:
                lines.append(Line(depth + len(pending) - 1, row))
                if self.is_open(row):
                    children = self.view.children(row.path, self.order, self.shown)
                    pending.append(iter(children))
                    break
            else:
                pending.pop()
        return lines


class Matches:
    """What a search found, in the tree's order, and which of it is at hand."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths
        self.at = -1

    def step(self, by: int) -> str | None:
        """Go to the next one (1) or the one before (-1), around the end; None without any."""
        if not self.paths:
            return None
        self.at = (max(self.at, 0) if by < 0 else self.at) + by
        self.at %= len(self.paths)
        return self.paths[self.at]
