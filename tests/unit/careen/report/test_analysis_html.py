"""The page of an analysis, read with an HTML parser; tests/engine opens it in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest
from plotly.offline import get_plotlyjs

from careen.report.analysis_charts import by_directory, by_package, layer_bars
from careen.report.analysis_html import html, script_json
from careen.report.analysis_tables import one_line

from .analyses import NAMES, example, expect, images

PAGE = files("careen.report") / "page"
# The only elements that a page is made of; an image's name adds none.
ELEMENTS = {
    *("html", "head", "meta", "title", "link", "style", "body", "main", "header", "footer"),
    *("section", "noscript", "div", "span", "p", "a", "h1", "h2", "h3", "strong", "b", "small"),
    *("i", "code", "dl", "dt", "dd", "ul", "li", "table", "caption", "thead", "tbody", "tr"),
    *("th", "td", "button", "label", "select", "input", "output", "script"),
}


class Page(HTMLParser):
    """Elements, attributes and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self._within = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "script":
            self.scripts[-1] += data
        else:
            self.texts.append(data)

    def attributes(self, name: str) -> list[str]:
        return [str(one[name]) for _, one in self.elements if name in one]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: html(example(name)) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_page(pages: dict[str, str], name: str) -> None:
    text = pages[name]
    for part, mark in (
        (get_plotlyjs(), "plotly"),
        ((PAGE / "page.js").read_text(), "page.js"),
        ((PAGE / "page.css").read_text(), "page.css"),
    ):
        assert text.count(part) == 1
        text = text.replace(part, f"[{mark}]")
    expect(f"analysis-{name}.html", re.sub(r"'sha256-[^']+'", "[hash]", text))


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_small_enough_to_send(pages: dict[str, str], name: str) -> None:
    assert len(pages[name].encode()) < 6_000_000


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_an_image_becomes_an_element(pages: dict[str, str], name: str) -> None:
    page = Page(pages[name])
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    assert len(page.scripts) == 3
    handlers = [key for _, one in page.elements for key in one if key.startswith("on")]
    assert not handlers
    assert set(page.attributes("href")) == {"data:,", "#tables"}
    assert not page.attributes("src")


def test_hostile_texts_are_shown_as_they_stand(pages: dict[str, str]) -> None:
    shown = Page(pages["hostile"]).texts
    hostile = example("hostile")
    for file in hostile["waste"]["files"]:
        assert one_line(file["path"]) in shown
    assert one_line(hostile["layers"][0]["instruction"]) in shown


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_allows_the_pages_two_scripts_and_no_connection(
    pages: dict[str, str], name: str
) -> None:
    page = Page(pages[name])
    policy = next(
        str(one["content"])
        for _, one in page.elements
        if one.get("http-equiv") == "Content-Security-Policy"
    )
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    hashes = [hashlib.sha256(script.encode()).digest() for script in page.scripts[1:]]
    wanted = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes]
    assert parts["script-src"].split() == wanted
    assert parts["default-src"] == "'none'"
    assert parts["form-action"] == parts["base-uri"] == "'none'"
    assert not any("http" in part for part in parts.values())


def test_the_charts_data_is_what_was_put_in(pages: dict[str, str]) -> None:
    data = json.loads(Page(pages["hostile"]).scripts[0])
    assert data["i0-map"]["directory"] == by_directory(example("hostile"))
    assert data["i0-layers"] == layer_bars(example("hostile"))


def test_json_cannot_end_its_element() -> None:
    text = "</script><!--<script>\u2028\u2029&\udcff"
    written = script_json({text: text})
    assert json.loads(written) == {text: text}
    assert written.isascii()
    assert not set("<>&") & set(written)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tiles", [by_directory, by_package])
def test_tiles_hold_their_children_and_come_after_their_parents(name: str, tiles: Any) -> None:
    for image in images(example(name)):
        found = tiles(image)
        below = [0] * len(found["bytes"])
        for number, parent in enumerate(found["parents"]):
            assert parent < number
            if parent >= 0:
                below[parent] += found["bytes"][number]
        assert all(own >= inside for own, inside in zip(found["bytes"], below, strict=True))
        assert len({len(column) for column in found.values()}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_waste_has_its_colour_and_its_bytes(name: str) -> None:
    for image in images(example(name)):
        found = by_directory(image)
        whole = image["unpacked_bytes"] + image["reclaimable_bytes"]
        assert found["bytes"][0] == whole
        top = [
            found["bytes"][number]
            for number, (parent, colour) in enumerate(
                zip(found["parents"], found["colours"], strict=True)
            )
            if parent == 0 and colour == "waste"
        ]
        assert sum(top) == image["reclaimable_bytes"]


@pytest.mark.parametrize("name", NAMES)
def test_a_bars_parts_are_its_pull_size(name: str) -> None:
    for image in images(example(name)):
        bars = layer_bars(image)
        assert bars["left_out"] == 0
        sums = [sum(parts) for parts in zip(*(one["bytes"] for one in bars["series"]), strict=True)]
        assert sums == [layer["pull_bytes"] for layer in image["layers"]]


def test_no_bar_is_drawn_for_what_is_not_there() -> None:
    colours = [one["colour"] for one in layer_bars(example("rootfs"))["series"]]
    assert colours == ["own"]
    colours = [one["colour"] for one in layer_bars(example("wasteful"))["series"]]
    assert colours == ["base", "own", "waste"]


def test_a_chain_of_folders_is_one_tile() -> None:
    image = example("rootfs")
    chain = {"name": "a", "bytes": 100, "children": [{"name": "b", "bytes": 99}]}
    branch = {"name": "c", "bytes": 100, "children": [{"name": "d", "bytes": 50}]}
    image["weight"]["directories"] = {"name": "", "bytes": 200, "children": [chain, branch]}
    found = by_directory(image)
    assert found["labels"] == ["all layers", "a/b", "c", "d"]
    assert found["paths"][1:] == ["/a/b", "/c", "/c/d"]


def test_many_layers_are_the_largest_in_the_images_order() -> None:
    image = example("slim")
    first = image["layers"][0]
    image["layers"] = [first | {"index": at, "pull_bytes": (at * 7) % 40} for at in range(40)]
    bars = layer_bars(image)
    assert bars["left_out"] == 40 - len(bars["heads"])
    numbers = [int(head.split()[0]) for head in bars["heads"]]
    assert numbers == sorted(numbers)
    assert f"And {bars['left_out']} smaller ones" in html(image)
    shown = {(number * 7) % 40 for number in numbers}
    assert shown == set(range(40 - len(numbers), 40))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read(scheme: str) -> None:
    """WCAG 2.2, 1.4.3: a contrast of 4.5 at least."""
    light, dark = re.findall(r":root[^{]*\{([^}]*)\}", (PAGE / "page.css").read_text())[:2]
    found = dict(re.findall(r"--([\w-]+): (#\w{6})", light if scheme == "light" else dark))
    for ink in ("ink", "soft", "waste", "good"):
        for paper in ("page", "card"):
            assert _contrast(found[ink], found[paper]) >= 4.5, (ink, paper)
    assert _contrast(found["waste"], found["waste-card"]) >= 4.5
    assert _contrast(found["soft"], found["waste-card"]) >= 4.5


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
