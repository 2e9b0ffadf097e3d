"""The snapshots are whole outputs; CAREEN_TEST_WRITE_SNAPSHOTS=1 writes them anew, to be read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from careen.report.difference import growth, markdown, render_difference, sections

SNAPSHOTS = Path(__file__).parent / "snapshots"
# What careen.image.compare.difference gives, see its tests.
GIVEN = Path(__file__).parents[1] / "image" / "snapshots"
EXAMPLES: dict[str, dict[str, Any]] = {
    name: json.loads((GIVEN / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("difference", "difference-hostile", "difference-none")
}


def expect(name: str, text: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("CAREEN_TEST_WRITE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_snapshots(name: str) -> None:
    data = EXAMPLES[name]
    expect(f"{name}.txt", render_difference(data, width=100, colour=False))
    expect(f"{name}.md", markdown(data))


@pytest.mark.parametrize("width", [100, 80, 40])
@pytest.mark.parametrize("name", EXAMPLES)
def test_it_fits_the_terminal_and_holds_no_control_characters(name: str, width: int) -> None:
    text = render_difference(EXAMPLES[name], width=width, colour=False)
    assert max(map(len, text.splitlines())) <= width
    assert all(letter == "\n" or letter.isprintable() for letter in text)


def test_figures_stay_whole_beside_long_paths() -> None:
    text = render_difference(EXAMPLES["difference"], width=100, colour=False)
    files = text[text.index("\nFiles\n") :]
    assert "+310.0 kB" in files
    assert "0755 1000:1000" in files


def test_colour_is_only_of_headings() -> None:
    text = render_difference(EXAMPLES["difference-hostile"], width=100, colour=True)
    assert "\x1b[1m" in text
    assert "\x1b[31m" not in text


def test_markdown_of_strangers_makes_no_element() -> None:
    html = str(
        MarkdownIt("commonmark").enable("table").render(markdown(EXAMPLES["difference-hostile"]))
    )
    assert "<script" not in html
    assert "<a " not in html
    assert "<img" not in html
    assert html.count("<table>") == len(sections(EXAMPLES["difference-hostile"], 25))


def side(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = EXAMPLES["difference"]["before"]
    return given | changes


def notes(**changes: Any) -> str:
    data = EXAMPLES["difference"] | changes
    return "\n".join(sections(data, 10)[0].notes)


def test_an_estimated_size_beside_a_measured_one_is_a_warning() -> None:
    assert "WARNING: only one" in notes(before=side(estimated=True))
    both = notes(before=side(estimated=True), after=side(estimated=True))
    assert "~ estimated" in both
    assert "WARNING" not in both
    assert "estimated" not in notes()


def test_layers_that_were_not_hashed_are_named() -> None:
    assert "layers 0, 2: contents not compared with their digest; --verify does." in notes(
        after=side(unverified=[0, 2])
    )
    assert "compared with" not in notes()


def test_a_stand_in_of_which_nothing_is_said() -> None:
    text = notes(before=side(stand_ins=[]), after=side(stand_in=False, stand_ins=[], name="x"))
    assert "† pokertool:1 † stands on a stand-in, not on a published image." in text
    assert "x †" not in text


def test_another_system_is_a_row() -> None:
    data = EXAMPLES["difference"] | {"after": side(release="", platform="linux/arm64")}
    rows = sections(data, 10)[0].rows
    assert ("platform", "linux/amd64", "linux/arm64", "another one") in rows
    assert ("release", "Debian GNU/Linux 12 (bookworm)", "unknown", "another one") in rows


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"index": 2, "before": None, "after": "RUN x"}, "where the first one ends."),
        ({"index": 2, "before": "RUN x", "after": None}, "where the second one ends."),
        ({"index": 2, "before": "RUN x", "after": "RUN y"}, "differ at layer 2."),
        ({"index": 2, "before": "RUN x", "after": "RUN x"}, "its input differs."),
        (None, "All layers are the same."),
    ],
)
def test_where_they_begin_to_differ(where: Any, expected: str) -> None:
    part = sections(EXAMPLES["difference"] | {"divergence": where}, 10)[1]
    assert part.notes[0].endswith(expected)


def test_one_layer_in_common_and_one_elsewhere() -> None:
    layer = {"instruction": "", "pull_bytes": 1, "total_bytes": 2}
    lines = [layer | {"index": at, "shared": at == 1} for at in range(2)]
    data = EXAMPLES["difference"] | {
        "layers": {"before": lines, "after": lines},
        "divergence": {"index": 1, "before": "a", "after": "b"},
    }
    assert sections(data, 10)[1].rows == (
        ("= 0", "1 B", "2 B", "the same in both"),
        ("− 1 (in both)", "1 B", "2 B", "unknown"),
        ("+ 1 (in both)", "1 B", "2 B", "unknown"),
    )


def test_what_is_unknown_is_shown_as_unknown() -> None:
    known = {"version": "1", "bytes": 5, "files": 1}
    changes = [
        {"name": "a", "change": "size", "before": known, "after": known | {"bytes": None}},
        {"name": "b", "change": "added", "before": None, "after": known | {"version": ""}},
    ]
    part = sections(EXAMPLES["difference"] | {"packages": changes}, 10)[3]
    assert part.rows == (
        ("a", "resized", "1", "5 B", "unknown", "unknown"),
        ("b", "added", "unknown", "—", "5 B", "+5 B"),
    )
    assert part.summary == "1 added, 1 resized"


def test_long_lists_say_how_long_they_are() -> None:
    data = EXAMPLES["difference"]
    part = sections(data | {"packages": data["distributions"] * 5}, 10)[3]
    assert (len(part.rows), part.notes) == (10, ("15 in all, the 10 largest are shown.",))
    files = sections(data, 2)[-1]
    assert files.notes[0].startswith("added: 4 in all, 0 B before and 388.1 kB after; the 2 larg")


def test_a_long_value_is_cut_and_an_empty_one_is_seen() -> None:
    change = {"setting": "env", "name": "A", "before": "", "after": "x" * 500}
    part = sections(EXAMPLES["difference"] | {"configuration": [change]}, 10)[3]
    assert part.rows == (("environment A", '""', "x" * 160 + "…"),)


@pytest.mark.parametrize(
    ("limit", "expected"), [(0, "0 B"), (5_000_000, "+5.0 MB"), (-1000, "−1.0 kB")]
)
def test_the_check_of_the_growth(limit: int, expected: str) -> None:
    check = {"limit_bytes": limit, "measured_bytes": -2000, "status": "passed"}
    text = notes(growth=check)
    assert text.startswith(f"max-growth passed: pull size: −2.0 kB; the limit is {expected}.")
    assert "max-growth" not in notes(growth=None)


def test_growth() -> None:
    assert [growth(count) for count in (1_200_000, -5, 0, None)] == [
        "+1.2 MB",
        "−5 B",
        "the same",
        "unknown",
    ]


def test_a_size_that_was_nothing_has_no_share() -> None:
    data = EXAMPLES["difference"] | {"before": side(pull_bytes=0), "pull_growth_bytes": 5}
    assert sections(data, 10)[0].rows[0][3] == "+5 B"
