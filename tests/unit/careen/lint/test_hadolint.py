"""hadolint's output is read, checked, and joined with ours."""

from __future__ import annotations

import json

import pytest
from tests.unit.careen.lint.linting import lint

from careen.lint.finding import Finding
from careen.lint.hadolint import parse_hadolint

ITEM = {"code": "DL3008", "column": 1, "file": "-", "level": "warning", "line": 2, "message": "m"}
SLIM = "FROM python:3.13-slim-trixie"


def code(name: str, line: int) -> Finding:
    return Finding(name, "Dockerfile", line, "warning", "m", "a", "hadolint", 1)


def test_items_become_findings() -> None:
    items = [ITEM, ITEM | {"code": "SC2046", "level": "style", "column": 0}]
    first, second = parse_hadolint(json.dumps(items), "x/Dockerfile")
    assert second == Finding(
        "DL3008",
        "x/Dockerfile",
        2,
        "warning",
        "m",
        "see https://github.com/hadolint/hadolint/wiki/DL3008",
        "hadolint",
        1,
    )
    assert (first.severity, first.column) == ("info", None)
    assert "shellcheck" in first.advice
    assert parse_hadolint("[]", "x") == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hadolint: cannot open",
        "{}",
        "[1]",
        "[{}]",
        json.dumps([ITEM | {"level": "fatal"}]),
        json.dumps([ITEM | {"line": 0}]),
        json.dumps([ITEM | {"line": True}]),
        json.dumps([ITEM | {"line": "2"}]),
        json.dumps([ITEM | {"message": None}]),
        json.dumps([ITEM])[:-3],
        "[" * 100_000,
    ],
)
def test_broken_output_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_hadolint(text, "x")


def test_no_cache_dir_is_not_asked_for_beside_a_cache_mount() -> None:
    mount = "RUN --mount=type=cache,target=/root/.cache/pip"
    text = f"{SLIM}\n{mount} \\\n  pip install a\nRUN pip install b\n{mount} true\n"
    found = lint(text, hadolint=[code("DL3042", line) for line in (2, 3, 4, 5)]).findings
    assert [one.line for one in found if one.rule == "DL3042"] == [4, 5]


def test_the_same_fault_is_shown_once() -> None:
    text = f"{SLIM}\nRUN true && \\\n  apt-get update && apt-get install -y a\nCMD x\nUSER 1\n"
    hadolint = [code("DL3015", 2), code("DL3009", 2), code("DL3025", 4), code("DL3008", 2)]
    found = lint(text, hadolint=hadolint).findings
    assert [one.rule for one in found if one.source == "hadolint"] == ["DL3008"]
    assert {"apt-recommends", "apt-lists-kept", "shell-form"} <= {one.rule for one in found}


def test_another_instruction_s_is_another_fault() -> None:
    found = lint(f"{SLIM}\nUSER 1\nCMD x\n", hadolint=[code("DL3025", 2)]).findings
    assert [one.rule for one in found if one.source == "hadolint"] == ["DL3025"]
