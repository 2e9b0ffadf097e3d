"""Whatever parses is linted without an error: mutations of real files, and lines at random."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.unit.careen.lint.linting import lint

ROOT = Path(__file__).parents[4]
FILES = [
    *sorted((ROOT / "docker").glob("*.Dockerfile")),
    ROOT / "tests" / "data" / "dockerfiles" / "guide-recommended.Dockerfile",
]
TEXTS = [path.read_text() for path in FILES]
LINES = [line for text in TEXTS for line in text.split("\n")]
ODD = [
    "FROM", "FROM a AS a", "FROM a", "FROM $", "FROM ${X:-y}", "FROM Bad/Ref AS z", "ARG", "ARG X",
    "ARG =", "ENV =", "ENV a", "ENV PATH", "COPY", "COPY a", "COPY [] /x", 'COPY ["a"]', "COPY a b",
    "COPY --from=0 a b", "COPY --from=99 a b", "COPY --from=$x a b", "ADD <<EOF /x", "EOF", "\\",
    "RUN", "RUN <<EOF", "RUN [", "RUN []", 'RUN [""]', "RUN --mount=a", 'RUN --mount="', "USER $",
    "RUN --mount=type=cache", "RUN apt-get -o", "RUN pip", "RUN python -m pip", "RUN sh -c",
    "RUN sh -", "RUN sh --", "RUN npm", "RUN uv pip", "RUN useradd -u", "RUN rm /", "RUN mv",
    "WORKDIR", "WORKDIR ${", "CMD", "CMD []", "HEALTHCHECK CMD", "HEALTHCHECK X", "ONBUILD RUN rm",
    "# careen: ignore=", "# careen: ignore=,", "# careen: ignore=x y", "# escape=`", "LABEL a",
]  # fmt: skip
NOISE = st.text("\\\n\"'`$={}[]()<>|&;#-. aEFO:/@\u00e9\x00\x1b", max_size=6)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A real file with lines removed, swapped, doubled, put in and damaged."""
    lines = draw(st.sampled_from(TEXTS)).split("\n")
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        other = draw(st.sampled_from(LINES + ODD))
        kind = draw(st.sampled_from("rsidn"))
        if kind == "r" and len(lines) > 1:
            del lines[at]
        elif kind == "s":
            lines[at] = other
        elif kind == "i":
            lines.insert(at, other)
        elif kind == "d":
            cut = draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:cut]
        else:
            cut = draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:cut] + draw(NOISE) + lines[at][cut:]
    return "\n".join(lines)


def check(text: str) -> None:
    linted = lint(text)
    count = text.count("\n") + 1
    for finding in (*linted.findings, *(one.finding for one in linted.ignored)):
        assert 1 <= finding.line <= count
        assert finding.message
        assert finding.advice


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_mutations_of_real_files(text: str) -> None:
    check(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(LINES + ODD) | NOISE, max_size=12).map("\n".join))
@example("FROM a\nFROM a AS a\nFROM A\nCOPY --from=a / /")
@example("FROM a AS b\nFROM b AS b\nFROM b\nCOPY --from=b x y")
@example("FROM x AS a\nCOPY --from=b / /\nFROM a AS b\nCOPY --from=a / /")
def test_lines_at_random(text: str) -> None:
    check("FROM python:3.13-slim\n" + text)


def test_each_odd_line_alone() -> None:
    for line in ODD:
        check(f"FROM python:3.13-slim\n{line}\n")


def test_what_does_not_parse_is_one_finding_with_its_line() -> None:
    [found] = lint("FROM x\nRNU true\n").findings
    assert (found.rule, found.line, found.severity) == ("does-not-parse", 2, "error")
    assert found.message == "unknown instruction RNU"
    assert found.advice == "did you mean RUN?"
    assert [one.line for one in lint("").findings] == [1]


def test_long_files_are_linted_in_time() -> None:
    text = "FROM python:3.13-slim\n" + 2_000 * "RUN apt-get update && echo 'a b' \\\n  && pip x\n"
    assert len(lint(text).findings) > 2_000
