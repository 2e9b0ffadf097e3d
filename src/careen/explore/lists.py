"""A list of lines with a cursor that draws only what is on the screen, however long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Callable

Write = tuple[str, str]  # the text of a line, and a style as rich names it
_CURSOR, _CURSOR_ELSEWHERE = Style(reverse=True, bold=True), Style(bold=True, underline=True)


class LineList(ScrollView, can_focus=True):
    """Lines, of which each is written when it is drawn.

    Attributes:
        cursor: the chosen line, 0 where there is none.
        drawn: how many lines have been written so far.
    """

    DEFAULT_CSS = """
    LineList { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home,g", "go(0)", "first", show=False),
        Binding("end,G", "go(-1)", "last", show=False),
    ]

    class Moved(Message):
        """The cursor is on another line."""

        def __init__(self, lines: LineList) -> None:
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> LineList:
            """The list."""
            return self.lines

    def __init__(self, write: Callable[[int], Write], empty: str, *, id: str) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self._write = write
        self._empty = empty
        self._count = 0
        self.cursor = 0
        self.drawn = 0

    def show(self, count: int, cursor: int) -> None:
        """Draw anew: so many lines there are now, and there is the cursor."""
        self._count = count
        # The width is the widget's own: a longer line is cut, so nothing needs measuring.
        self.virtual_size = Size(self.scrollable_content_region.width, count)
        self.cursor = max(0, min(cursor, count - 1))
        self._follow()
        self.refresh()
        self.post_message(self.Moved(self))

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.virtual_size = Size(self.scrollable_content_region.width, self._count)
        self._follow()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        at = self.scroll_offset.y + y
        width = self.size.width
        base = self.rich_style
        if at >= self._count:
            text = self._empty if at == 0 else ""
            return Strip([Segment(text, base)]).adjust_cell_length(width, base)
        text, name = self._write(at)
        self.drawn += 1
        style = base + Style.parse(name)
        if at == self.cursor:
            style += _CURSOR if self.has_focus else _CURSOR_ELSEWHERE
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)

    def action_move(self, by: int) -> None:
        """Move the cursor by some lines."""
        self.go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a screen."""
        self.go(self.cursor + by * max(1, self.size.height - 1))

    def action_go(self, at: int) -> None:
        """Go to a line, from the end where it is negative."""
        self.go(at if at >= 0 else self._count + at)

    def go(self, at: int) -> None:
        """Put the cursor on a line."""
        at = max(0, min(at, self._count - 1))
        if at != self.cursor:
            self.cursor = at
            self._follow()
            self.refresh()
            self.post_message(self.Moved(self))

    def _follow(self) -> None:
        height = max(1, self.size.height)
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True, immediate=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True, immediate=True)
