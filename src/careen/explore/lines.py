"""What the browser writes: a layer's line, a path's line, and what is said of the chosen path.

All that comes from the image is cleaned: no control characters, and nobody reads it as markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.image.accounting import CAUSES
from careen.image.browse import ADDED, CHANGED, REMOVED, UNCHANGED
from careen.image.history import clean_instruction
from careen.image.layer import BLOCK_DEVICE, CHARACTER_DEVICE, FIFO, FOLDER, HARD_LINK, SYMLINK
from careen.image.redaction import redacted
from careen.image.weigh.packages import Package
from careen.report.quantities import size

if TYPE_CHECKING:
    from careen.explore.outline import Line
    from careen.image.browse import LayerView, Row
    from careen.image.model import LayerFacts
    from careen.image.weigh.ownership import Owner

LETTERS = {ADDED: "A", CHANGED: "C", REMOVED: "R", UNCHANGED: " "}
_INSIDE = "·"
_KINDS = {
    FOLDER: "d",
    SYMLINK: "l",
    CHARACTER_DEVICE: "c",
    BLOCK_DEVICE: "b",
    FIFO: "p",
}
# Deeper than that a line is not indented any more: the name has to stand somewhere.
_MOST_INDENT = 12


def plain(text: str) -> str:
    r"""Write hostile text in one line: what is no character to print becomes `?`.

    >>> plain("a\x1b[31m\udcffb")
    'a?[31m?b'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def layer_line(number: int, facts: LayerFacts, hidden_bytes: int) -> str:
    """Write a layer: its number, what it takes to pull, what of it is hidden, its instruction."""
    pull = f"{'≈' if facts.estimated else ''}{size(facts.compressed_bytes)}"
    hidden = size(hidden_bytes) if hidden_bytes else "-"
    return f"{number:>2} {pull:>9} {hidden:>8} {_instruction(facts)}"


def layer_details(number: int, facts: LayerFacts, hidden_bytes: int) -> list[str]:
    """Say of a layer what its line has no room for, in three lines."""
    pull = f"{size(facts.compressed_bytes)} to pull{', estimated' if facts.estimated else ''}"
    return [
        plain(f"layer {number}  {facts.digest or facts.diff_id}".rstrip()),
        f"{pull}; {size(hidden_bytes)} of its files are hidden in the image",
        _instruction(facts),
    ]


LAYER_HEADER = f"{'#':>2} {'pull':>9} {'hidden':>8} instruction"
TREE_HEADER = f"  {'size':>8} {'waste':>8}  path"


def tree_line(line: Line, *, opened: bool) -> str:
    """Write a path: its state's letter, its size and waste, and its name where it stands."""
    depth, row = line
    letter = LETTERS[row.state]
    if row.state == UNCHANGED and row.inside:
        letter = _INSIDE
    waste = size(row.waste) if row.waste else ""
    mark = ("▾" if opened else "▸") if row.opens else " "
    indent = "  " * min(depth, _MOST_INDENT)
    kind = row.node.entry.kind
    name = plain(row.name) + ("/" if kind == FOLDER else "")
    if kind == SYMLINK:
        name += f" -> {plain(row.node.entry.link)}"
    return f"{letter} {size(row.size):>8} {waste:>8}  {indent}{mark} {name}"


def details(view: LayerView, row: Row, owner: Owner | None) -> list[str]:
    """Say of a path what its line has no room for, in three lines."""
    entry = row.node.entry
    kind = _KINDS.get(entry.kind, "-")
    facts = [
        row.state,
        size(row.size),
        f"{kind}{entry.mode:04o}",
        f"{entry.uid}:{entry.gid}",
        f"from layer {row.node.layer}",
    ]
    if entry.kind == HARD_LINK:
        facts.append(f"hard link to /{plain(entry.link)}")
    if entry.kind != FOLDER:
        facts.append(f"of {_owner(owner)}")
    return [f"/{plain(row.path)}", "  ".join(facts), _inside(view, row) or _waste(view, row)]


def _instruction(facts: LayerFacts) -> str:
    return plain(redacted(clean_instruction(facts.instruction))) or "(no instruction)"


def _owner(owner: Owner | None) -> str:
    if owner is None:
        return "no package or distribution"
    what = f"{owner.kind} package" if isinstance(owner, Package) else "distribution"
    return plain(f"{what} {owner.name} {owner.version}".rstrip())


def _waste(view: LayerView, row: Row) -> str:
    found = view.hidden(row.path)
    parts = []
    for one in found:
        where = (
            f"twice in layer {one.layer}"
            if one.layer == one.by
            else f"of layer {one.layer}, hidden by layer {one.by}"
        )
        parts.append(f"{size(one.size)} {where}: {CAUSES[one.cause].meaning}")
    return f"waste: {'; '.join(parts)}" if parts else "no waste here in this layer"


def _inside(view: LayerView, row: Row) -> str:
    sums = view.sums(row.path)
    if sums is None or not row.opens:
        return ""
    added, changed, removed, unchanged = (f"{count:,}" for count in sums.counts)
    text = f"in it: {added} added, {changed} changed, {removed} removed, {unchanged} unchanged"
    return f"{text}; waste {size(row.waste)}" if row.waste else text
