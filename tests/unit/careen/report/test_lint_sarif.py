"""What lint writes as SARIF validates against the schema of SARIF 2.1.0, whatever is in it."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careen.report.lint_sarif import lint_sarif

from .sarif_schema import check

TEXTS = st.text(st.characters(codec=None), max_size=12)
PATHS = st.binary(min_size=1, max_size=12).map(lambda path: path.decode("utf-8", "surrogateescape"))
FINDINGS = st.fixed_dictionaries(
    {
        "rule": TEXTS,
        "path": PATHS,
        "line": st.integers(1, 9),
        "column": st.none() | st.integers(1, 9),
        "severity": st.sampled_from(["error", "warning", "info"]),
        "message": TEXTS,
        "advice": TEXTS,
        "source": st.sampled_from(["careen", "hadolint"]),
        "text": TEXTS,
    }
)
IGNORED = st.builds(
    lambda finding, reason, by: finding | {"reason": reason, "by": by},
    FINDINGS,
    TEXTS,
    st.sampled_from(["comment", "settings"]),
)


@settings(max_examples=40)
@given(
    st.lists(FINDINGS, max_size=3),
    st.lists(IGNORED, max_size=2),
    st.sampled_from(["passed", "failed", "skipped"]),
    TEXTS,
)
def test_whatever_was_found_is_sarif(
    findings: list[dict[str, Any]], ignored: list[dict[str, Any]], status: str, reason: str
) -> None:
    parts = [
        {"name": "careen", "status": "passed", "reason": ""},
        {"name": "hadolint", "status": status, "reason": reason},
    ]
    data = {"careen": "1.2.3", "parts": parts, "findings": findings, "ignored": ignored}
    check(lint_sarif(data, {"add-url": "ADD of a URL"}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "2.0.0"},
        {"runs": [{"results": []}]},
        {"runs": [{"tool": {"driver": {"name": "x", "rules": [{"id": "a", "helpUri": "a b:c"}]}}}]},
        {"runs": [{"tool": {"driver": {"name": "x", "informationUri": "no-scheme"}}}]},
        {"more": 1},
    ],
)
def test_the_schema_refuses_what_is_none(wrong: dict[str, Any]) -> None:
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}
    check(log)
    with pytest.raises(jsonschema.ValidationError):
        check(log | wrong)
