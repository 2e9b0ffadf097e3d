"""An audit of a whole project: which files it reads, what it asks, and what stays unknown."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import pytest

from careen.audit.finding import CHECKS
from careen.audit.run import Outside, audit, choose_checks
from careen.config.load import load
from careen.engine.package_index import IndexFile
from careen.errors import ConfigError, EngineError, UsageError
from careen.lint.check import Linted
from careen.lint.comments import Ignored
from careen.lint.finding import Finding as LintFinding
from careen.lint.run import Outcome as LintOutcome
from careen.lint.run import Part
from careen.scan.record import record_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from careen.config.model import Settings

PROJECT = """
[tool.careen.variants.slim]
dockerfile = "Dockerfile"
[tool.careen.requirements.core]
source = "core.in"
lock = "core.txt"
[tool.careen.requirements.dev]
source = "dev.in"
lock = "dev.txt"
on = ["core"]
"""
OWN = '[tool.careen.audit]\ncode = ["src/app"]\nsets = ["core"]\n'


def project(root: Path, more: str = OWN) -> Settings:
    root.mkdir(exist_ok=True)
    (root / "pyproject.toml").write_text(PROJECT + more)
    (root / "Dockerfile").write_text("FROM python:3.13-slim-trixie AS a\nFROM a\n")
    (root / "core.in").write_text("a\n")
    (root / "dev.in").write_text("b\n")
    (root / "core.txt").write_text("a==1 --hash=sha256:00\n")
    (root / "dev.txt").write_text("a==1 --hash=sha256:00\nb==1 --hash=sha256:00\n")
    (root / ".github/workflows").mkdir(parents=True)
    (root / ".github/workflows/ci.yml").write_text("  - uses: actions/checkout@v5\n")
    return load(root, environment={}).settings


def outside(**changes: Any) -> Outside:
    def index(names: Sequence[str]) -> dict[str, list[IndexFile]]:
        return {
            name: [IndexFile(f"{name}-1.tar.gz"), IndexFile(f"{name}-2.tar.gz")] for name in names
        }

    known: dict[str, Any] = {
        "deptry": lambda *_: "[]",
        "index": index,
        "digest": lambda _: "sha256:0",
        "weights": {},
        "lint": lambda: LintOutcome((), (Part("careen", "passed"),), "warning", {}),
    }
    return Outside(**(known | changes))


def linted(
    *rules: str, by: Literal["comment", "settings"] = "settings", hadolint: bool = True
) -> LintOutcome:
    """Give what lint says where each rule is broken once, and accepted."""
    parts = [Part("careen", "passed"), Part("hadolint", "passed" if hadolint else "skipped")]
    ignored = tuple(
        Ignored(LintFinding(rule, "Dockerfile", 1, "warning", "", ""), "why", by) for rule in rules
    )
    return LintOutcome((Linted("Dockerfile", (), ignored),), tuple(parts), "info", {})


def found(settings: Settings, checks: Sequence[str], **changes: Any) -> list[tuple[str, str, str]]:
    rows = audit(settings, checks, outside(**changes), date(2026, 11, 25))
    return [(one.check, one.status, one.where) for one in rows]


def test_every_check_looks_at_the_project(tmp_path: Path) -> None:
    assert found(project(tmp_path), CHECKS) == [
        ("releases", "note", "core.txt:1"),
        ("releases", "note", "dev.txt:2"),  # what core pins is told once
        ("base-images", "fault", "Dockerfile:1"),
        ("actions", "fault", ".github/workflows/ci.yml:1"),
    ]


def test_deptry_is_given_the_sets_on_their_sides(tmp_path: Path) -> None:
    asked: list[Any] = []

    def deptry(*words: Any) -> str:
        asked.extend(words)
        return "[]"

    found(project(tmp_path), ["dependencies"], deptry=deptry)
    assert asked == [("src/app",), ["core.in"], ["dev.in"]]


def test_nobody_can_look_where_deptry_is_not_there(tmp_path: Path) -> None:
    def deptry(*_: Any) -> str:
        raise EngineError("deptry is not here", hint="install it")

    rows = found(project(tmp_path), ["dependencies"], deptry=deptry)
    assert rows == [("dependencies", "unknown", "src/app")]


def test_without_settings_nobody_knows_what_is_needed(tmp_path: Path) -> None:
    assert found(project(tmp_path, ""), ["dependencies"]) == [
        ("dependencies", "unknown", "pyproject.toml")
    ]


def test_an_unknown_set_is_an_error(tmp_path: Path) -> None:
    settings = project(tmp_path, OWN.replace('"core"', '"cor"'))
    with pytest.raises(ConfigError, match="did you mean core"):
        found(settings, ["dependencies"])


def test_a_lock_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    settings = project(tmp_path)
    (tmp_path / "dev.txt").unlink()
    assert ("releases", "unknown", "dev.txt") in found(settings, ["releases"])


def test_the_calendar_of_the_guide() -> None:
    assert choose_checks(monthly=True, quarterly=False) == ("dependencies", "releases")
    assert choose_checks(monthly=False, quarterly=True) == ("base-images", "actions", "waivers")
    assert choose_checks(monthly=False, quarterly=False) == CHECKS
    assert choose_checks(monthly=True, quarterly=False, names=["actions"])[-1] == "actions"
    with pytest.raises(UsageError, match="did you mean base-images"):
        choose_checks(monthly=False, quarterly=False, names=["base-image"])


IGNORES = '[tool.careen.lint.ignore]\nworkdir-missing = "why"\nDL3008 = "why"\n'


def said(settings: Settings, **changes: Any) -> list[tuple[str, str]]:
    rows = audit(settings, ["waivers"], outside(**changes), date(2026, 11, 25))
    return [(one.status, one.message) for one in rows]


def test_a_rule_that_is_ignored_and_never_broken_is_a_fault(tmp_path: Path) -> None:
    settings = project(tmp_path, IGNORES)
    assert said(settings, lint=lambda: linted("workdir-missing", "DL3008")) == []
    [(status, message)] = said(settings, lint=lambda: linted("DL3008"))
    assert (status, "workdir-missing: no file breaks" in message) == ("fault", True)
    # What a comment accepts already needs no setting.
    [(status, message)] = said(
        project(tmp_path / "b", IGNORES.replace("DL3008 =", "# ")),
        lint=lambda: linted("workdir-missing", by="comment"),
    )
    assert status == "fault"


def test_what_hadolint_would_say_is_unknown_without_it(tmp_path: Path) -> None:
    [(status, message)] = said(
        project(tmp_path, IGNORES), lint=lambda: linted("workdir-missing", hadolint=False)
    )
    assert (status, "hadolint did not run" in message) == ("unknown", True)


def scanned(root: Path, scanners: dict[str, str], *ids: str) -> None:
    """Keep a scan of the variant as if these had been found."""
    row = {"aliases": ["GHSA-1"], "package": "libssl3", "source": "openssl", "version": "3"}
    path = record_path(root / "build/records", "slim")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name("slim.json").write_text("{}")
    found = [row | {"id": one, "severity": "HIGH"} for one in ids]
    head = {"schema_version": 1, "outcome": "passed", "scanned": "now", "diff_ids": []}
    more = {"waived": [], "scanners": scanners, "secrets": 0, "findings": found}
    path.write_text(json.dumps(head | more))


def test_waivers_are_held_against_the_newest_scans(tmp_path: Path) -> None:
    settings = project(tmp_path, '[tool.careen.scan]\nwaivers = "waivers.toml"\n')
    (tmp_path / "waivers.toml").write_text(
        '[[waiver]]\nid = "GHSA-1"\npackage = "openssl"\nreason = "r"\nexpires = 2027-01-01\n'
        '[[waiver]]\nid = "CVE-2"\nreason = "r"\nexpires = 2027-01-01\n'
        '[[waiver]]\nid = "CVE-3"\nreason = "r"\nexpires = 2026-11-24\n'
    )
    assert [status for status, _ in said(settings)] == ["unknown", "unknown", "fault"]
    assert "no variant is built" in said(settings)[0][1]

    scanned(tmp_path, {"trivy": "ran", "snyk": "skipped"}, "CVE-1")
    assert said(settings) == [
        ("fault", "the waiver of CVE-2 meets no finding of the newest scans"),
        ("fault", "the waiver of CVE-3 expired on 2026-11-24"),
    ]
    # What a scanner that failed would have found, nobody knows.
    scanned(tmp_path, {"trivy": "failed"}, "CVE-1")
    assert [status for status, _ in said(settings)] == ["unknown", "fault"]


def test_a_reason_to_hold_back_what_is_not_behind_is_a_fault(tmp_path: Path) -> None:
    held = '[tool.careen.audit.held]\na = "why"\nb = "why"\nc = "why"\n'
    settings = project(tmp_path, held)

    def index(names: Sequence[str]) -> dict[str, list[IndexFile]]:
        newer = {"a": [IndexFile("a-2.tar.gz")]}
        return {name: [IndexFile(f"{name}-1.tar.gz"), *newer.get(name, ())] for name in names}

    rows = audit(settings, ["releases"], outside(index=index), date(2026, 11, 25))
    assert [(one.status, one.message.split(",")[0]) for one in rows] == [
        ("note", "a 1 is behind 2; the index does not say since when: why"),
        ("fault", "[tool.careen.audit] held names b"),
        ("fault", "[tool.careen.audit] held names c"),
    ]
