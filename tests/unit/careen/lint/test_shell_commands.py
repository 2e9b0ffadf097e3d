"""The commands of a RUN: words, lines, here-documents, shells in shells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.build.dockerfile import parse_dockerfile
from careen.errors import DockerfileError
from careen.lint.mounts import mounts
from careen.lint.shell_commands import Command, commands, exec_form


def run(text: str) -> list[tuple[tuple[str, ...], int]]:
    [stage] = parse_dockerfile(f"FROM x\n{text}\n").stages
    return [(one.words, one.line) for one in commands(stage.instructions[0]) if one.words]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("RUN a b", [(("a", "b"), 2)]),
        ("RUN a&&b||c;d|e", [(("a",), 2), (("b",), 2), (("c",), 2), (("d",), 2), (("e",), 2)]),
        ("RUN a \\\n  # comment\n\n  && b \\\n  c", [(("a",), 2), (("b", "c"), 5)]),
        ("RUN a 'b && c' \"d; e\" f\\ g", [(("a", "b && c", "d; e", "f g"), 2)]),
        ("RUN X=1 Y='2 3' a", [(("a",), 2)]),
        ("RUN if a; then b; else c; fi", [(("a",), 2), (("b",), 2), (("c",), 2), (("fi",), 2)]),
        ("RUN (a; b) > /x 2>&1 < y", [(("a",), 2), (("b",), 2)]),
        ("RUN a >>x b 2>/dev/null c", [(("a", "b", "c"), 2)]),
        ("RUN a $(b; c) `d; e` ${f:-g h}", [(("a", "$(b; c)", "`d; e`", "${f:-g h}"), 2)]),
        ("RUN sudo a && exec b && env C=1 d", [(("a",), 2), (("b",), 2), (("d",), 2)]),
        ('RUN ["a", "b c"]', [(("a", "b c"), 2)]),
        ('RUN ["sh", "-ec", "a; b"]', [(("sh", "-ec", "a; b"), 2), (("a",), 2), (("b",), 2)]),
        ("RUN bash -c 'a \"b c\"'", [(("bash", "-c", 'a "b c"'), 2), (("a", "b c"), 2)]),
        ("RUN <<EOF\na b\n# c\n\nd \\\n e\nEOF", [(("a", "b"), 3), (("d", "e"), 6)]),
        ("RUN <<EOF\n#!/usr/bin/env python3\nimport os\nEOF", []),
        ("RUN <<-'EOF'\n#!/bin/bash\n\ta\n\tEOF", [(("a",), 4)]),
        ("RUN bash <<EOF\na\nEOF", [(("bash",), 2), (("a",), 3)]),
        ("RUN cat <<EOF >/x && y\na\nEOF", [(("cat",), 2), (("y",), 2)]),
        ("RUN a # b && c", [(("a",), 2)]),
        ("RUN a#b", [(("a#b",), 2)]),
        ("RUN a \"b'c\" 'd\"e'", [(("a", "b'c", 'd"e'), 2)]),
        ("RUN a 'b", [(("a", "b"), 2)]),
        ("RUN", []),
        ("CMD a", []),
        ("ONBUILD RUN a", []),
    ],
)
def test_commands_have_words_and_lines(
    text: str, wanted: list[tuple[tuple[str, ...], int]]
) -> None:
    assert run(text) == wanted


def test_assignments_are_kept_apart() -> None:
    [stage] = parse_dockerfile("FROM x\nRUN A=1 B='2 3' /usr/bin/pip --x=y a\n").stages
    [command] = commands(stage.instructions[0])
    assert command == Command(("/usr/bin/pip", "--x=y", "a"), (("A", "1"), ("B", "2 3")), 2)
    assert command.name == "pip"
    assert command.operands() == ("a",)
    assert command.has("a", "z")
    assert not command.has("pip")


@pytest.mark.parametrize("value", ["[1]", "['a']", "[", "a", '{"a": 1}', "[" * 9999])
def test_other_than_a_list_of_texts_is_no_exec_form(value: str) -> None:
    assert exec_form(value) is None


@given(st.text("ab \\\n'\"`$(){}[]<>&|;#=-EOF\t", max_size=60))
def test_any_script_has_commands_and_lines_of_its_own(script: str) -> None:
    text = f"FROM x\nRUN {script}\n"
    try:
        dockerfile = parse_dockerfile(text)
    except DockerfileError:
        return
    for instruction in dockerfile.stages[-1].instructions:
        for command in commands(instruction):
            assert instruction.line <= command.line <= instruction.end_line


def test_mounts_have_their_options() -> None:
    text = (
        "FROM x\nRUN --mount=type=cache,dst=/a/b/,sharing=locked --mount=source=x,destination=/y"
        ' --mount=type=cache,id=i,target=/z,from=s --mount="type=cache,target=/q" true\n'
    )
    one, two, three, four = mounts(parse_dockerfile(text).stages[0].instructions[0])
    assert (one.kind, one.target, one.id, one.sharing) == ("cache", "/a/b", "/a/b", "locked")
    assert (two.kind, two.source, two.target, two.sharing) == ("bind", "x", "/y", "shared")
    assert (three.id, three.origin) == ("i", "s")
    assert four.target == "/q"
    assert one.is_at("/x", "/a")
    assert not one.is_at("/a/bc", "/")
