"""The terminal's and the pull request's form of an analysis; the examples and the schema."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from careen.report.analysis import render_analysis, shorten
from careen.report.analysis_html import html as page
from careen.report.analysis_markdown import code, markdown
from careen.report.analysis_tables import one_line

from .analyses import NAMES, example, expect, images

SCHEMA = json.loads((files("careen.image") / "analysis.schema.json").read_text())
GITHUB = MarkdownIt("commonmark").enable("table")


def terminal(analysis: dict[str, Any], width: int = 100) -> str:
    return render_analysis(analysis, width=width, colour=False)


def accepted(analysis: dict[str, Any]) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(analysis)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_are_what_the_schema_says(name: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(example(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_are_plausible(name: str) -> None:
    for image in images(example(name)):
        layers = image["layers"]
        hidden = sum(layer["hidden_bytes"] for layer in layers)
        total = sum(layer["total_bytes"] for layer in layers)
        assert (image["reclaimable_bytes"], image["total_bytes"]) == (hidden, total)
        assert image["unpacked_bytes"] == total - hidden
        assert image["weight"]["directories"]["bytes"] == image["unpacked_bytes"]
        assert sum(cause["bytes"] for cause in image["waste"]["causes"]) == hidden
        assert [layer["index"] for layer in layers] == list(range(len(layers)))


@pytest.mark.parametrize(
    "changed",
    [
        {"more": 1},
        {"pull_bytes": 1.5},
        {"pull_bytes": -1},
        {"pull_bytes": None},
        {"pull_bytes": "1"},
        {"schema_version": 2},
        {"source": "ftp"},
        {"digest": "not one"},
        {"efficiency": 1.1},
        {"rules": [{"rule": "x", "limit": 1, "measured": 1, "status": "skipped", "origin": ""}]},
    ],
)
def test_the_schema_is_strict(changed: dict[str, Any]) -> None:
    assert accepted(example("slim"))
    assert not accepted(example("slim") | changed)


def test_the_schema_is_strict_inside() -> None:
    for at in ("layers", "waste", "duplicates", "weight"):
        changed = example("slim")
        part = changed[at][0] if at == "layers" else changed[at]
        part["more"] = 1
        assert not accepted(changed)


@pytest.mark.parametrize("name", NAMES)
def test_on_a_terminal(name: str) -> None:
    expect(f"analysis-{name}.txt", terminal(example(name)))


@pytest.mark.parametrize("name", NAMES)
def test_in_a_pull_request(name: str) -> None:
    expect(f"analysis-{name}.md", markdown(example(name)))


@pytest.mark.parametrize("width", [100, 80])
@pytest.mark.parametrize("name", NAMES)
def test_every_line_fits_the_terminal(name: str, width: int) -> None:
    assert max(map(len, terminal(example(name), width).splitlines())) <= width


def test_no_colour_is_written_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in render_analysis(example("slim"), width=100)
    assert "\x1b[1m" in render_analysis(example("slim"), width=100, colour=True)


@pytest.mark.parametrize("write", [terminal, markdown])
def test_nothing_of_an_image_moves_the_cursor_or_begins_a_line(write: Any) -> None:
    lines = write(example("hostile")).split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith(("forged", "next line")) for line in lines)
    "\n".join(lines).encode()  # no lone surrogate of an undecodable name is left


@pytest.mark.parametrize("write", [terminal, markdown])
def test_unknown_is_never_nothing(write: Any) -> None:
    text = write(example("rootfs"))
    assert "unknown" in text
    slim = example("slim") | {"unique_bytes": None, "base": ""}
    slim["layers"][0]["in_base"] = None
    (row,) = (line for line in terminal(slim).splitlines() if line.startswith("unique"))
    assert row.split(maxsplit=2) == ["unique", "unknown", "no base is known"]
    assert any("unknown  # debian.sh" in line for line in terminal(slim).splitlines())


@pytest.mark.parametrize("write", [terminal, markdown])
def test_stand_ins_and_estimates_are_marked_and_explained(write: Any) -> None:
    text = write(example("wasteful"))
    assert "~945.5 MB" in text
    assert "b523999e355c" in text
    assert "not the published" in text
    assert "~ these layers are kept uncompressed" in text
    assert "†" not in write(example("slim"))
    assert "~" not in write(example("slim"))
    bare = example("slim") | {"stand_in": True}
    assert "† stands on a base that careen made itself" in write(bare)


@pytest.mark.parametrize("write", [terminal, markdown, page])
def test_layers_that_were_not_hashed_are_named(write: Any) -> None:
    one, two = example("slim"), example("two")
    assert "compared with" not in write(one) + write(two)
    one["layers"][1]["verified"] = False
    assert "layer 1: contents not compared with its digest; --verify does." in write(one)
    for layer in two["images"][1]["layers"][:2]:
        layer["verified"] = False
    text = " ".join(write(two).split())
    assert "layers 0, 1: contents not compared with their digest; --verify does." in text
    assert text.count("compared with") == 1


def test_the_dagger_never_leaves_its_name() -> None:
    title = terminal(example("wasteful")).splitlines()[0]
    assert title == "pokertool:current †"
    assert "pokertool:distroless †" in terminal(example("two"))
    assert "`pokertool:distroless` †" in markdown(example("two"))


def test_rules_that_failed_come_first() -> None:
    lines = terminal(example("slim")).splitlines()
    start = lines.index("Rules") + 4
    assert [line.split()[0] for line in lines[start : start + 4]] == [
        "FAILED",
        "skipped",
        "passed",
        "passed",
    ]
    assert "Rules" not in terminal(example("wasteful"))


def test_a_path_is_cut_in_its_middle_and_an_instruction_at_its_end() -> None:
    assert shorten("opt/venv/lib/numpy.so", 14, middle=True) == "opt/v…numpy.so"
    assert shorten("RUN pip install", 8) == "RUN pip…"
    assert shorten("short", 5) == "short"


def test_markdown_shows_what_comes_from_an_image_as_it_stands() -> None:
    hostile = example("hostile")
    shown = _spans(markdown(hostile))
    assert one_line(hostile["name"]) in shown
    for file in hostile["waste"]["files"]:
        assert one_line(file["path"]) in shown


@pytest.mark.parametrize("name", NAMES)
def test_markdown_holds_no_html_but_its_own(name: str) -> None:
    tokens = GITHUB.parse(markdown(example(name)))
    found = [token.content for token in tokens if token.type == "html_block"]
    for token in tokens:
        found += [one.content for one in token.children or () if one.type == "html_inline"]
    own = ("<details>", "</details>", "<sub>", "</sub>", "<br>")
    assert all(html.startswith(own) for html in found)
    assert not any(word in html for html in found for word in ("script", "img", "svg"))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab`|\\ <*_@"), min_size=1, max_size=20))
def test_a_code_span_in_a_table_shows_its_text(text: str) -> None:
    line = one_line(text)
    source = f"| head | other |\n| --- | --- |\n| {code(line)} | end |\n"
    spans = _spans(source)
    assert spans == ([line] if line else [])


def _spans(source: str) -> list[str]:
    tokens = [child for token in GITHUB.parse(source) for child in token.children or ()]
    return [token.content for token in tokens if token.type == "code_inline"]
