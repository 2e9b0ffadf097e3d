"""An analysis as Markdown for a pull request: the figures in sight, the rest folded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from careen.report import analysis_tables as tables
from careen.report.analysis_shared import comparison, shared_layers
from careen.report.quantities import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST = 5
_LONGEST = 120
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~<>&$])")


def markdown(analysis: Mapping[str, Any], *, heading: str = "##") -> str:
    """Give the Markdown of one image's analysis, or of several.

    Tables are those of GitHub Flavored Markdown. What comes from an image stands in code spans,
    where neither markup nor a mention has an effect.
    """
    if "images" not in analysis:
        return "\n".join(_one(analysis, heading))
    lines = [f"{heading} Images", ""]
    lines += _table(comparison(analysis))
    shared = shared_layers(analysis)
    lines += [f"**{shared.title}**", "", *_table(shared.first(_MOST))]
    lines += _notes(tables.footnotes(analysis["images"], code))
    for image in analysis["images"]:
        lines += ["", *_one(image, f"{heading}#", marks=False)]
    return "\n".join(lines)


def code(text: str) -> str:
    r"""Give one line of text as a code span that may stand in a table's cell.

    Source: GitHub Flavored Markdown, 6.3 code spans, and 4.10 on `\|` in tables.

    >>> code("a`b|c")
    '``a`b\\|c``'
    """
    text = text.strip()
    if not text:
        return UNKNOWN
    runs = {len(run) for run in re.findall("`+", text)}
    fence = "`" * next(count for count in range(1, len(text) + 2) if count not in runs)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", r"\|")


def _one(image: Mapping[str, Any], heading: str, *, marks: bool = True) -> list[str]:
    dagger = f" {tables.DAGGER}" if image["stand_in"] else ""
    lines = [f"{heading} {code(tables.one_line(image['name']))}{dagger}", ""]
    lines += _figures(image)
    lines += _table(tables.rules(image))
    causes = tables.causes(image)
    lines += _table(causes) if causes.rows else ["Every byte of every layer can be seen.", ""]
    folded = (
        tables.largest_layers(image),
        tables.hidden_files(image),
        tables.duplicates(image),
        tables.distributions(image),
        tables.packages(image),
        tables.unowned(image),
    )
    for table in folded:
        if table.rows:
            summary = f"<details><summary>{table.title}</summary>"
            lines += [summary, "", *_table(table.first(_MOST)), "</details>", ""]
    notes = [code(tables.identity(image)), *filter(None, [tables.dive(image)])]
    notes += tables.footnotes([image], code) if marks else ()
    return [*lines, *_notes(notes)]


def _figures(image: Mapping[str, Any]) -> list[str]:
    found = tables.figures(image)
    return [
        "| " + " | ".join(figure.label for figure in found) + " |",
        "|" + " ---: |" * len(found),
        "| " + " | ".join(plain(figure.value) for figure in found) + " |",
        "",
    ]


def _table(table: tables.Table) -> list[str]:
    if not table.rows:
        return [plain(table.note), ""] if table.note else []
    kinds = [kind for _, kind in table.columns]
    rules = ["---:" if kind == tables.NUMBER else "---" for kind in kinds]
    lines = [
        _row([header for header, _ in table.columns]),
        _row(rules),
        *(_row([_cell(*pair) for pair in zip(row, kinds, strict=True)]) for row in table.rows),
        "",
    ]
    more = [f"and {table.left_out:,} more."] if table.left_out else []
    note = " ".join([*more, table.note]).strip()
    return [*lines, plain(note), ""] if note else lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str, kind: str) -> str:
    if kind in {tables.TEXT, tables.NUMBER} or text in {tables.NONE, UNKNOWN}:
        return plain(text)
    dagger = f" {tables.DAGGER}"
    name = text.removesuffix(dagger)
    mark = dagger if name != text else ""
    cut = name if len(name) <= _LONGEST else name[:_LONGEST] + "…"
    return code(cut) + mark


def plain(text: str) -> str:
    r"""Give text that Markdown shows as it stands.

    >>> plain("a*b|c")
    'a\\*b\\|c'
    """
    return _SPECIAL.sub(r"\\\1", text)


def _notes(notes: Sequence[str]) -> list[str]:
    return [f"<sub>{'<br>'.join(notes)}</sub>", ""] if notes else []
