from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careen.errors import ConfigError
from careen.image.gate.dive_ci import read_dive_ci
from careen.image.gate.rules import Rule, make_rules

DOCUMENTED = """\
---
rules:
  # If the efficiency is measured below X%, mark as failed.
  lowestEfficiency: 0.95   # a ratio

  highestWastedBytes: 20Mb
  'highestUserWastedPercent': "0.20"
"""


def values(text: str) -> object:
    return read_dive_ci(text)[-1][1]


def test_the_documented_form() -> None:
    assert values(DOCUMENTED) == {
        "lowestEfficiency": "0.95",
        "highestWastedBytes": "20Mb",
        "highestUserWastedPercent": "0.20",
    }
    assert make_rules(read_dive_ci(DOCUMENTED)) == (
        Rule("lowestEfficiency", 0.95, ".dive-ci"),
        Rule("highestWastedBytes", 20_000_000, ".dive-ci"),
        Rule("highestUserWastedPercent", 0.2, ".dive-ci"),
    )


@pytest.mark.parametrize("text", ["", "rules:", "rules: # none", "rules:\n  lowestEfficiency:\n"])
def test_dive_has_defaults_for_what_is_not_there(text: str) -> None:
    assert make_rules(read_dive_ci(text)) == (
        Rule("lowestEfficiency", 0.9, "dive's default"),
        Rule("highestWastedBytes", None, "dive's default"),
        Rule("highestUserWastedPercent", 0.1, "dive's default"),
    )


def test_names_are_read_in_any_case() -> None:
    assert values("rules:\n    LOWESTefficiency: disabled\r\n") == {"lowestEfficiency": "disabled"}


def test_an_unknown_rule_is_reported_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean highestWastedBytes"):
        make_rules(read_dive_ci("rules:\n  highestWastedByte: 3"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules:\n  a: 1\n    b: 2", ":3: 'b: 2' is not indented like a rule"),
        ("lowestEfficiency: 0.9", ":1: 'lowestEfficiency: 0.9': only `rules:` can stand here"),
        ("rules: {a: 1}", ":1: 'rules: {a: 1}' is no NAME: VALUE"),
        ("rules:\n- a: 1", ":2: '- a: 1' is no NAME: VALUE"),
        ("rules:\n\ta: 1", ":2: 'a: 1' is no NAME: VALUE"),
        ("rules:\n  a: &x 1", ":2: 'a: &x 1' is no NAME: VALUE"),
        ("rules:\n  a: 'x", ':2: "a: \'x" is no NAME: VALUE'),
        ("rules:\n  a:1", ":2: 'a:1' is no NAME: VALUE"),
        ("rules:\n  a: 1\n  a: 2", ":3: a is there twice"),
        ("  a: 1", ":1: 'a: 1' is not indented like a rule"),
        ("plugins:\n  a: 1", ":1: 'plugins:': only `rules:` can stand here"),
    ],
)
def test_what_is_not_of_the_form(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_dive_ci(text)

    assert f".dive-ci{message}" in str(caught.value)
    assert caught.value.hint


def test_all_bad_lines_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read_dive_ci("x\nrules:\n  - a\n  b: 1\n c: 2", origin="ci.yaml")

    assert [line.split(" ")[0] for line in str(caught.value).splitlines()[:3]] == [
        "ci.yaml:1:",
        "ci.yaml:3:",
        "ci.yaml:5:",
    ]


@given(st.text(alphabet="rules: \n\ta1.#'\"-{}&", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        sources = read_dive_ci(f"rules:\n{text}")
    except ConfigError:
        return
    assert all(isinstance(value, str) for value in sources[-1][1].values())
