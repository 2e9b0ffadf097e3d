"""The reports of lint: plain, Markdown, annotations, SARIF; a stranger's text stays text."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from careen.report.lint import lint_annotations, lint_markdown, render_lint
from careen.report.lint_sarif import lint_sarif

FINDING = {
    "rule": "add-url",
    "path": "docker/slim.Dockerfile",
    "line": 3,
    "column": None,
    "severity": "warning",
    "message": "ADD fetches it",
    "advice": "check it",
    "source": "careen",
    "text": "ADD https://example.org/x /x",
}
OTHER = FINDING | {
    "rule": "DL3025",
    "path": "other",
    "column": 7,
    "severity": "info",
    "source": "hadolint",
    "text": "",
}
PARTS = [
    {"name": "careen", "status": "passed", "reason": ""},
    {"name": "hadolint", "status": "skipped", "reason": "it is not here"},
]
DATA: dict[str, Any] = {
    "schema_version": 1,
    "careen": "1.2.3",
    "outcome": "failed",
    "fail_on": "warning",
    "parts": PARTS,
    "files": ["docker/slim.Dockerfile", "other"],
    "findings": [FINDING, OTHER],
    "ignored": [FINDING | {"line": 9, "reason": "it is small", "by": "comment"}],
}
EVIL = "\x1b[31m::error::x\r\n::set-output name=a::b|`<script>`@all %0A,:"


def changed(**parts: Any) -> dict[str, Any]:
    return copy.deepcopy(DATA) | parts


def hostile() -> dict[str, Any]:
    texts = dict.fromkeys(("rule", "path", "message", "advice", "text"), EVIL)
    evil = FINDING | texts
    part = {"name": "hadolint", "status": "failed", "reason": EVIL}
    return changed(
        findings=[evil],
        ignored=[evil | {"reason": EVIL, "by": "settings"}],
        parts=[PARTS[0], part],
        files=[EVIL],
    )


def test_for_a_terminal() -> None:
    assert render_lint(DATA) == (
        "docker/slim.Dockerfile\n"
        "  3  warning  add-url\n"
        "      ADD fetches it\n"
        "      | ADD https://example.org/x /x\n"
        "      -> check it\n"
        "\n"
        "other\n"
        "  3:7  info  DL3025\n"
        "      ADD fetches it\n"
        "      -> check it\n"
        "\n"
        "hadolint: skipped: it is not here\n"
        "accepted, each with its reason: 1\n"
        "2 files, 1 warning, 1 info: FAILED: findings of severity warning or graver\n"
    )


@pytest.mark.parametrize(
    ("parts", "end"),
    [
        ({"outcome": "passed", "findings": []}, "2 files, no findings: passed\n"),
        (
            {"outcome": "unknown", "findings": [], "files": ["a"]},
            (
                "1 file, no findings: UNKNOWN: a linter failed, so nobody knows what it would have "
                "found\n"
            ),
        ),
    ],
)
def test_the_last_line_says_how_it_ended(parts: dict[str, Any], end: str) -> None:
    assert render_lint(changed(**parts)).endswith(end)
    assert "skipped" in render_lint(changed(**parts))


def test_as_markdown() -> None:
    text = lint_markdown(DATA)
    assert "| `docker/slim.Dockerfile:3` | warning  | `add-url` | ADD fetches it | check it" in text
    assert "- hadolint: skipped: it is not here" in text
    assert "it is small" in text


def test_as_annotations() -> None:
    assert lint_annotations(DATA) == (
        "::warning file=docker/slim.Dockerfile,line=3,title=careen add-url::"
        "ADD fetches it%0Acheck it\n"
        "::notice file=other,line=3,col=7,title=hadolint DL3025::ADD fetches it%0Acheck it\n"
        "::notice title=careen lint::hadolint: skipped: it is not here\n"
    )


def test_a_stranger_s_text_stays_text() -> None:
    for text in (render_lint(hostile()), lint_markdown(hostile()), lint_annotations(hostile())):
        assert "\x1b" not in text
        assert "\r" not in text
    lines = lint_annotations(hostile()).splitlines()
    assert len(lines) == 2
    for line in lines:
        assert re.match(r"::(warning|error) ", line)
        head = line.split("::", 2)[1]
        assert "%3A" in head or head == "error title=careen lint"
    assert "%250A" in lines[0]
    assert "<script>" not in lint_markdown(hostile()).replace("`<script>`", "")


# --- SARIF: what the specification asks for beyond its schema, see test_lint_sarif.py ------------

LEVELS = {"none", "note", "warning", "error"}
KEYS = {
    "log": ({"$schema", "version", "runs"}, {"version", "runs"}),
    "run": (
        {"tool", "invocations", "columnKind", "originalUriBaseIds", "results"},
        {"tool", "results"},
    ),
    "driver": ({"name", "version", "rules"}, {"name"}),
    "rule": ({"id", "shortDescription"}, {"id"}),
    "result": (
        {"ruleId", "ruleIndex", "level", "message", "locations", "suppressions"},
        {"message"},
    ),
    "region": ({"startLine", "startColumn", "snippet"}, {"startLine"}),
    "artifactLocation": ({"uri", "uriBaseId"}, {"uri"}),
    "suppression": ({"kind", "justification"}, {"kind"}),
    "invocation": ({"executionSuccessful", "toolExecutionNotifications"}, {"executionSuccessful"}),
}
# RFC 3986: what a URI reference may hold.
URI = re.compile(r"(?:[A-Za-z0-9\-._~/]|%[0-9A-F]{2}|^file://)+")


def has(kind: str, document: dict[str, Any]) -> dict[str, Any]:
    allowed, required = KEYS[kind]
    assert required <= set(document) <= allowed, kind
    return document


def check_sarif(log: dict[str, Any]) -> None:
    """Sections 3.13, 3.14, 3.18 to 3.20, 3.27 to 3.30, 3.35, 3.49 of SARIF 2.1.0."""
    has("log", log)
    assert log["version"] == "2.1.0"
    for run in log["runs"]:
        has("run", run)
        assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
        driver = has("driver", run["tool"]["driver"])
        ids = [has("rule", rule)["id"] for rule in driver["rules"]]
        assert len(set(ids)) == len(ids)
        for invocation in run["invocations"]:
            assert isinstance(has("invocation", invocation)["executionSuccessful"], bool)
            for notice in invocation.get("toolExecutionNotifications", ()):
                assert notice["level"] in LEVELS
                assert notice["message"]["text"]
        for result in run["results"]:
            has("result", result)
            assert ids[result["ruleIndex"]] == result["ruleId"]
            assert result["level"] in LEVELS
            assert result["message"]["text"]
            for location in result["locations"]:
                physical = location["physicalLocation"]
                artifact = has("artifactLocation", physical["artifactLocation"])
                assert URI.fullmatch(artifact["uri"])
                assert artifact.get("uriBaseId", "ROOT") in run["originalUriBaseIds"]
                region = has("region", physical["region"])
                assert region["startLine"] >= 1
                assert region.get("startColumn", 1) >= 1
            for suppression in result.get("suppressions", ()):
                assert has("suppression", suppression)["kind"] in {"inSource", "external"}


@pytest.mark.parametrize("data", [DATA, hostile(), changed(findings=[], ignored=[])])
def test_sarif_is_as_its_specification_has_it(data: dict[str, Any]) -> None:
    check_sarif(lint_sarif(data, {"add-url": "ADD of a URL"}))


def test_a_run_for_each_linter_with_its_results() -> None:
    own, hadolint = lint_sarif(DATA, {"add-url": "ADD of a URL"})["runs"]
    assert own["tool"]["driver"]["version"] == "1.2.3"
    assert own["tool"]["driver"]["rules"] == [
        {"id": "add-url", "shortDescription": {"text": "ADD of a URL"}}
    ]
    assert [result["level"] for result in own["results"]] == ["warning", "warning"]
    assert "suppressions" not in own["results"][0]
    assert own["results"][1]["suppressions"][0]["justification"] == "it is small"
    [result] = hadolint["results"]
    assert result["level"] == "note"
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 3,
        "startColumn": 7,
    }
    assert hadolint["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ä%.Dockerfile", {"uri": "a%20b/%C3%A4%25.Dockerfile", "uriBaseId": "ROOT"}),
        ("x:y", {"uri": "x%3Ay", "uriBaseId": "ROOT"}),
        ("/tmp/Dockerfile", {"uri": "file:///tmp/Dockerfile"}),
        ("\udcff", {"uri": "%FF", "uriBaseId": "ROOT"}),
    ],
)
def test_paths_are_uris(path: str, uri: dict[str, str]) -> None:
    log = lint_sarif(changed(findings=[FINDING | {"path": path}]), {})
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == uri
