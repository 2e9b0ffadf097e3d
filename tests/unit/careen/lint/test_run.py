"""Which files are linted and how, what comes out, and what a linter that fails does to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from tests.unit.careen.lint.linting import DAY

import careen.lint
from careen.config.load import load
from careen.config.model import LintSettings, Settings
from careen.errors import CareenError, DockerfileError, EngineError, UsageError
from careen.lint.finding import Finding
from careen.lint.run import File, Outcome, Way, choose_files, lint_files

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = json.loads((Path(careen.lint.__file__).parent / "lint.schema.json").read_text())
PROJECT = """
[tool.careen.variants.slim]
dockerfile = "docker/slim.Dockerfile"
[tool.careen.variants.ml]
dockerfile = "docker/slim.Dockerfile"
args = { BASE = "python:3.8" }
target = "ml"
[tool.careen.variants.other]
dockerfile = "other"
"""
TEXT = (
    "ARG BASE=python:3.13-slim\nFROM $BASE AS base\nFROM base AS ml\nEXPOSE 1\nFROM base\nUSER 1\n"
)
SKIPPED = "it is not here"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "slim.Dockerfile").write_text(TEXT)
    (tmp_path / "other").write_text("FROM scratch\n")
    return tmp_path


@pytest.fixture
def project(root: Path) -> Settings:
    return load(root).settings


def outcome(
    files: tuple[File, ...],
    hadolint: Callable[[str], str] | str = SKIPPED,
    settings: LintSettings | None = None,
) -> Outcome:
    return lint_files(files, settings or LintSettings(), today=DAY, hadolint=hadolint)


def one(path: Path) -> tuple[File, ...]:
    return (File(path, path.name, (Way({}),)),)


def checked(found: Outcome) -> dict[str, Any]:
    data = found.to_json()
    Draft202012Validator(SCHEMA).validate(data)
    return data


def test_variants_share_a_file_and_have_their_ways(project: Settings, root: Path) -> None:
    assert [(one.name, len(one.ways)) for one in choose_files(project, [], root)] == [
        ("docker/slim.Dockerfile", 2),
        ("other", 1),
    ]
    [file] = choose_files(project, ["ml", "ml"], root)
    assert file.ways == (Way({"BASE": "python:3.8"}, "ml"),)


def test_a_path_of_a_variant_is_linted_as_the_variants_build_it(
    project: Settings, root: Path
) -> None:
    [file] = choose_files(project, ["slim.Dockerfile"], root / "docker")
    assert (file.name, len(file.ways)) == ("docker/slim.Dockerfile", 2)


def test_outside_a_project_paths_are_linted(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    [file] = choose_files(None, ["Dockerfile"], tmp_path)
    assert file == File(tmp_path / "Dockerfile", "Dockerfile", (Way({}),))
    with pytest.raises(UsageError, match="nothing to lint"):
        choose_files(None, [], tmp_path)
    with pytest.raises(UsageError, match="absent is neither"):
        choose_files(None, ["absent"], tmp_path)


def test_an_unknown_name_has_a_hint(project: Settings, root: Path) -> None:
    with pytest.raises(UsageError) as raised:
        choose_files(project, ["slmi"], root)
    assert raised.value.hint == "did you mean slim?"


def test_what_any_way_finds_is_found(project: Settings, root: Path) -> None:
    files = choose_files(project, ["slim", "ml"], root)
    rules = {finding.rule for finding in outcome(files).findings}
    assert {"end-of-life", "no-healthcheck", "runs-as-root"} <= rules


def test_a_comment_that_one_way_needs_is_no_finding(project: Settings, root: Path) -> None:
    why = "# careen: ignore=end-of-life the old one is tested as well\n"
    (root / "docker" / "slim.Dockerfile").write_text(TEXT.replace("FROM $", f"{why}FROM $"))
    both = outcome(choose_files(project, ["slim", "ml"], root))
    assert "ignore-unused" not in {finding.rule for finding in both.findings}
    slim = outcome(choose_files(project, ["slim"], root))
    assert "ignore-unused" in {finding.rule for finding in slim.findings}


@pytest.mark.parametrize(
    ("fail_on", "text", "status"),
    [
        ("warning", "FROM scratch\nUSER 1\n", "passed"),
        ("warning", "FROM scratch\nWORKDIR x\n", "failed"),
        ("error", "FROM scratch\nWORKDIR x\n", "passed"),
        ("error", "FROM scratch\nENV API_KEY=x\n", "failed"),
        ("info", "FROM scratch\nRUN useradd -r -u 1000 a\n", "failed"),
        ("warning", "FROM scratch\nRUN useradd -r -u 1000 a\n", "passed"),
        ("error", "FROM\n", "failed"),
    ],
)
def test_a_severity_decides(tmp_path: Path, fail_on: Any, text: str, status: str) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    found = outcome(one(tmp_path / "Dockerfile"), settings=LintSettings(fail_on=fail_on))
    assert found.status == status
    assert checked(found)["outcome"] == status


def test_hadolint_s_findings_stand_beside_ours(root: Path) -> None:
    item = {"code": "DL3059", "column": 1, "file": "-", "level": "error", "line": 1, "message": "m"}
    found = outcome(one(root / "other"), hadolint=lambda _: json.dumps([item]))
    assert [(part.name, part.status) for part in found.parts] == [
        ("careen", "passed"),
        ("hadolint", "passed"),
    ]
    data = checked(found)
    assert [(one["rule"], one["path"]) for one in data["findings"]] == [("DL3059", "other")]
    assert data["findings"][0]["text"] == "FROM scratch"


def test_a_missing_linter_is_skipped_with_its_reason(root: Path) -> None:
    data = checked(outcome(one(root / "other")))
    assert data["parts"][1] == {"name": "hadolint", "status": "skipped", "reason": SKIPPED}
    assert data["outcome"] == "passed"


def crash(_: str) -> str:
    raise EngineError("hadolint: exit status -9\n  | its last words")


@pytest.mark.parametrize(
    ("hadolint", "said"),
    [(crash, "its last words"), (lambda _: "[{", "other:"), (lambda _: "{}", "is no list")],
)
def test_a_linter_that_fails_makes_the_outcome_unknown(
    root: Path, hadolint: Callable[[str], str], said: str
) -> None:
    found = outcome(one(root / "other"), hadolint=hadolint)
    assert found.status == "unknown"
    part = checked(found)["parts"][1]
    assert part["status"] == "failed"
    assert said in part["reason"]


def test_our_findings_stand_where_it_fails(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nWORKDIR x\n")
    found = outcome(one(tmp_path / "Dockerfile"), hadolint=crash)
    assert [finding.rule for finding in found.findings] == ["relative-workdir"]
    assert found.status == "failed"


def test_secrets_are_in_no_report(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM scratch\nENV API_KEY=hunter1 X=AKIAIOSFODNN7EXAMPLE\nADD https://a:hunter2@b/c /c\n"
    )
    text = json.dumps(checked(outcome(one(tmp_path / "Dockerfile"))))
    assert "hunter" not in text
    assert "AKIA" not in text


def test_accepted_findings_are_told_with_their_reasons(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM scratch\n# careen: ignore=relative-workdir so\nWORKDIR x\n"
    )
    data = checked(outcome(one(tmp_path / "Dockerfile")))
    assert [(one["rule"], one["reason"]) for one in data["ignored"]] == [("relative-workdir", "so")]
    assert data["outcome"] == "passed"


def test_the_settings_hold_for_the_build_context_s_list_too(root: Path) -> None:
    found = [
        Finding("ignore-shadowed", ".dockerignore", 2, "warning", "m", "a"),
        Finding("ignore-root-only", ".dockerignore", 1, "warning", "m", "a"),
        Finding("git-in-context", "other", 1, "info", "m", "a"),
    ]
    settings = LintSettings(ignore={"ignore-shadowed": "so"}, severity={"git-in-context": "error"})
    result = lint_files(
        one(root / "other"),
        settings,
        today=DAY,
        hadolint=SKIPPED,
        context=lambda: [*found, found[0]],
    )
    assert [(one.rule, one.severity) for one in result.findings] == [
        ("ignore-root-only", "warning"),
        ("git-in-context", "error"),
    ]
    data = checked(result)
    assert data["files"] == [".dockerignore", "other"]
    assert [(one["rule"], one["by"]) for one in data["ignored"]] == [
        ("ignore-shadowed", "settings")
    ]


def test_a_file_that_is_missing_or_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("absent", "binary"):
        with pytest.raises(DockerfileError, match=name) as raised:
            outcome(one(tmp_path / name))
        assert isinstance(raised.value, CareenError)
