"""Checks as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.report.checks import render_checks

if TYPE_CHECKING:
    import pytest


def test_a_whole_table_with_every_state_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    checks = [
        ("ok", "python", "3.13.1", ""),
        ("warn", "image store", "classic", "turn on containerd"),
        ("fail", "engine", "none answers", "start it"),
        ("unknown", "free disk", "not on this machine", ""),
        ("new", "other", "a state of a later version", ""),
    ]
    assert render_checks(checks, "This machine") == (
        "This machine\n"
        "\n"
        "what         state    found\n"
        "─────────────────────────────────────────────────\n"
        "python       ok       3.13.1\n"
        "image store  warning  classic\n"
        "                      -> turn on containerd\n"
        "engine       MISSING  none answers\n"
        "                      -> start it\n"
        "free disk    unknown  not on this machine\n"
        "other        new      a state of a later version\n"
    )
