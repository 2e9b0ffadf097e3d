"""Files of container-structure-test: how each is run, and what its output means."""

from __future__ import annotations

import json

import pytest

from careen.contract.structure import means_of, results, structure_checks
from careen.errors import CareenError, EngineError

# As container-structure-test 1.19.1 prints it with `--output json`, with either driver.
PRINTED = {
    "Pass": 2,
    "Fail": 1,
    "Total": 3,
    "Duration": 0,
    "Results": [
        {"Name": "File Existence Test: the application", "Pass": True, "Duration": 0},
        {"Name": "Metadata Test", "Pass": True, "Duration": 0},
        {"Name": "gone", "Pass": False, "Errors": ["File /nope should\nexist"], "Duration": 0},
    ],
}


def test_a_check_for_each_test() -> None:
    checks = results(json.dumps(PRINTED), "s.yaml")
    assert [(one.name, one.status) for one in checks] == [
        ("structure: the application", "passed"),
        ("structure: Metadata Test", "passed"),
        ("structure: gone", "failed"),
    ]
    assert checks[2].reason == "File /nope should exist"


def test_a_container_that_the_engine_cannot_commit_is_unknown_and_says_what_to_do() -> None:
    said = "error setting env vars: Error committing container: API error (500): failed to unpack"
    rows = [{"Name": "runs", "Pass": False, "Errors": [said], "Duration": 0}]
    [check] = results(json.dumps({"Results": rows}), "s.yaml")
    assert (check.name, check.status) == ("structure: runs", "unknown")
    assert 'compression = { kind = "gzip" }' in check.reason
    assert said in check.reason


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"Results": 1}', '{"Results": []}', '{"Results": [{"Name": "a"}]}']
)
def test_other_output_is_no_pass(text: str) -> None:
    with pytest.raises(CareenError):
        results(text, "s.yaml")
    [check] = structure_checks([("s.yaml", "schemaVersion: '2.0.0'")], lambda *_: text)
    assert check.status == "unknown"


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("commandTests:\n- name: a\n", "container"),
        ('"commandTests":\n- name: a\n', "container"),
        ('{"schemaVersion": "2.0.0", "commandTests": []}', "container"),
        ('{\n  "globalEnvVars": []\n}', "container"),
        ("fileExistenceTests:\n- name: a\n  path: /a\n  uid: 0\n", "container"),
        ("fileExistenceTests:\n- gid: 10001\n  path: /a\n", "container"),
        ("fileExistenceTests: [{path: /a, uid: 0}]", "container"),
        ("fileContentTests:\n- expectedContents: ['uid: 0', \"gid: 0\"]\n", "files"),
        ("fileExistenceTests:\n# uid: 0\n- name: guid: 1\n", "names"),
        ("metadataTest:\n  labels: [{key: uid, value: '0'}]\n", "names"),
        ("licenseTests:\n- debian: true\n", "files"),
        ("schemaVersion: '2.0.0'\nfileExistenceTests:\n- name: a\nnewTests: []\n", "files"),
        ('{"fileExistenceTests": []}', "files"),
    ],
)
def test_each_file_gets_what_its_tests_need(text: str, means: str) -> None:
    assert means_of(text) == means


def test_what_needs_a_container_gets_one_and_a_missing_program_is_unknown() -> None:
    asked: list[tuple[str, str]] = []

    def run(path: str, means: str) -> str:
        asked.append((path, means))
        if means == "container":
            raise EngineError("container-structure-test is neither on PATH nor here")
        return json.dumps(PRINTED)

    files = [
        ("a.yaml", "fileExistenceTests: []\n"),
        ("b.yaml", "x: 1\ncommandTests:\n  - name: a\n"),
    ]
    checks = structure_checks(files, run)
    assert asked == [("a.yaml", "names"), ("b.yaml", "container")]
    assert [one.status for one in checks] == ["passed", "passed", "failed", "unknown"]
    assert means_of("# commandTests: in a comment") == "names"
