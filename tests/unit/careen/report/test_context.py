"""The report of a build context; CAREEN_TEST_WRITE_SNAPSHOTS=1 writes the snapshot anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from careen.report.context import render_contexts

SNAPSHOT = Path(__file__).parent / "snapshots" / "context.txt"


def context(**changes: Any) -> dict[str, Any]:
    folders = [
        {
            "path": f"folder-{number}",
            "before": {"files": 10, "bytes": 1_000_000 * number},
            "after": {"files": 1, "bytes": 1_000 * number},
        }
        for number in range(9, 0, -1)
    ]
    given = {
        "builds": ["slim", "slim-ml"],
        "dockerfile": "docker/slim.Dockerfile",
        "ignore_file": ".dockerignore",
        "before": {"files": 1234, "bytes": 45_000_000},
        "after": {"files": 9, "bytes": 45_000},
        "reached": {"files": 1, "bytes": 40_000},
        "reduction": 0.999,
        "largest_files": [{"path": "folder-9/a\nb\x1b[31m", "bytes": 9_000}],
        "largest_folders": [],
        "folders": folders,
        "complete": True,
        "unreadable": [],
        "findings": [
            {
                "rule": "ignore-root-only",
                "path": ".dockerignore",
                "line": 3,
                "severity": "warning",
                "message": "*.pyc matches at the root alone: src/a.pyc is sent",
                "advice": "write **/*.pyc",
                "source": "careen",
                "column": None,
            }
        ],
    }
    return {**given, **changes}


def test_snapshot() -> None:
    other = context(
        builds=["current"],
        dockerfile="docker/current.Dockerfile",
        ignore_file=None,
        reached=None,
        reduction=None,
        largest_files=[],
        folders=[],
        complete=False,
        unreadable=["private"],
        findings=[],
    )
    third = context(builds=["alpine"], dockerfile="docker/alpine.Dockerfile")
    text = render_contexts([context(), other, third], width=100, colour=False)
    if os.environ.get("CAREEN_TEST_WRITE_SNAPSHOTS"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [100, 80, 40])
def test_it_fits_the_terminal_and_holds_no_control_characters(width: int) -> None:
    text = render_contexts([context(complete=False)], width=width, colour=False)
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text
    assert "NOT COMPLETE" in text


def test_no_findings_have_no_table() -> None:
    assert "Findings" not in render_contexts([context(findings=[])], width=100, colour=False)
