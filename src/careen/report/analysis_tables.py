"""The tables of an analysis, the same facts for every form: terminal, Markdown, HTML.

An analysis is the JSON form that analysis.schema.json describes. What comes out of an image is
hostile text: it leaves here as one line without control characters, and nothing more was done to
it; each form escapes it in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from careen.report.quantities import UNKNOWN, percent, size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DAGGER = "†"
NONE = "—"
# What a column holds says how a form may shorten and mark it: text and numbers are ours, the
# others come from the image.
TEXT, NUMBER, NAME, PATH, INSTRUCTION = "text", "number", "name", "path", "instruction"
_NO_TEXT = "\ufffd"
_DIGEST = 12  # hexadecimal digits that are shown


@dataclass(frozen=True)
class Figure:
    """One of the numbers that stand first: what it is, how much, and what that means.

    Attributes:
        key: of the JSON.
        label: its name.
        value: written.
        detail: a few words.
        waste: whether it is bytes that could go.
    """

    key: str
    label: str
    value: str
    detail: str
    waste: bool = False


@dataclass(frozen=True)
class Table:
    """A table, the most important row first.

    Attributes:
        key: a name for addresses within a page.
        title: what it shows.
        columns: (header, kind) of each.
        rows: the cells, one line of plain text each.
        total: how many rows there would be; more than there are where a list was cut.
        note: what a reader has to know, or nothing.
    """

    key: str
    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    total: int
    note: str = ""

    def first(self, most: int) -> Table:
        """Give the table with its first rows only."""
        return replace(self, rows=self.rows[:most])

    @property
    def left_out(self) -> int:
        """How many rows are not here."""
        return self.total - len(self.rows)


def one_line(text: object) -> str:
    r"""Give a text as one line without control characters, whatever it was.

    >>> one_line("a\x1b[31m\n  b")
    'a\ufffd[31m b'
    """
    words = " ".join(str(text).split())
    return "".join(letter if letter.isprintable() else _NO_TEXT for letter in words)


def name(image: Mapping[str, Any]) -> str:
    """Give an image's name, with a dagger where it stands on a stand-in."""
    return one_line(image["name"]) + (f" {DAGGER}" if image["stand_in"] else "")


def identity(image: Mapping[str, Any]) -> str:
    """Say what an image is: platform, where it was read, digest."""
    digest = _short(image["digest"]) or f"digest {UNKNOWN}"
    platform = one_line(image["platform"]) or f"platform {UNKNOWN}"
    return f"{platform}, read from {_SOURCES.get(image['source'], UNKNOWN)}, {digest}"


_SOURCES = {
    "engine": "the engine",
    "registry": "a registry",
    "docker-archive": "a docker save archive",
    "oci-archive": "an OCI archive",
    "oci-layout": "an OCI layout",
    "root-file-system": "a root file system's tar",
}


def figures(image: Mapping[str, Any]) -> tuple[Figure, ...]:
    """Give the figures that stand first."""
    reclaimable, total = image["reclaimable_bytes"], image["total_bytes"]
    share = percent(reclaimable / total) if total else percent(0)
    groups = image["duplicates"]["groups_total"]
    base = one_line(image["base"])
    return (
        Figure(
            "pull_bytes",
            "pull",
            pull(image, image["pull_bytes"]),
            "compressed layers and configuration",
        ),
        Figure(
            "unpacked_bytes",
            "unpacked",
            size(image["unpacked_bytes"]),
            f"{_count(image['files'], 'file')}, {_count(image['folders'], 'folder')}",
        ),
        Figure(
            "reclaimable_bytes",
            "reclaimable",
            size(reclaimable),
            f"{share} of {size(total)} in layers, which no container can see",
            waste=bool(reclaimable),
        ),
        Figure(
            "duplicate_bytes",
            "duplicates",
            size(image["duplicate_bytes"]),
            f"{_count(groups, 'content')} at several paths, all copies but one",
        ),
        Figure(
            "efficiency", "efficiency", percent(image["efficiency"]), "1 − reclaimable / all bytes"
        ),
        Figure("layers", "layers", str(len(image["layers"])), _layers(image)),
        Figure(
            "unique_bytes",
            "unique",
            pull(image, image["unique_bytes"]),
            f"compressed layers that {base} does not have" if base else "no base is known",
        ),
    )


def pull(image: Mapping[str, Any], count: int | None) -> str:
    """Write compressed bytes of an image, with `~` where they are estimated."""
    about = "~" if image["estimated"] and count is not None else ""
    return about + size(count)


def footnotes(
    images: Sequence[Mapping[str, Any]], quoted: Callable[[str], str] = str
) -> tuple[str, ...]:
    """Say what the marks mean that these images have; *quoted* marks what comes from an image."""
    texts = sorted({one_line(text) for image in images for text in image["stand_ins"]})
    notes = [f"{DAGGER} stand-in: {quoted(text)}; not the published image." for text in texts]
    if not notes and any(image["stand_in"] for image in images):
        notes = [f"{DAGGER} stands on a base that careen made itself; not the published image."]
    if any(image["estimated"] for image in images):
        notes.append(
            "~ these layers are kept uncompressed: pull sizes are what gzip makes of them here."
        )
    for image in images:
        numbers = [layer["index"] for layer in image["layers"] if not layer["verified"]]
        of = f"{quoted(name(image))}, " if len(images) > 1 else ""
        notes += [of + unverified(numbers)] if numbers else []
    return tuple(notes)


def unverified(numbers: Sequence[int]) -> str:
    """Say which layers were not hashed.

    >>> unverified([0, 2])
    'layers 0, 2: contents not compared with their digest; --verify does.'
    """
    layers, digest = ("layer", "its") if len(numbers) == 1 else ("layers", "their")
    listed = ", ".join(map(str, numbers))
    return f"{layers} {listed}: contents not compared with {digest} digest; --verify does."


def layers(image: Mapping[str, Any]) -> Table:
    """Give the layers from the base upwards."""
    known = any(layer["in_base"] is not None for layer in image["layers"])
    rows = [
        (
            str(layer["index"]),
            pull(image, layer["pull_bytes"]),
            size(layer["total_bytes"]),
            some(layer["hidden_bytes"]),
            *([_IN_BASE[layer["in_base"]]] if known else []),
            one_line(layer["instruction"]) or UNKNOWN,
        )
        for layer in image["layers"]
    ]
    columns = [("#", NUMBER), ("pull", NUMBER), ("files", NUMBER), ("hidden", NUMBER)]
    columns += [("base", TEXT)] if known else []
    note = "hidden: bytes of the layer that no container can see."
    return Table(
        "layers",
        "Layers",
        (*columns, ("instruction", INSTRUCTION)),
        tuple(rows),
        len(rows),
        note if image["reclaimable_bytes"] else "",
    )


def largest_layers(image: Mapping[str, Any]) -> Table:
    """Give the layers by what they cost to pull."""
    order = sorted(image["layers"], key=lambda layer: -layer["pull_bytes"])
    return replace(layers({**image, "layers": order}), title="Largest layers")


_IN_BASE = {True: "yes", False: "no", None: UNKNOWN}


def causes(image: Mapping[str, Any]) -> Table:
    """Give what makes bytes invisible, and what removes them."""
    rows = [
        (cause["cause"], size(cause["bytes"]), f"{cause['files']:,}", cause["advice"])
        for cause in image["waste"]["causes"]
    ]
    columns = (("cause", TEXT), ("bytes", NUMBER), ("files", NUMBER), ("what removes it", TEXT))
    return Table("causes", "Waste by cause", columns, _lines(rows), len(rows))


def hidden_files(image: Mapping[str, Any]) -> Table:
    """Give the largest files that no container can see."""
    rows = [
        (
            size(file["bytes"]),
            f"{file['layer']} → {file['hidden_by']}",
            file["cause"],
            file["path"],
        )
        for file in image["waste"]["files"]
    ]
    columns = (("bytes", NUMBER), ("layers", TEXT), ("cause", TEXT), ("path", PATH))
    note = "layers: where the bytes are → the layer that hides them." if rows else ""
    total = image["waste"]["files_total"]
    return Table("hidden", "Largest hidden files", columns, _lines(rows), total, note)


def duplicates(image: Mapping[str, Any]) -> Table:
    """Give the contents that stand at several paths."""
    rows = [
        (
            size(group["bytes"]),
            f"{len(group['paths'])} × {size(group['size'])}",
            *_paths(group["paths"]),
        )
        for group in image["duplicates"]["groups"]
    ]
    columns = (("bytes", NUMBER), ("copies", TEXT), ("first", PATH), ("others", PATH))
    total = image["duplicates"]["groups_total"]
    return Table("duplicates", "Duplicate contents", columns, _lines(rows), total)


def distributions(image: Mapping[str, Any]) -> Table:
    """Give Python's distributions by weight."""
    rows = [
        (
            f"{one['name']} {one['version']}",
            size(one["bytes"]),
            some(one["native_bytes"]),
            some(one["bytecode_bytes"]),
            some(one["test_bytes"]),
            f"{one['files']:,}",
            one["folder"],
        )
        for one in image["weight"]["distributions"]
    ]
    kinds = ("bytes", "native", "bytecode", "tests", "files")
    columns = (("distribution", NAME), *((kind, NUMBER) for kind in kinds), ("folder", PATH))
    return Table("distributions", "Python distributions", columns, _lines(rows), len(rows))


def packages(image: Mapping[str, Any]) -> Table:
    """Give the operating system's packages by weight."""
    rows = [
        (f"{one['name']} {one['version']}", size(one["bytes"]), f"{one['files']:,}", one["kind"])
        for one in image["weight"]["packages"]
    ]
    columns = (("package", NAME), ("bytes", NUMBER), ("files", NUMBER), ("kind", TEXT))
    return Table("packages", "System packages", columns, _lines(rows), len(rows))


def kinds(image: Mapping[str, Any]) -> Table:
    """Give the kinds of file by weight."""
    rows = [
        (one["kind"], size(one["bytes"]), f"{one['files']:,}") for one in image["weight"]["kinds"]
    ]
    columns = (("kind", TEXT), ("bytes", NUMBER), ("files", NUMBER))
    return Table("kinds", "Kinds of file", columns, _lines(rows), len(rows))


def unowned(image: Mapping[str, Any]) -> Table:
    """Give the largest folders of files that no package and no distribution owns."""
    found = image["weight"]["unowned"]
    rows = [
        (size(one["bytes"]), f"{one['files']:,}", one["path"] or "/")
        for one in found["directories"]
    ]
    columns = (("bytes", NUMBER), ("files", NUMBER), ("folder", PATH))
    note = f"in all {size(found['bytes'])} in {_count(found['files'], 'file')}."
    title = "Files that no package owns"
    return Table("unowned", title, columns, _lines(rows), len(rows), note if rows else "")


def rules(image: Mapping[str, Any]) -> Table:
    """Give the rules of a --ci run, those that failed first."""
    order = sorted(image.get("rules", ()), key=lambda rule: _STATUS.index(rule["status"]))
    rows = [
        (
            rule["status"].upper() if rule["status"] == "failed" else rule["status"],
            rule["rule"],
            _measured(rule["rule"], rule["measured"]),
            NONE if rule["limit"] is None else _measured(rule["rule"], rule["limit"]),
            rule["origin"] + (f": {rule['reason']}" if rule.get("reason") else ""),
        )
        for rule in order
    ]
    columns = (
        ("state", TEXT),
        ("rule", NAME),
        ("measured", NUMBER),
        ("limit", NUMBER),
        ("where it stands", NAME),
    )
    return Table("rules", "Rules", columns, _lines(rows), len(rows))


_STATUS = ("failed", "skipped", "passed")


def dive(image: Mapping[str, Any]) -> str:
    """Give dive's own numbers in a sentence, or nothing where they were not asked for."""
    found = image.get("dive")
    if not found:
        return ""
    return (
        f"By dive's definitions: efficiency {percent(max(0.0, found['efficiency']))}, "
        f"wasted {size(found['wasted_bytes'])}, "
        f"user wasted {percent(found['user_wasted_percent'])}."
    )


def some(count: int) -> str:
    """Write bytes, and none of them as a dash: a column's figures stand out."""
    return size(count) if count else NONE


def _lines(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(map(one_line, row)) for row in rows)


def _paths(paths: Sequence[str]) -> tuple[str, str]:
    first, *others = map(one_line, paths)
    return first, ", ".join(others)


def _layers(image: Mapping[str, Any]) -> str:
    own = [layer for layer in image["layers"] if layer["in_base"] is False]
    if any(layer["in_base"] for layer in image["layers"]):
        return f"{len(own)} of them not in the base"
    without = sum(1 for layer in image["layers"] if not layer["total_bytes"])
    return f"{without} of them without files" if without else "from the base upwards"


def _measured(rule: str, value: float | None) -> str:
    if value is None:
        return UNKNOWN
    lower = rule.lower()
    if "efficiency" in lower or "percent" in lower:
        return percent(value)
    return f"{value:g}" if "layers" in lower else size(value)


def _short(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    return f"{algorithm}:{value[:_DIGEST]}" if value else ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
