from __future__ import annotations

import io
import os
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.report import terminal

HEADERS = ("Variant", "Pull size")
ROWS = (("slim †", "12.3 MB\nn=1"), ("alpine", "skipped"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table() -> None:
    text = terminal.render_table(
        HEADERS, ROWS, ("† a stand-in",), "Image size", width=100, colour=False
    )
    assert text == (
        "Image size\n"
        "\n"
        "Variant  Pull size\n"
        "───────────────────\n"
        "slim †   12.3 MB\n"
        "         n=1\n"
        "alpine   skipped\n"
        "† a stand-in\n"
    )


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b[1m" in terminal.render_table(HEADERS, ROWS, (), "Size", width=80, colour=True)
    assert "\x1b" not in terminal.render_table(HEADERS, ROWS, (), "Size", width=80, colour=False)


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_wanted(stream: io.StringIO, environment: dict[str, str], wanted: bool) -> None:
    assert terminal.colour_wanted(stream, environment) is wanted


@pytest.mark.parametrize(("columns", "width"), [(60, 60), (300, 100)])
def test_terminal_width(monkeypatch: pytest.MonkeyPatch, columns: int, width: int) -> None:
    size = os.terminal_size((columns, 24))
    monkeypatch.setattr("shutil.get_terminal_size", lambda: size)
    assert terminal.terminal_width(Terminal()) == width
    assert terminal.terminal_width(io.StringIO()) == 100


def test_standard_output_decides_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in terminal.render_table(HEADERS, ROWS, (), "Size")
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b" in terminal.render_table(HEADERS, ROWS, (), "Size")


def test_a_cell_is_no_markup_and_no_escape_code() -> None:
    rows = (("[bold]core[/bold]", "a\x1b[31mb\x07"),)
    text = terminal.render_table(HEADERS, rows, ("[red]",), "[b]", width=80, colour=False)
    assert "[bold]core[/bold]" in text
    assert "a[31mb" in text
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[red]" in text


def test_a_row_of_another_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="not as long"):
        terminal.render_table(HEADERS, (("slim",),), (), "Size")


CELLS = st.text(st.sampled_from("ab†█× ,.\n"), max_size=40)


@given(st.integers(20, 120), st.data())
def test_no_line_is_wider_and_nothing_is_lost(width: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 6))
    cells = st.lists(CELLS, min_size=count, max_size=count)
    headers = data.draw(cells)
    rows = data.draw(st.lists(cells, max_size=4))
    text = terminal.render_table(headers, rows, ["x" * 130], "t", width=width, colour=False)
    assert max(map(len, text.splitlines())) <= width
    for letter in "ab†█×,.":
        assert text.count(letter) == "".join([*headers, *chain(*rows)]).count(letter)


def test_lists_break_before_words_and_a_dagger_stays_with_its_name() -> None:
    rows = (("core, ml, dev", "python:3.13-slim †", "75.3 % less"),)
    text = terminal.render_table(("Sets", "Base", "Less"), rows, (), "t", width=39, colour=False)
    assert "python:3.13-slim †" in text
    assert "75.3 % less" in text
