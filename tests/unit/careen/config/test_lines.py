"""Lines of keys in a TOML text, against where the test wrote them."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from careen.config.lines import lines_of

NOISE = st.sampled_from(
    ["", "# port = 9", 'note{} = """\n[http]\nport = 3\n"""', "many{} = [\n  1, # [2]\n  2,\n]"]
)


@given(st.lists(NOISE, min_size=12, max_size=12), st.booleans())
def test_the_line_is_where_the_key_was_written(noise: list[str], windows: bool) -> None:
    written = [
        (("port",), "port = 1"),
        (("limits",), "[limits]"),
        (("limits", "cpus"), "cpus = 2"),
        (("http", 0), "[[http]]"),
        (("http", 0, "path"), 'path = "/"'),
        (("http", 0, "json", "a.b"), 'json."a.b" = true'),
        (("http", 1), "[[http]]"),
        (("http", 1, "header", "X"), 'header = { X = "y" }'),
        (("load", "requests", 0), "[[load.requests]]"),
        (("load", "requests", 0, "path"), '"path" = "/"'),
        (("load", "requests", 1, "path"), 'path = "/"'),
    ]
    lines: list[str] = []
    wanted = {}
    for number, (location, statement) in enumerate(written):
        lines += noise[number].format(number).split("\n")
        if location == ("load", "requests", 1, "path"):
            lines.append("[[load.requests]]")
        wanted[location] = len(lines) + 1
        lines.append(statement)
    text = ("\r\n" if windows else "\n").join(lines)
    tomllib.loads(text)

    assert lines_of(text, wanted) == wanted


def test_a_missing_key_stands_where_its_table_does() -> None:
    text = "[[http]]\nstatus = 1\n[[http]]\nstatus = 2\n"

    assert lines_of(text, [("http", 1, "path"), ("nothing",)]) == {("http", 1, "path"): 3}


def test_a_value_of_several_lines_stands_at_its_first() -> None:
    assert lines_of("a = 1\nno-shell = [\n  'x',\n]\n", [("no-shell", 0)]) == {("no-shell", 0): 2}
