"""An analysis as one HTML page that needs nothing but itself: figures, charts, tables.

What comes from an image is escaped at every way into the page: html.escape for texts, escapes of
JSON for the charts' data, plain text for the chart library. A content security policy is the
second line: it names the page's two scripts by their hashes and forbids every connection.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from careen.report import analysis_charts as charts
from careen.report import analysis_tables as tables
from careen.report.analysis_shared import comparison, shared_layers, together
from careen.report.quantities import percent, size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WIDE = {tables.NAME, tables.PATH, tables.INSTRUCTION}
_CODE = {tables.PATH, tables.INSTRUCTION}
_LAYER_LEGEND = {charts.BASE: "of the base", charts.OWN: "of this image"}
_WASTE_LEGEND = {charts.WASTE: "no container can see"}


def html(analysis: Mapping[str, Any]) -> str:
    """Give the page of one image's analysis, or of several.

    Args:
        analysis: what analysis.schema.json describes.
    """
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - 5 MB that nothing else needs

    plotly, script = get_plotlyjs(), _part("page.js")
    images = analysis.get("images", [analysis])
    title, body, data = _several(analysis) if "images" in analysis else _single(analysis)
    return Template(_part("page.html")).substitute(
        policy=policy([plotly, script]),
        careen=escape(tables.one_line(analysis["careen"])),
        title=escape(title),
        style=_part("page.css"),
        body=body,
        notes="\n".join(f"<p>{escape(note)}</p>" for note in tables.footnotes(images)),
        charts=script_json(data),
        plotly=plotly,
        script=script,
    )


def policy(scripts: Sequence[str]) -> str:
    """Give the content security policy of a page that has these scripts and no others.

    Styles may stand in the page, for the chart library writes some.
    Source: https://www.w3.org/TR/CSP3/
    """
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def script_json(data: object) -> str:
    r"""Give JSON that may stand in a script element: no text in it can end the element.

    >>> script_json("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _part(name: str) -> str:
    return (files("careen.report") / "page" / name).read_text(encoding="utf-8")


def _single(image: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    title = tables.name(image)
    top = (
        '<header>\n<p class="kicker">careen analysis</p>\n'
        f"<h1>{escape(title)}</h1>\n{_opening(image)}\n</header>"
    )
    parts = [top, _overview(image, "i0"), _search(), _details(image, "i0")]
    return f"{title}: image analysis", "\n".join(parts), _data(image, "i0")


def _several(analysis: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    images = analysis["images"]
    title = f"{len(images)} images"
    legend = {charts.SHARED: "layers that several images have", charts.OWN: "its own layers"}
    top = (
        f'<header>\n<p class="kicker">careen analysis</p>\n<h1>{title}</h1>\n'
        f'<p class="lead">{escape(together(analysis))}</p>\n</header>'
    )
    parts = [
        top,
        _bars("shared", "What each image costs to pull", legend),
        _search(),
        _table(comparison(analysis), "all"),
        _table(shared_layers(analysis), "all"),
    ]
    data: dict[str, Any] = {"shared": charts.image_bars(analysis)}
    for number, image in enumerate(images):
        prefix = f"i{number}"
        heading = f'<h2 id="{prefix}">{escape(tables.name(image))}</h2>\n{_opening(image)}'
        inside = [heading, _overview(image, prefix, "h3"), _details(image, prefix)]
        parts.append(f'<section class="image" aria-labelledby="{prefix}">')
        parts += [*inside, "</section>"]
        data |= _data(image, prefix)
    names = ", ".join(tables.name(image) for image in images)
    return f"{names}: image analysis", "\n".join(parts), data


def _data(image: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    maps = {"directory": charts.by_directory(image), "package": charts.by_package(image)}
    return {f"{prefix}-map": maps, f"{prefix}-layers": charts.layer_bars(image)}


def _opening(image: Mapping[str, Any]) -> str:
    waste, total = image["reclaimable_bytes"], image["total_bytes"]
    lead = (
        f"This image is <strong>{tables.pull(image, image['pull_bytes'])}</strong> to pull and "
        f"<strong>{size(image['unpacked_bytes'])}</strong> on disk, unpacked. "
    )
    if waste:
        lead += (
            f'<strong class="waste">{size(waste)}</strong> ({percent(waste / total)}) of the bytes '
            "in its layers no container can ever see."
        )
    elif total:
        lead += "Every byte of every layer can be seen: nothing is wasted."
    return (
        f'<p class="identity">{escape(tables.identity(image))}</p>\n<p class="lead">{lead}</p>\n'
        f"{_proportion(waste, total)}{_figures(image)}"
    )


def _proportion(waste: int, total: int) -> str:
    if not waste:
        return ""
    label = f"{percent(waste / total)} of the layers' bytes are hidden"
    return (
        f'<div class="proportion" role="img" aria-label="{escape(label)}">'
        f'<span style="width:{100 * waste / total:.2f}%"></span></div>\n'
    )


def _figures(image: Mapping[str, Any]) -> str:
    items = [
        f"<div{' class=is-waste' if one.waste else ''}><dt>{escape(one.label)}</dt>"
        f'<dd class="value">{escape(one.value)}</dd>'
        f'<dd class="detail">{escape(one.detail)}</dd></div>'
        for one in tables.figures(image)
    ]
    return '<dl class="figures">\n' + "\n".join(items) + "\n</dl>"


def _overview(image: Mapping[str, Any], prefix: str, heading: str = "h2") -> str:
    parts = []
    if (rules := tables.rules(image)).rows:
        parts.append(_table(rules, prefix, searched=False))
    if image["waste"]["causes"]:
        parts += [f"<{heading}>What would make it smaller</{heading}>", _advice(image)]
    if image["total_bytes"]:
        parts += [f"<{heading}>Where the bytes are</{heading}>", _treemap(prefix, image)]
    if image["layers"]:
        title = "Layers, by what they cost to pull"
        parts.append(_bars(f"{prefix}-layers", title, _layer_legend(image), heading))
        if left := charts.layer_bars(image)["left_out"]:
            parts.append(f'<p class="note">And {left} smaller ones: see the table of layers.</p>')
    return "\n".join(parts)


def _layer_legend(image: Mapping[str, Any]) -> dict[str, str]:
    on_base = any(layer["in_base"] for layer in image["layers"])
    seen = _LAYER_LEGEND if on_base else {charts.OWN: "what a container sees"}
    return {**seen, **(_WASTE_LEGEND if image["reclaimable_bytes"] else {})}


def _advice(image: Mapping[str, Any]) -> str:
    items = [
        f"<li><b>{size(cause['bytes'])} {escape(tables.one_line(cause['cause']))} "
        f"({cause['files']:,} {'file' if cause['files'] == 1 else 'files'})</b>"
        f"<span>{escape(tables.one_line(cause['advice']))}</span></li>"
        for cause in image["waste"]["causes"]
    ]
    return '<ul class="advice">\n' + "\n".join(items) + "\n</ul>"


def _treemap(prefix: str, image: Mapping[str, Any]) -> str:
    legend = _legend(_WASTE_LEGEND) if image["reclaimable_bytes"] else ""
    return f"""<div class="panel">
<div class="controls"><div class="switch" role="group" aria-label="Show the image by">
<button type="button" data-view-of="directory" aria-pressed="true">By folder</button>
<button type="button" data-view-of="package" aria-pressed="false">By package</button></div>
<label>Look into <select></select></label></div>
<div class="chart treemap" data-chart="{prefix}-map" data-view="directory" role="img"
 aria-label="Treemap of the bytes in all layers; the tables below have the same figures"></div>
{legend}
</div>"""


def _bars(key: str, title: str, legend: Mapping[str, str], heading: str = "h2") -> str:
    return f"""<{heading}>{title}</{heading}>
<div class="panel">
<div class="chart bars" data-chart="{key}" role="img"
 aria-label="Bars of pull sizes; the tables below have the same figures"></div>
{_legend(legend)}
</div>"""


def _legend(entries: Mapping[str, str]) -> str:
    items = (
        f'<li><i style="background:var(--{colour})"></i>{text}</li>'
        for colour, text in entries.items()
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def _search() -> str:
    return """<div class="search" id="tables" role="search">
<label for="search">Search the tables</label>
<input id="search" type="search" autocomplete="off" spellcheck="false"
 placeholder="a path, a package, an instruction">
<output id="found" for="search" aria-live="polite"></output>
</div>"""


def _details(image: Mapping[str, Any], prefix: str) -> str:
    found = (
        tables.layers(image),
        tables.hidden_files(image),
        tables.duplicates(image),
        tables.distributions(image),
        tables.packages(image),
        tables.kinds(image),
        tables.unowned(image),
    )
    parts = [_table(table, prefix) for table in found if table.rows]
    if sentence := tables.dive(image):
        parts.append(f'<p class="note">{escape(sentence)}</p>')
    return "\n".join(parts)


def _table(table: tables.Table, prefix: str, *, searched: bool = True) -> str:
    left = f"the largest {len(table.rows):,} of {table.total:,}." if table.left_out else ""
    note = " ".join(filter(None, [left, table.note]))
    small = f"<small>{escape(note)}</small>" if note else ""
    heads = "".join(
        f'<th scope="col"{" class=number" if kind == tables.NUMBER else ""}>{escape(header)}</th>'
        for header, kind in table.columns
    )
    rows = "\n".join(f"<tr>{_cells(table, row)}</tr>" for row in table.rows)
    data = " data-search" if searched else ""
    return f"""<div class="scroll" id="{prefix}-{table.key}">
<table class="stack"{data}><caption>{escape(table.title)}{small}</caption>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody></table></div>"""


def _cells(table: tables.Table, row: Sequence[str]) -> str:
    return "".join(_cell(*column, text) for column, text in zip(table.columns, row, strict=True))


def _cell(header: str, kind: str, text: str) -> str:
    written = escape(text)
    if kind in _CODE:
        written = f"<code>{written}</code>"
    if text == "FAILED":
        written = f'<b class="failed">{written}</b>'
    names = ["wide" if kind in _WIDE else kind]
    names += ["blank"] if text in {"", tables.NONE} else []
    return f'<td class="{" ".join(names)}" data-header="{escape(header)}">{written}</td>'
