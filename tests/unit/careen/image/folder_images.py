"""Random images as builds make them: each layer has folders of its own, and a few exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.image.layer import FIFO, FILE, FOLDER, HARD_LINK, SYMLINK, Entry, from_entries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from careen.image.layer import Layer

_FOLDERS = ("a", "b", "tests", "bin", "m.libs", "__pycache__", "include", "x-1.dist-info")
_FILES = ("m.py", "n.so.1", "m.cpython-313.pyc", "run", "LICENSE", "conftest.py", "-", "data")
_STATUS = "var/lib/dpkg/status"
_LIST = "var/lib/dpkg/info/p.list"


def folder_image(random: Random) -> list[Layer]:
    """Give an image of one to four layers, nearly always one that can be applied."""
    known: list[str] = []
    return [_layer(random, known, number) for number in range(random.randint(1, 4))]


def _layer(random: Random, known: list[str], number: int) -> Layer:
    """Make a layer; *known* are paths of files in those below."""
    rows: dict[str, Entry] = {}
    for _ in range(random.randint(0, 5)):
        _add_folder(random, rows, number)
    entries = list(rows.values())
    entries += _links(random, entries)
    if random.random() < 0.4:
        # In no order, but that folders come first.
        random.shuffle(entries)
        entries.sort(key=lambda one: (one.kind != FOLDER, one.kind == HARD_LINK))
    if known and random.random() < 0.6:
        entries += _exceptions(random, known)
    if random.random() < 0.15:
        link = Entry(random.choice("ab"), SYMLINK, mode=0o777, link=random.choice(("b", "/c/d")))
        entries.insert(random.randint(0, len(entries)), link)
    documents = _documents(random, [*known, *rows]) if random.random() < 0.5 else {}
    entries += [Entry(path, FILE, len(data), content=len(data)) for path, data in documents.items()]
    known += [entry.path for entry in rows.values() if entry.kind == FILE]
    return from_entries(entries, documents=documents)


def _add_folder(random: Random, rows: dict[str, Entry], number: int) -> None:
    parts = [random.choice(_FOLDERS) for _ in range(random.randint(1, 4))]
    if random.random() < 0.5:
        parts.insert(1, f"new{number}")
    for depth in range(1, len(parts) + 1):
        path = "/".join(parts[:depth])
        # Some folders have no entry, as in tars that no engine has made.
        if random.random() < 0.8:
            rows.setdefault(path, Entry(path, FOLDER, mode=0o755))
    for name in random.sample(_FILES, random.randint(0, 5)):
        path = f"{'/'.join(parts)}/{name}"
        size = random.choice((0, 7, 7, 100, 5000))
        content = size and size + random.randint(0, 2)
        mode = random.choice((0o644, 0o755))
        rows.setdefault(path, Entry(path, FILE, size, mode, content=content))
    if random.random() < 0.2:
        path = f"{'/'.join(parts)}/pipe"
        rows.setdefault(path, Entry(path, FIFO))


def _links(random: Random, entries: Sequence[Entry]) -> list[Entry]:
    files = [entry.path for entry in entries if entry.kind == FILE]
    if not files or random.random() < 0.5:
        return []
    return [
        Entry(
            f"{random.choice(files)}.link{number}", HARD_LINK, 0, 0o755, link=random.choice(files)
        )
        for number in range(random.randint(1, 3))
    ]


def _exceptions(random: Random, known: Sequence[str]) -> list[Entry]:
    """Take away, write again, or make something else of what lower layers have."""
    found = []
    for _ in range(random.randint(1, 4)):
        path = random.choice(known)
        folder, _, name = path.rpartition("/")
        above, _, last = folder.rpartition("/")
        found.append(
            random.choice(
                (
                    Entry(f"{folder}/.wh.{name}", FILE),
                    Entry(f"{above}/.wh.{last}".lstrip("/"), FILE),
                    Entry(f"{folder}/.wh..wh..opq", FILE),
                    Entry(f".wh..wh.plnk/{random.randint(1, 9)}", FILE, 7, content=7),
                    Entry(path, FILE, 7, 0o600, content=random.choice((7, 8))),
                    Entry(path, SYMLINK, mode=0o777, link="b"),
                    Entry(f"{folder}/fresh/{name}", FILE, 7, content=7),
                )
            )
        )
    return found


def _documents(random: Random, paths: Sequence[str]) -> dict[str, bytes]:
    some = random.sample(paths, min(len(paths), 6))
    lines = "".join(f"{random.choice(('/', ''))}{path}\n" for path in [*some, "b/../a/m.py"])
    record = "".join(f"{random.choice(('../', 'a/'))}{path},,\n" for path in some)
    return {
        _STATUS: b"Package: p\nStatus: install ok installed\n",
        _LIST: lines.encode(),
        "s/d-1.dist-info/RECORD": record.encode(),
    }
