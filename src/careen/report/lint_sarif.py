"""What lint has found as SARIF 2.1.0, for code scanning.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.sarif import artifact, log, notice, suppression
from careen.report.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def lint_sarif(data: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    """Give a SARIF log with one run for each linter.

    Args:
        data: the JSON form of `careen.lint.run.Outcome`.
        titles: one line for each rule of careen.
    """
    return log([_run(data, part, titles) for part in data["parts"]])


def _run(
    data: Mapping[str, Any], part: Mapping[str, Any], titles: Mapping[str, str]
) -> dict[str, Any]:
    name = part["name"]
    own = [one for one in data["findings"] if one["source"] == name]
    accepted = [one for one in data["ignored"] if one["source"] == name]
    ids = sorted({one["rule"] for one in (*own, *accepted)})
    driver: dict[str, Any] = {"name": name, "rules": [_rule(rule, titles) for rule in ids]}
    if name == "careen":
        driver["version"] = data["careen"]
    invocation: dict[str, Any] = {"executionSuccessful": part["status"] == "passed"}
    if part["reason"]:
        level = "error" if part["status"] == "failed" else "note"
        invocation["toolExecutionNotifications"] = [notice(level, part["reason"])]
    return {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "the project's folder"}}},
        "results": [
            *(_result(one, ids) for one in own),
            *(_result(one, ids) | _suppressed(one) for one in accepted),
        ],
    }


def _rule(rule: str, titles: Mapping[str, str]) -> dict[str, Any]:
    title = titles.get(rule)
    return {"id": rule} | ({"shortDescription": {"text": title}} if title else {})


def _result(finding: Mapping[str, Any], ids: Sequence[str]) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": finding["line"]}
    if finding["column"] is not None:
        region["startColumn"] = finding["column"]
    if finding["text"]:
        region["snippet"] = {"text": clean(finding["text"])}
    return {
        "ruleId": finding["rule"],
        "ruleIndex": ids.index(finding["rule"]),
        "level": _LEVELS[finding["severity"]],
        "message": {"text": clean(f"{finding['message']}\n{finding['advice']}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": artifact(finding["path"]),
                    "region": region,
                }
            }
        ],
    }


def _suppressed(one: Mapping[str, Any]) -> dict[str, Any]:
    kind = "inSource" if one["by"] == "comment" else "external"
    return suppression(kind, one["reason"])
