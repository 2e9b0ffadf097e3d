"""The report of a validation: failures first, unknown is no pass, and the JSON has its schema."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

from careen.contract.document import document
from careen.contract.model import Check, Verdict
from careen.report.junit import junit
from careen.report.validate import render_validation, validation_markdown, validation_suites

SCHEMA = json.loads(files("careen.contract").joinpath("validate.schema.json").read_text())
GOOD = Check("start", "passed", expected="1.0 s", measured="0.52 s (0.50-0.61)")
BAD = Check(
    "read-only",
    "failed",
    "it writes /var/x\x1b[31m",
    "nothing but /tmp",
    "1 path",
    ("Traceback:", "OSError: read-only | file system"),
    {"paths": 1},
    1.5,
)
SKIPPED = Check("database", "skipped", "the contract names none")
UNKNOWN = Check("memory", "unknown", "the engine does not say it")


def verdict(name: str, *checks: Check, stand_in: bool = False) -> Verdict:
    return Verdict(name, f"app:{name}", checks, "linux/amd64", stand_in)


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([verdict("slim", GOOD, SKIPPED)], "passed"),
        ([verdict("slim", GOOD, BAD)], "failed"),
        ([verdict("slim", GOOD, UNKNOWN)], "failed"),
        ([verdict("slim", SKIPPED)], "failed"),
        ([verdict("slim")], "failed"),
        ([verdict("slim", GOOD), verdict("current", BAD)], "failed"),
        ([], "failed"),
    ],
)
def test_what_passes(verdicts: list[Verdict], outcome: str) -> None:
    data = document(verdicts)
    jsonschema.validate(data, SCHEMA)
    assert data["outcome"] == outcome
    assert ("passed" in render_validation(data).splitlines()[-1]) == (
        outcome == "passed"
    ) or verdicts


def test_failures_stand_first_with_their_numbers_and_log() -> None:
    data = document(
        [verdict("slim", GOOD, stand_in=True), verdict("current", GOOD, BAD, SKIPPED, UNKNOWN)]
    )
    shown = render_validation(data)
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 100
    rows = [line.split()[0] for line in lines if line.strip()]
    assert rows.index("read-only") < rows.index("memory") < rows.index("start")
    assert "slim †" in shown
    assert "current: read-only: FAILED: it writes /var/x" in shown
    assert "\x1b" not in shown
    assert "    | OSError: read-only | file system" in shown
    assert "expected nothing but /tmp, measured 1 path" in shown
    assert "not made for current: database: the contract names none" in shown
    assert lines[-1] == "2 validated, 1 failed, 1 unknown, 2 passed, 1 skipped: FAILED"


def test_markdown_and_junit() -> None:
    data = document([verdict("current", GOOD, BAD, UNKNOWN)])
    text = validation_markdown(data)
    assert "| `read-only` | FAILED 1 path |" in " ".join(text.split())
    xml = junit(validation_suites(data))
    assert xml.count("<failure") == 1
    assert xml.count("<error") == 1
