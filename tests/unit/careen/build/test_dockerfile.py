from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from careen.build.dockerfile import (
    BaseReference,
    Dockerfile,
    external_references,
    final_base,
    parse_dockerfile,
    platform_args,
    read_dockerfile,
)
from careen.errors import DockerfileError

DATA = Path(__file__).parents[3] / "data" / "rawjson" / "dockerfiles"
PYTHON = "python:3.13-slim-trixie"

SERVICE = """\
# syntax=docker/dockerfile:1.7
# a comment

ARG PYTHON=3.13
ARG BASE=python:${PYTHON}-slim
FROM --platform=$BUILDPLATFORM node:22-slim AS Web
RUN npm ci

FROM ${BASE} AS builder
COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/
RUN --mount=type=cache,target=/root/.cache/pip \\
    # a comment inside

    --mount=type=bind,from=wheels:1,source=/w,target=/w \\
    pip install \\
      fastapi

FROM builder AS test
COPY --from=debian:13 /etc/os-release /
FROM gcr.io/distroless/python3:${FLAVOUR:-nonroot}
COPY --from=builder --chown=1000 /venv /venv
COPY --from=0 /dist /dist
ENTRYPOINT ["python3", "-m", "app"]
"""


def parsed(text: str) -> Dockerfile:
    return parse_dockerfile(dedent(text).lstrip("\n"))


def error_of(text: str) -> DockerfileError:
    with pytest.raises(DockerfileError) as raised:
        parsed(text)
    return raised.value


def test_instructions_and_their_lines() -> None:
    dockerfile = parse_dockerfile(SERVICE, "docker/slim.Dockerfile")
    assert [(d.name, d.value, d.line) for d in dockerfile.directives] == [
        ("syntax", "docker/dockerfile:1.7", 1)
    ]
    assert [(i.keyword, i.line, i.end_line) for i in dockerfile.instructions] == [
        ("ARG", 4, 4),
        ("ARG", 5, 5),
        ("FROM", 6, 6),
        ("RUN", 7, 7),
        ("FROM", 9, 9),
        ("COPY", 10, 10),
        ("RUN", 11, 16),
        ("FROM", 18, 18),
        ("COPY", 19, 19),
        ("FROM", 20, 20),
        ("COPY", 21, 21),
        ("COPY", 22, 22),
        ("ENTRYPOINT", 23, 23),
    ]
    run = dockerfile.instructions[6]
    assert run.flags == (
        ("mount", "type=cache,target=/root/.cache/pip"),
        ("mount", "type=bind,from=wheels:1,source=/w,target=/w"),
    )
    assert run.value.split() == ["pip", "install", "fastapi"]
    assert dockerfile.instructions[-1].value == '["python3", "-m", "app"]'
    assert dockerfile.instructions[-3].flag("chown") == "1000"
    assert dockerfile.instructions[-3].flag("link") is None


def test_stages() -> None:
    stages = parse_dockerfile(SERVICE).stages
    assert [(s.index, s.name, s.base, s.line, len(s.instructions)) for s in stages] == [
        (0, "web", "node:22-slim", 6, 1),
        (1, "builder", "${BASE}", 9, 2),
        (2, "test", "builder", 18, 1),
        (3, "", "gcr.io/distroless/python3:${FLAVOUR:-nonroot}", 20, 3),
    ]


def test_references_of_the_last_stage() -> None:
    assert external_references(parse_dockerfile(SERVICE)) == (
        BaseReference("docker/dockerfile:1.7", 1, "frontend"),
        BaseReference("node:22-slim", 6, "base"),
        BaseReference("python:3.13-slim", 9, "base"),
        BaseReference("ghcr.io/astral-sh/uv:0.5", 10, "copy"),
        BaseReference("wheels:1", 11, "mount"),
        BaseReference("gcr.io/distroless/python3:nonroot", 20, "base"),
    )


def test_references_of_another_stage_and_arguments() -> None:
    dockerfile = parse_dockerfile(SERVICE)
    found = external_references(dockerfile, {"PYTHON": "3.12", "FLAVOUR": "debug"}, "TEST")
    assert [(each.reference, each.role) for each in found] == [
        ("docker/dockerfile:1.7", "frontend"),
        ("python:3.12-slim", "base"),
        ("ghcr.io/astral-sh/uv:0.5", "copy"),
        ("wheels:1", "mount"),
        ("debian:13", "copy"),
    ]


def test_final_base() -> None:
    dockerfile = parse_dockerfile(SERVICE)
    assert final_base(dockerfile) == "gcr.io/distroless/python3:nonroot"
    assert final_base(dockerfile, {}, "test") == "python:3.13-slim"
    assert final_base(dockerfile, {"BASE": "debian:13"}, "builder") == "debian:13"
    assert final_base(parsed("FROM scratch AS a\nFROM a"), {}) == "scratch"


def test_an_undeclared_argument_is_not_filled_in() -> None:
    dockerfile = parse_dockerfile(SERVICE)
    assert final_base(dockerfile, {"FLAVOUR": "debug"}).endswith(":nonroot")


def test_a_stage_named_like_an_image_hides_it_from_then_on() -> None:
    dockerfile = parsed("FROM python AS python\nFROM Python\nFROM python AS b")
    assert [each.line for each in external_references(dockerfile)] == [1]
    assert final_base(dockerfile) == "python"


def test_copy_from_a_later_stage() -> None:
    dockerfile = parsed("FROM a AS one\nCOPY --from=two /x /x\nFROM b AS two\nCOPY x x\n")
    found = external_references(dockerfile, {}, "one")
    assert [each.reference for each in found] == ["a", "b"]


def test_stages_that_copy_from_each_other_end() -> None:
    dockerfile = parsed("FROM a AS one\nCOPY --from=two / /\nFROM b AS two\nCOPY --from=one / /\n")
    assert len(external_references(dockerfile)) == 2


def test_scratch_and_mounts_without_from_are_no_images() -> None:
    dockerfile = parsed("""
        FROM scratch
        RUN --mount=type=secret,id=x --mount=type=bind,from= true
        COPY --from= a b
        ADD --from=c a b
    """)
    assert external_references(dockerfile) == ()


def test_platform_arguments() -> None:
    dockerfile = parsed("FROM app-$TARGETARCH$TARGETVARIANT:$BUILDOS\n")
    args = platform_args("linux/arm/v7", "linux/amd64")
    assert final_base(dockerfile, args) == "app-armv7:linux"
    with pytest.raises(DockerfileError, match="Dockerfile:1: TARGETARCH is the platform's"):
        final_base(dockerfile)


def test_several_arguments_in_a_line() -> None:
    dockerfile = parsed('ARG A=1 B="two words" C\nARG D=$A-${B}-${C:-no}\nFROM img:$D\n')
    assert final_base(dockerfile) == "img:1-two words-no"
    assert final_base(dockerfile, {"C": "c", "B": "b"}) == "img:1-b-c"


def test_directives() -> None:
    dockerfile = parsed("#escape=`\n# Syntax = a/b:1 \n# check=skip=all\n# x=y\nFROM a`\n AS b\n")
    assert [(d.name, d.value) for d in dockerfile.directives] == [
        ("escape", "`"),
        ("syntax", "a/b:1"),
        ("check", "skip=all"),
    ]
    assert dockerfile.escape == "`"
    assert dockerfile.stages[0].name == "b"


@pytest.mark.parametrize(
    "text", ["\n# syntax=x\nFROM a", "# hello\n# syntax=x\nFROM a", "# x=y\n# syntax=x\nFROM a"]
)
def test_directives_end_with_the_first_other_line(text: str) -> None:
    assert parse_dockerfile(text).directives == ()


def test_a_byte_order_mark_a_shebang_and_windows_line_ends() -> None:
    dockerfile = parse_dockerfile("\ufeff#!/usr/bin/env x\r\n# syntax=s\r\nFROM a \\\r\n AS b\r\n")
    assert dockerfile.directives[0].line == 2
    assert dockerfile.stages[0].name == "b"


def test_heredocs() -> None:
    dockerfile = parsed(
        """
        FROM a
        RUN <<EOF
        FROM no
        \tEOF
        EOF
        RUN python - <<'PY' && cat <<-"END" 3<<X
        from x import y
        RUM
        PY
        text
        \tEND
        three
        X
        COPY <<one <<two /etc/
        1
        one
        2
        two
        ONBUILD RUN <<EOF
        BAD
        EOF
        CMD ["x"]
        """
    )
    run, python, copy, onbuild, cmd = dockerfile.stages[0].instructions
    assert [(h.name, h.text, h.line) for h in run.heredocs] == [("EOF", "FROM no\n\tEOF\n", 3)]
    assert [(h.name, h.text, h.line) for h in python.heredocs] == [
        ("PY", "from x import y\nRUM\n", 7),
        ("END", "text\n", 10),
        ("X", "three\n", 12),
    ]
    assert [h.text for h in copy.heredocs] == ["1\n", "2\n"]
    assert (onbuild.keyword, onbuild.value, len(onbuild.heredocs)) == ("ONBUILD", "RUN <<EOF", 1)
    assert (run.line, run.end_line, cmd.line) == (2, 5, 22)


@pytest.mark.parametrize(
    "line",
    [
        "RUN echo $((1<<2))",
        "RUN cat <<< text",
        "RUN cat << EOF",
        'RUN ["cat", "<<EOF"]',
        "RUN echo '<<EOF'x",
        "LABEL a=<<EOF",
        "RUN a<<EOF",
    ],
)
def test_what_is_no_heredoc(line: str) -> None:
    assert parsed(f"FROM a\n{line}\n").instructions[1].heredocs == ()


def test_a_bracket_alone_is_no_exec_form() -> None:
    dockerfile = parsed("FROM a\nRUN [ -f x ] && cat <<EOF\ntext\nEOF\n")
    assert dockerfile.instructions[1].heredocs[0].text == "text\n"


def test_continuations() -> None:
    dockerfile = parsed("FROM a\nRUN a\\\\\nRUN b \\  \n\n  # c\n  d\nRUN e \\")
    values = [each.value for each in dockerfile.instructions[1:]]
    assert values == ["a\\\\", "b   d", "e"]


def test_instructions_that_may_stand_alone_and_odd_spaces() -> None:
    dockerfile = parsed("FROM a\nCMD\n\x0cENTRYPOINT\n\u00a0RUN\n")
    assert [each.value for each in dockerfile.instructions] == ["a", "", "", ""]


def test_flags_end() -> None:
    dockerfile = parsed(
        'FROM a\nCOPY --link --from="x y" -- --odd b\nHEALTHCHECK --interval=5s NONE\n'
    )
    copy, health = dockerfile.instructions[1:]
    assert copy.flags == (("link", ""), ("from", "x y"))
    assert copy.value == "--odd b"
    assert health.flag("interval") == "5s"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "Dockerfile: it has no instruction", "FROM"),
        ("# only\n\n", "Dockerfile: it has no instruction", "FROM"),
        ("ARG X=1\n", "Dockerfile: it has no FROM", "FROM"),
        ("RUN true\nFROM a", "Dockerfile:1: RUN stands before the first FROM", "FROM"),
        ("FROM a\n\nRUM true", "Dockerfile:3: unknown instruction RUM", "did you mean RUN?"),
        ("FROM a\nentrypont x", "Dockerfile:2: unknown instruction ENTRYPONT", "ENTRYPOINT?"),
        ("FROM a\nRUN <<EOF\nx\n", "Dockerfile:2: the here-document EOF has no end", "EOF alone"),
        ("FROM a\nUSER\n", "Dockerfile:2: USER has no argument", "USER"),
        ("FROM a\nONBUILD ONBUILD RUN x\n", "Dockerfile:2: ONBUILD cannot hold ONBUILD", "another"),
        ("FROM a b\n", "Dockerfile:1: FROM does not parse", "FROM image [AS name]"),
        ("FROM a IS b\n", "Dockerfile:1: FROM does not parse", "FROM image [AS name]"),
        ("FROM a AS 1b\n", "Dockerfile:1: 1b cannot name a stage", "letter"),
        ("FROM a\nONBUILD FROM b\n", "Dockerfile:2: ONBUILD cannot hold FROM", "another"),
        ("FROM a\nONBUILD RUM b\n", "Dockerfile:2: unknown instruction RUM", "RUN"),
        ("FROM a\nONBUILD\n", "Dockerfile:2: ONBUILD has no argument", "ONBUILD"),
        ("#escape=x\nFROM a", "Dockerfile:1: the escape character cannot be x", "use"),
        ("#escape=`\n#escape=`\nFROM a", "Dockerfile:2: the directive escape", "remove"),
    ],
)
def test_errors_have_a_line_and_a_hint(text: str, message: str, hint: str) -> None:
    error = error_of(text)
    assert str(error).startswith(message)
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ARG X\nFROM $X", "Dockerfile:2: the base $X is empty"),
        ("FROM ${X/y/z}", "Dockerfile:1: careen does not know the form"),
        ("ARG X=${Y\nFROM a", "Dockerfile:1: ${Y has no closing }"),
        ("FROM a\nCOPY --from=$X a b", "Dockerfile:2: from=$X cannot hold a variable"),
        ("FROM a\nCOPY --from=7 a b", "Dockerfile:2: there is no stage 7"),
        ("FROM a\nRUN --mount='type=bind,\"from' b", "Dockerfile:2: --mount="),
    ],
)
def test_references_that_cannot_be_told(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as raised:
        external_references(parse_dockerfile(text))
    assert str(raised.value).startswith(message)
    assert raised.value.hint


def test_an_unknown_stage() -> None:
    with pytest.raises(DockerfileError, match="it has no stage buidler") as raised:
        external_references(parse_dockerfile(SERVICE), {}, "buidler")
    assert raised.value.hint == "did you mean builder?"
    with pytest.raises(DockerfileError) as raised:
        final_base(parsed("FROM a"), {}, "b")
    assert raised.value.hint == "no stage of it has a name"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DockerfileError, match="No such file") as raised:
        read_dockerfile(tmp_path / "Dockerfile")
    assert "pyproject.toml" in raised.value.hint
    (tmp_path / "Dockerfile").write_bytes(b"FROM \xff\n")
    with pytest.raises(DockerfileError, match="no UTF-8"):
        read_dockerfile(tmp_path / "Dockerfile")


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.stem)
def test_real_dockerfiles(path: Path) -> None:
    """BuildKit built all but two of them, see the captures."""
    if path.stem in {"syntax", "empty"}:
        with pytest.raises(DockerfileError):
            read_dockerfile(path)
    else:
        assert read_dockerfile(path).path == str(path)
    if path.stem == "slim":
        assert [r.reference for r in external_references(read_dockerfile(path))] == [PYTHON] * 2


TEXT = st.text(alphabet="FROMarunCPYDS#<-\"'\\`$={}[]:, \t\n\r\x00\x85\u2003é1")
LINES = st.lists(
    st.sampled_from(
        [
            *("FROM a", "FROM a AS b", "ARG X=1", "FROM $X", "RUN <<E", "E", "COPY --from=b c d"),
            *("RUN --mount=from=x,y y", "# syntax=", "# escape=`", "\\", "x \\", "ONBUILD RUN x"),
            *('RUN --mount="a\rb" c', "CMD --", "FROM ${X:-", "# syntax=\u2003", "COPY --from=²"),
        ]
    ),
).map("\n".join)


@given(TEXT | LINES)
@example("# syntax=\u00a0\nFROM a")
def test_nothing_but_dockerfile_errors(text: str) -> None:
    try:
        dockerfile = parse_dockerfile(text)
        assert dockerfile.stages
        external_references(dockerfile, {"X": text})
        final_base(dockerfile, {})
    except DockerfileError as error:
        assert error.hint  # noqa: PT017 - both ends are right


@given(LINES)
def test_instructions_cover_their_lines_in_order(text: str) -> None:
    try:
        dockerfile = parse_dockerfile(text)
    except DockerfileError:
        return
    ends = [0]
    for instruction in dockerfile.instructions:
        assert ends[-1] < instruction.line <= instruction.end_line
        ends.append(instruction.end_line)
    assert sum(len(stage.instructions) + 1 for stage in dockerfile.stages) <= len(ends) - 1
