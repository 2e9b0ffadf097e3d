"""Every careen command that the documentation shows exists, with the options that it shows."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from invoke.parser import Parser

from careen.bench import results, tables
from careen.tasks.program import gather, namespace

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_COMMAND = re.compile(r"(?:careen|invoke) (?P<rest>[^&|)\"]+)")


def commands(page: Path) -> list[list[str]]:
    lines = [line[2:] for line in page.read_text().splitlines() if line.startswith("$ ")]
    found = [_COMMAND.match(line.strip()) for line in lines]
    return [shlex.split(match["rest"]) for match in found if match and "--list" not in match[0]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_shown_commands_exist(page: Path) -> None:
    collection = namespace()
    for words in commands(page):
        contexts = {context.name: context for context in collection.to_contexts() if context.name}
        variadic = {name: getattr(collection[name], "variadic", "") for name in contexts}
        parsed = Parser(contexts=list(contexts.values())).parse_argv(
            gather(words, contexts, variadic)
        )
        assert [context.name for context in parsed][-1] == words[0]


def test_some_command_is_shown() -> None:
    assert sum(len(commands(page)) for page in PAGES) > 20


def test_every_link_leads_to_a_file() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert target.startswith("http") or (page.parent / target).exists(), (page, target)


def test_every_setting_is_documented() -> None:
    defaults = tomllib.loads((ROOT / "src/careen/config/defaults.toml").read_text())
    text = (ROOT / "docs/configuration.md").read_text()
    for key, value in defaults.items():
        names = [f"{key}.{name}" for name in value] if isinstance(value, dict) else [key]
        assert all(f"`{name}`" in text for name in names), names


def test_readme_shows_the_tables_of_the_results_that_are_kept_and_no_others() -> None:
    kept = ROOT / "docs/results.json"
    readme = (ROOT / "README.md").read_text()
    shown = readme.partition("<!-- results: begin -->\n")[2].partition("<!-- results: end -->")[0]
    wanted = ""
    if kept.exists():
        wanted = tables.markdown(results.from_json(kept.read_bytes()), heading="###")
    assert shown == wanted
