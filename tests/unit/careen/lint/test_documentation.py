"""docs/lint.md has every rule, and its bad example is found, its good one not."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from tests.unit.careen.lint.linting import lines_of

from careen.lint import rules
from careen.lint.comments import IGNORE_RULES
from careen.lint.rules import RULES

PAGE = (Path(__file__).parents[4] / "docs" / "lint.md").read_text()
SECTIONS = dict(
    re.findall(r"^### `([\w-]+)`: \w+\n(.*?)(?=^### |\Z)", PAGE, re.DOTALL | re.MULTILINE)
)
DOCSTRINGS = {
    module.RULE.id: module.__doc__ or ""
    for one in pkgutil.iter_modules(rules.__path__)
    for module in [importlib.import_module(f"careen.lint.rules.{one.name}")]
}


def examples(section: str) -> tuple[str, str]:
    bad, good = re.findall(r"^```dockerfile\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return bad, good


def test_the_page_has_the_rules_in_their_order() -> None:
    assert list(SECTIONS) == [rule.id for rule in RULES]
    assert set(DOCSTRINGS) == set(SECTIONS), "every module of the folder is registered"
    for rule in RULES:
        assert f"### `{rule.id}`: {rule.severity}\n" in PAGE
    for name in IGNORE_RULES:
        assert f"`{name}`" in PAGE


@pytest.mark.parametrize("rule", SECTIONS)
def test_the_bad_example_is_found_and_the_good_one_is_not(rule: str) -> None:
    bad, good = examples(SECTIONS[rule])
    assert lines_of(rule, bad)
    assert lines_of(rule, good) == []


@pytest.mark.parametrize("rule", SECTIONS)
def test_the_module_says_the_same(rule: str) -> None:
    """The docstring is the source: its examples are indented there and fenced on the page."""
    section = SECTIONS[rule]
    fenced = re.sub(
        r"^```dockerfile\n(.*?)\n```$",
        lambda match: re.sub("^", "    ", match[1], flags=re.MULTILINE),
        section,
        flags=re.DOTALL | re.MULTILINE,
    )
    assert fenced.split() == DOCSTRINGS[rule].split()
