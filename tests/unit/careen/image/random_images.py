"""Random images: few names, so that everything meets everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.image.layer import FIFO, FILE, FOLDER, HARD_LINK, SYMLINK, Entry, from_entries

if TYPE_CHECKING:
    from random import Random

    from careen.image.layer import Layer

_TARGETS = ("d", "e", "../d", "/e", "/d/e", "../../..", ".", "d/../e", "/", "-", "e/d", "a")
# Files, folders, whiteouts, opaque folders, links of both sorts, pipes.
_KINDS = "ffffffffdddwwwolhhp"


def random_image(random: Random) -> list[Layer]:
    """Give an image of one to five layers. Some of them can be applied by no engine."""
    files: list[str] = []
    return [_layer(random, files) for _ in range(random.randint(1, 5))]


def _layer(random: Random, files: list[str]) -> Layer:
    """Make a layer; *files* are paths that hard links may go to."""
    entries: list[Entry] = []
    for _ in range(random.randint(0, 9)):
        entry = _entry(random, files)
        entries.append(entry)
        if entry.kind in {FILE, SYMLINK} and ".wh." not in entry.path:
            files.append(entry.path)
        if random.random() < 0.1:
            entries.append(entries[random.randrange(len(entries))])
    return from_entries(entries)


def _entry(random: Random, files: list[str]) -> Entry:
    above = [_name(random, "ddde") for _ in range(random.choice((0, 0, 1, 1, 1, 2, 3)))]
    kind = random.choice(_KINDS)
    if kind in "wo":
        name = f".wh.{_name(random, 'dea+-')}" if kind == "w" else ".wh..wh..opq"
        meta = random.choice((".wh..wh.plnk", ".wh..wh.aufs/a"))
        return Entry("/".join([*above, name if random.random() < 0.95 else meta]), FILE)
    path = "/".join([*above, _name(random, "ddde" if kind in "dl" else "aab+-")])
    mode = random.choice((0o644, 0o755))
    if kind == "f":
        # The content stands for the bytes: of equal sizes it is often equal.
        size = random.choice((0, 1, 10, 100, 1000))
        return Entry(path, FILE, size, mode, content=size and size + random.randint(0, 1))
    if kind == "d":
        return Entry(path, FOLDER, mode=mode)
    if kind == "l":
        return Entry(path, SYMLINK, mode=0o777, link=random.choice(_TARGETS))
    if kind == "h":
        target = random.choice(files[-4:]) if files else path
        return Entry(path, HARD_LINK, mode=mode, link=target)
    return Entry(path, FIFO, mode=mode)


def _name(random: Random, usual: str) -> str:
    # "+" and "-" sort before a whiteout's dot, letters behind it.
    return random.choice(usual if random.random() < 0.95 else "abde+-")
