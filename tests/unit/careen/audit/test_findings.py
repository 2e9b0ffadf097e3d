"""Each check of an audit on data that it should judge one way."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from careen.audit import actions, bases, dependencies, releases
from careen.audit.finding import Finding, document
from careen.engine.package_index import IndexFile
from careen.errors import EngineError
from careen.report.audit import audit_markdown, render_audit
from careen.requirements.inputs import Line
from careen.requirements.lock import parse_lock

TODAY = date(2026, 11, 25)
OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def row(
    code: str, module: str, file: str = "src/app/api.py", line: int | None = 3
) -> dict[str, object]:
    return {
        "error": {"code": code, "message": ""},
        "module": module,
        "location": {"file": file, "line": line},
    }


LINES = [("core.in", Line(Path("/p/core.in"), 4, "Python_Multipart>=1"))]


def test_what_deptry_says_names_the_line_the_bytes_and_what_to_do() -> None:
    [one] = dependencies.findings(
        [row("DEP002", "python-multipart")], LINES, {}, {"python-multipart": 9}
    )
    assert (one.status, one.where, one.bytes) == ("fault", "core.in:4", 9)
    assert "imported nowhere" in one.message


def test_a_reason_makes_it_a_note() -> None:
    used = {"python.multipart": "FastAPI reads uploads with it"}
    [one] = dependencies.findings([row("DEP002", "python-multipart")], LINES, used, {})
    assert one.status == "note"
    assert "FastAPI reads uploads" in one.message


def test_a_reason_for_what_is_used_anyway_is_a_fault_itself() -> None:
    [one] = dependencies.findings([], LINES, {"six": "history"}, {})
    assert (one.status, one.where) == ("fault", "pyproject.toml")
    assert "six" in one.message


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("DEP001", "no set has it"),
        ("DEP003", "only because something else wants it"),
        ("DEP004", "only a set of development has it"),
        ("DEP009", "deptry says DEP009"),
    ],
)
def test_imports_are_told_once_with_their_first_place(code: str, said: str) -> None:
    rows = [row(code, "starlette"), row(code, "starlette", "src/app/b.py", 7)]
    [one] = dependencies.findings(rows, LINES, {}, {})
    assert (one.status, one.where) == ("fault", "src/app/api.py:3")
    assert said in one.message
    assert "in 1 other places" in one.message


@pytest.mark.parametrize("text", ["", "{}", "[{}]", '[{"error": {"code": 1}}]', "[3]"])
def test_what_deptry_never_wrote_is_an_error(text: str) -> None:
    if text == "{}":
        assert dependencies.parse_deptry(text) == []
        return
    with pytest.raises(EngineError, match="deptry wrote"):
        dependencies.parse_deptry(text)


LOCK = parse_lock("a==1.0 --hash=sha256:00\n")


def files(*rows: tuple[str, str], **options: object) -> list[IndexFile]:
    return [
        IndexFile(f"a-{version}.tar.gz", uploaded=day and f"{day}T00:00:00+00:00", **options)  # type: ignore[arg-type]
        for version, day in rows
    ]


def judged(known: list[IndexFile] | str, python: str = "", **held: str) -> Finding | None:
    found = releases.findings("core.txt", LOCK.pins, {"a": known}, 30, python=python, held=held)
    return found[0] if found else None


def test_a_pin_that_is_the_newest_is_no_finding() -> None:
    assert judged(files(("1.0", "2026-01-01"), ("0.9", "2026-06-01"))) is None
    assert judged(files(("1.0", "2026-01-01"), ("2.0rc1", "2026-06-01"))) is None


@pytest.mark.parametrize(("day", "status"), [("2026-01-31", "note"), ("2026-02-01", "fault")])
def test_a_pin_may_be_older_by_so_many_days(day: str, status: str) -> None:
    one = judged(files(("1.0", "2026-01-01"), ("1.1", day)))
    assert one is not None
    assert one.status == status
    assert one.where == "core.txt:1"
    assert "days older than 1.1" in one.message


def test_a_reason_to_stay_behind_counts() -> None:
    one = judged(files(("1.0", "2026-01-01"), ("2.0", "2026-09-01")), a="2.0 changed the form")
    assert one is not None
    assert (one.status, one.advice) == ("note", "")
    assert "2.0 changed the form" in one.message


def test_releases_that_do_not_want_the_locks_python_do_not_count() -> None:
    known = [
        *files(("1.0", "2026-01-01")),
        *files(("2.0", "2026-09-01"), requires_python=">=3.14"),
    ]
    assert judged(known, "3.13") is None
    assert judged(known, "3.14") is not None


def test_what_was_withdrawn_is_nothing_to_move_to() -> None:
    known = [*files(("1.0", "2026-01-01")), *files(("2.0", "2026-09-01"), yanked=True)]
    assert judged(known) is None


def test_an_index_that_does_not_answer_leaves_it_unknown() -> None:
    for known in ("mirror cannot be asked", files(("2.0", "2026-01-01"))):
        one = judged(known)
        assert one is not None
        assert one.status == "unknown"


def test_without_dates_there_is_no_age() -> None:
    one = judged(files(("1.0", ""), ("2.0", "")))
    assert one is not None
    assert (one.status, "does not say since when" in one.message) == ("note", True)


@pytest.mark.parametrize(
    ("reference", "now", "statuses"),
    [
        (f"python:3.13-slim-trixie@{OLD}", OLD, []),
        (f"python:3.13-slim-trixie@{OLD}", NEW, ["fault"]),
        (f"python:3.13-slim-trixie@{OLD}", EngineError("no route"), ["unknown"]),
        ("python:3.13-slim-trixie", NEW, ["fault"]),
        (f"python:3.9-slim-bookworm@{OLD}", OLD, ["fault"]),
        (f"node:18-slim@{OLD}", OLD, ["fault"]),
    ],
)
def test_bases(reference: str, now: str | EngineError, statuses: list[str]) -> None:
    def digest_of(_: str) -> str:
        if isinstance(now, EngineError):
            raise now
        return now

    found = bases.findings([(reference, "Dockerfile:1")], TODAY, digest_of)
    assert [one.status for one in found] == statuses


def test_a_base_that_ends_soon_is_a_note_and_so_is_one_without_a_digest_for_a_reason() -> None:
    near = date(2028, 8, 31)  # Python 3.12 ends two months later
    found = bases.findings([("python:3.12-alpine", "x:1")], near, lambda _: OLD, "no registry")
    assert [one.status for one in found] == ["note", "note"]
    assert "no registry" in found[1].message


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        (f"      - uses: actions/checkout@{'0' * 40} # v5", 0),
        ("      - uses: actions/checkout@v5", 1),
        ("        uses: 'actions/checkout@main'", 1),
        ("      - uses: ./.github/actions/own", 0),
        ("      - uses: docker://alpine:3", 1),
        (f"      - uses: docker://alpine@{OLD}", 0),
        ("      # - uses: actions/checkout@v5", 0),
        ("      - run: echo uses: x@v1", 0),
    ],
)
def test_actions(line: str, faults: int) -> None:
    found = actions.findings({"a.yml": f"jobs:\n{line}\n"})
    assert [one.where for one in found] == ["a.yml:2"] * faults


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ([], "passed"),
        (["note"], "passed"),
        (["note", "unknown"], "unknown"),
        (["note", "unknown", "fault"], "failed"),
    ],
)
def test_unknown_is_never_passed(statuses: list[str], outcome: str) -> None:
    rows = [Finding("actions", status, "x:1", "it is so|", "do it") for status in statuses]  # type: ignore[arg-type]
    data = document(rows, ["actions"], "2026-11-25")
    assert data["outcome"] == outcome
    assert [one["status"] for one in data["findings"]] == statuses[::-1]
    shown = render_audit(json.loads(json.dumps(data)))
    assert shown.count("x:1: it is so|") == len(statuses)
    assert audit_markdown(data).count("it is so\\|") == len(statuses)
