"""The terminal browser of an image: layers left, the tree right, the chosen path below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Static

from careen.explore.lines import (
    LAYER_HEADER,
    TREE_HEADER,
    details,
    layer_details,
    layer_line,
    plain,
    tree_line,
)
from careen.explore.lists import LineList
from careen.explore.outline import Matches, Outline
from careen.image.browse import (
    ADDED,
    BY_NAME,
    BY_SIZE,
    CHANGED,
    REMOVED,
    STATES,
    UNCHANGED,
    Browser,
)

if TYPE_CHECKING:
    from careen.explore.lists import Write
    from careen.image.browse import Row
    from careen.image.model import Image

_STYLES = {ADDED: "green", CHANGED: "yellow", REMOVED: "red strike", UNCHANGED: ""}
_HELP = """\
Left: the layers, the base first; what each takes to pull, and what of it no
container can see. Right: the image after the chosen layer, and what it removed.

  A added   C changed   R removed   · something in the folder is

  Tab            from the layers to the tree and back
  arrows, j k    up and down; left closes a folder or goes to the one above,
                 right opens it
  Enter, Space   open or close a folder
  PgUp PgDn      a screen up or down; Home and End: first and last
  /              search: part of a path, or a pattern: *.pyc or usr/lib/*.so*
  n N            next and previous match
  a c r u        show or leave out what was added, changed, removed, left alone
  w              only paths with waste
  s              sort by size or by name
  q              quit

Waste is what a layer holds and no container can see: bytes of this layer that
a later one hides, and bytes of lower layers that this one hides.

Any key closes this.
"""


class Help(ModalScreen[None]):
    """What the keys do."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help Static { width: 100%; max-width: 100; height: 100%; max-height: 30; padding: 0; }
    """

    def compose(self) -> ComposeResult:
        """Give the text."""
        yield Static(Text(_HELP))

    def on_key(self) -> None:
        """Close; keys that were pressed at once with the first come here too."""
        if self.is_current:
            self.dismiss()


class Tree(LineList):
    """The tree; the arrows open and close."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "app.fold", "open", show=False),
        Binding("right,l", "app.open", "open", show=False),
        Binding("left,h", "app.close", "close", show=False),
    ]


class Explorer(App[None]):
    """The application.

    Attributes:
        outline: what of the tree is open; None for an image without layers.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #main { height: 1fr; }
    #left { width: 40%; max-width: 60; border-right: solid $foreground 40%; }
    .header { height: 1; text-style: bold; text-wrap: nowrap; }
    #details { height: 3; text-wrap: nowrap; text-overflow: ellipsis; }
    #state { height: 1; text-style: reverse; text-wrap: nowrap; }
    #search { display: none; height: 1; border: none; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # What is typed right behind it goes to the search, however quickly it comes.
        Binding("slash", "search", "search", key_display="/", priority=True),
        Binding("n", "match(1)", "next", show=False),
        Binding("N", "match(-1)", "previous", show=False),
        Binding("a", "state('added')", "added"),
        Binding("c", "state('changed')", "changed"),
        Binding("r", "state('removed')", "removed"),
        Binding("u", "state('unchanged')", "rest"),
        Binding("w", "waste", "waste"),
        Binding("s", "sort", "sort"),
        Binding("question_mark", "help", "help", key_display="?"),
        Binding("q", "quit", "quit"),
        Binding("escape", "leave_search", "leave the search", show=False),
    ]

    def __init__(self, browser: Browser) -> None:
        super().__init__()
        self.browser = browser
        self.outline: Outline | None = None
        self._matches: Matches | None = None
        self._wanted = ""
        self._told = ""

    def compose(self) -> ComposeResult:
        """Give the parts of the screen."""
        with Horizontal(id="main"):
            with Vertical(id="left"):
                yield Static(Text(LAYER_HEADER), classes="header")
                yield LineList(self._layer, "no layers", id="layers")
            with Vertical():
                yield Static(Text(TREE_HEADER), classes="header")
                yield Tree(self._path, "nothing to show", id="tree")
        yield Static(id="details", markup=False)
        yield Static(id="state", markup=False)
        yield Input(placeholder="a part of a path, or a pattern such as *.pyc", id="search")
        yield Footer(show_command_palette=False, compact=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let the search have its own slash, and the help none."""
        if action == "search":
            return isinstance(self.focused, LineList)
        return super().check_action(action, parameters)

    def on_mount(self) -> None:
        """Begin with the last layer: what a container sees."""
        self.title = plain(self.browser.image.name)
        count = len(self.browser.image.layers)
        self._layers.show(count, count - 1)
        self._layers.focus()

    def on_line_list_moved(self, message: LineList.Moved) -> None:
        """Show another layer's tree, or what is said of another path."""
        if message.lines is self._layers:
            self._choose_layer()
        else:
            self._say()

    def on_descendant_focus(self) -> None:
        """Say what is chosen in the list that has the keys now."""
        self._say()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Search."""
        self._wanted = message.value
        self._matches = None
        self.action_leave_search()
        self.action_match(1)

    def action_search(self) -> None:
        """Ask what to search for."""
        box = self.query_one("#search", Input)
        box.display = True
        box.value = ""
        # At once: what is typed next is already the search's.
        self.screen.set_focus(box)

    def action_leave_search(self) -> None:
        """Go back to the tree."""
        box = self.query_one("#search", Input)
        if box.display:
            self.screen.set_focus(self._tree)
            box.display = False

    def action_match(self, by: int) -> None:
        """Go to another match of the search, and open what it is in."""
        outline = self.outline
        if outline is None or not self._wanted:
            return
        if self._matches is None:
            found = outline.view.search(self._wanted, outline.order, outline.shown)
            self._matches = Matches(found)
        path = self._matches.step(by)
        wanted = plain(self._wanted)
        if path is None:
            self._told = f"no match of {wanted}"
            self._say()
            return
        self._told = f"match {self._matches.at + 1:,} of {len(self._matches.paths):,} of {wanted}"
        at = outline.reveal(path)
        self._tree.show(len(outline.lines), at)

    def action_state(self, state: str) -> None:
        """Show paths of a state, or leave them out."""
        if self.outline is not None:
            shown = self.outline.shown
            self._change(states=shown.states ^ {state}, only_waste=shown.only_waste)

    def action_waste(self) -> None:
        """Show only paths with waste, or all."""
        if self.outline is not None:
            shown = self.outline.shown
            self._change(states=shown.states, only_waste=not shown.only_waste)

    def action_sort(self) -> None:
        """Sort the other way."""
        if self.outline is not None:
            order = BY_NAME if self.outline.order == BY_SIZE else BY_SIZE
            path = self._chosen_path()
            self.outline.change(order=order)
            self._listed_anew(path)

    def action_help(self) -> None:
        """Say what the keys do."""
        self.push_screen(Help())

    def action_fold(self) -> None:
        """Open or close the chosen folder."""
        if self.outline is not None and self.outline.lines:
            self.outline.toggle(self._tree.cursor)
            self._tree.show(len(self.outline.lines), self._tree.cursor)

    def action_open(self) -> None:
        """Open the chosen folder."""
        if self.outline is not None and self.outline.lines:
            self.outline.open(self._tree.cursor)
            self._tree.show(len(self.outline.lines), self._tree.cursor)

    def action_close(self) -> None:
        """Close the chosen folder, or go to the one above."""
        outline, at = self.outline, self._tree.cursor
        if outline is None or not outline.lines:
            return
        if outline.is_open(outline.lines[at].row):
            outline.close(at)
        else:
            at = outline.parent(at)
        self._tree.show(len(outline.lines), at)

    @property
    def _layers(self) -> LineList:
        return self.query_one("#layers", LineList)

    @property
    def _tree(self) -> Tree:
        return self.query_one("#tree", Tree)

    def _choose_layer(self) -> None:
        """Show the chosen layer.

        Keys that wait are handled before the message that leads here, so that who runs through
        the layers does not wait for each.
        """
        number = self._layers.cursor
        if not self.browser.image.layers:
            self._tree.show(0, 0)
            return
        if self.outline is not None and self.outline.view.number == number:
            return
        path = self._chosen_path()
        view = self.browser.view(number)
        if self.outline is None:
            self.outline = Outline(view)
        else:
            self.outline.change(view=view)
        self._listed_anew(path)

    def _change(self, *, states: frozenset[str], only_waste: bool) -> None:
        if self.outline is not None:
            path = self._chosen_path()
            self.outline.change(
                shown=self.outline.shown._replace(states=states, only_waste=only_waste)
            )
            self._listed_anew(path)

    def _listed_anew(self, path: str) -> None:
        """Draw the tree; what a search found is of the tree before."""
        self._matches, self._told = None, ""
        if self.outline is not None:
            self._tree.show(len(self.outline.lines), self.outline.find(path))

    def _chosen(self) -> Row | None:
        at = self._tree.cursor
        if self.outline is None or at >= len(self.outline.lines):
            return None
        return self.outline.lines[at].row

    def _chosen_path(self) -> str:
        row = self._chosen()
        return row.path if row else ""

    def _layer(self, at: int) -> Write:
        facts = self.browser.image.facts[at]
        return layer_line(at, facts, self.browser.hidden_bytes[at]), ""

    def _path(self, at: int) -> Write:
        if self.outline is None:
            return "", ""
        line = self.outline.lines[at]
        return tree_line(line, opened=self.outline.is_open(line.row)), _STYLES[line.row.state]

    def _say(self) -> None:
        row, outline = self._chosen(), self.outline
        text = ""
        if self._layers.has_focus and outline is not None:
            number = outline.view.number
            account = self.browser.hidden_bytes[number]
            text = "\n".join(layer_details(number, self.browser.image.facts[number], account))
        elif row is not None and outline is not None:
            text = "\n".join(details(outline.view, row, self.browser.owner(outline.view, row)))
        self.query_one("#details", Static).update(Text(text))
        if outline is not None:
            shown = outline.shown
            states = ", ".join(state for state in STATES if state in shown.states) or "nothing"
            waste = ", only waste" if shown.only_waste else ""
            state = f"layer {outline.view.number}: {states}{waste}; by {outline.order}"
            told = f"  {self._told}" if self._told else ""
            self.query_one("#state", Static).update(Text(state + told))


def explore(image: Image) -> None:
    """Browse an image in the terminal until the user quits; keyboard only.

    Raises:
        EngineError: no engine could unpack its layers.
    """
    browser = Browser(image)
    if image.layers:
        # What cannot be merged fails here, before the screen is taken.
        browser.view(len(image.layers) - 1)
    Explorer(browser).run(mouse=False)
