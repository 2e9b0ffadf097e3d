from __future__ import annotations

import re
from html import unescape

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from careen.report.markdown import code, details, escaped, one_line, table

# What GitHub reads, as far as it can be had here: CommonMark with its tables.
GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = re.compile(r"</?(table|thead|tbody|tr|th|td|code|p)>\n?")
hostile = st.text(st.sampled_from("ab1 |\\`<>*_[]()#~!&;@/:.-\n\x1b\u202e\udcff"), max_size=20)


def rendered(markdown: str) -> str:
    return str(GITHUB.render(markdown))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("numpy 2.1", "numpy 2.1"),
        ("a|b", "a\\|b"),
        ("<b>", "\\<b\\>"),
        ("[x](y)", "\\[x\\](y)"),
        ("a\n# b\x1b[31m", "a \\# b \\[31m"),
        ("@octocat", "@\u200boctocat"),
        ("https://x www.y", "https:\u200b//x www\u200b.y"),
        ("&lt;", "\\&lt;"),
    ],
)
def test_escaped(text: str, expected: str) -> None:
    assert escaped(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/srv/a b", "`/srv/a b`"),
        ("a|b", "`a\\|b`"),
        ("a`b", "a\\`b"),
        ("a\\|b", "a\\\\\\|b"),
        ("a\\", "a\\\\"),
        ("\x00", "—"),
    ],
)
def test_code(text: str, expected: str) -> None:
    assert code(text) == expected


def test_table() -> None:
    assert table(["a", "b"], [["1234", "x"]]) == (
        "| a    | b   |\n| ---- | --- |\n| 1234 | x   |\n"
    )


def test_details() -> None:
    html = rendered(details("a", table(["x"], [["y"]])))
    assert html.startswith("<details>\n<summary>a</summary>\n<table>")


@settings(max_examples=300, deadline=None)
@given(hostile, hostile)
def test_no_text_is_more_than_text(first: str, second: str) -> None:
    html = rendered(table(["x", "y", "z"], [[escaped(first), code(second), "end"]]))
    assert html.count("<td>") == 3
    left = OURS.sub("", html)
    assert "<" not in left
    cells = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    shown = [re.sub(r"</?code>", "", cell) for cell in cells]
    for cell, text in zip(shown, (first, second), strict=False):
        assert unescape(cell).replace("\u200b", "") in {one_line(text), "—"}
