"""Comments and settings that accept findings."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.unit.careen.lint.linting import lint

from careen.config.model import LintSettings
from careen.errors import ConfigError
from careen.lint.check import check_settings
from careen.lint.finding import Finding, at_least

BASE = "FROM python:3.13-slim-trixie@sha256:" + 64 * "0"
ADD = "ADD https://example.org/x /x"
WHY = "# careen: ignore=add-url it is small and checked below"


def rules(text: str) -> list[tuple[str, int]]:
    found = lint(text).findings
    return [(one.rule, one.line) for one in found if one.rule != "runs-as-root"]


@pytest.mark.parametrize(
    "text",
    [
        f"{BASE}\n{WHY}\n{ADD}\n",
        f"{BASE}\n{WHY}\n# more words\n{ADD}\n",
        f"{BASE}\nADD \\\n  {WHY}\n  https://example.org/x /x\n",
        f"{BASE}\n#careen:ignore=add-url,add-url   why\n{ADD}\n",
        f"{BASE}\r\n{WHY}\r\n{ADD}\r\n",
    ],
)
def test_a_comment_with_a_reason_accepts(text: str) -> None:
    linted = lint(text)
    assert [one.rule for one in linted.findings] == ["runs-as-root"]
    assert [one.finding.rule for one in linted.ignored] == ["add-url"]
    assert all(one.reason for one in linted.ignored)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            f"{BASE}\n# careen: ignore=add-url\n{ADD}\n",
            [("ignore-without-reason", 2), ("add-url", 3)],
        ),
        (f"{BASE}\n# careen: ignore= why\n{ADD}\n", [("ignore-without-reason", 2), ("add-url", 3)]),
        (
            f"{BASE}\n# careen: ignore=add-ulr why\n{ADD}\n",
            [("ignore-of-unknown-rule", 2), ("add-url", 3)],
        ),
        (f"{BASE}\n{WHY}\nRUN true\n", [("ignore-unused", 2)]),
        (f"{BASE}\n{WHY}\n\n{ADD}\n", [("ignore-unused", 2), ("add-url", 4)]),
        (f"{BASE}\n{ADD}\n{WHY}\n", [("add-url", 2), ("ignore-unused", 3)]),
        (f"{BASE}\nCOPY <<EOF /x\n{WHY}\nEOF\n{ADD}\n", [("add-url", 5)]),
    ],
)
def test_one_that_does_not_is_a_finding_itself(text: str, wanted: list[tuple[str, int]]) -> None:
    assert rules(text) == wanted


def test_the_hint_names_the_nearest_rule() -> None:
    [found] = lint(f"{BASE}\n# careen: ignore=add-ulr x\nUSER 1\n").findings
    assert found.advice == "did you mean add-url?"


def test_hadolint_s_codes_can_be_ignored_and_are_unused_only_where_it_ran() -> None:
    text = f"{BASE}\n# careen: ignore=DL3059 one RUN a thing\nRUN true\nUSER 1\n"
    code = Finding("DL3059", "Dockerfile", 3, "info", "m", "a", "hadolint", 1)
    assert lint(text, hadolint=[code]).findings == ()
    assert [one.finding for one in lint(text, hadolint=[code]).ignored] == [code]
    assert [one.rule for one in lint(text, hadolint=[]).findings] == ["ignore-unused"]
    assert lint(text).findings == ()


def test_settings_ignore_and_grade() -> None:
    settings = LintSettings(ignore={"runs-as-root": "a tool"}, severity={"add-url": "info"})
    linted = lint(f"{BASE}\n{ADD}\n", settings=settings)
    assert [(one.rule, one.severity) for one in linted.findings] == [("add-url", "info")]
    assert [(one.finding.rule, one.reason) for one in linted.ignored] == [
        ("runs-as-root", "a tool")
    ]


def test_settings_name_known_rules_alone() -> None:
    check_settings(LintSettings(ignore={"DL3008": "x", "add-url": "y"}))
    check_settings(LintSettings(ignore={"of-a-list": "x"}), more=["of-a-list"])
    for wrong in (
        LintSettings(ignore={"add-ulr": "x"}),
        LintSettings(severity={"add-ulr": "info"}),
    ):
        with pytest.raises(ConfigError, match="add-ulr") as raised:
            check_settings(wrong)
        assert raised.value.hint == "did you mean add-url?"


@pytest.mark.parametrize("wrong", [{"ignore": {"add-url": " "}}, {"fail-on": "fatal"}, {"x": 1}])
def test_settings_of_another_form_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LintSettings.model_validate(wrong)


def test_severities_are_ordered() -> None:
    assert at_least("error", "info")
    assert at_least("warning", "warning")
    assert not at_least("info", "warning")
