"""Stand-in bases as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.bases import render_bases

if TYPE_CHECKING:
    import pytest


def row(reference: str, *, made: bool, loaded: bool | None) -> dict[str, Any]:
    return {
        "reference": reference,
        "recipe": "0123456789ab",
        "made": made,
        "archive_bytes": 45_600_000 if made else None,
        "loaded": loaded,
        "summary": "Debian 13",
    }


def test_a_whole_table_marks_each_stand_in_and_says_what_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    rows = [
        row("debian:13-slim", made=True, loaded=True),
        row("node:22-slim", made=False, loaded=False),
        row("python:3.13-slim", made=True, loaded=None),
    ]
    assert render_bases(rows) == (
        "Stand-in bases\n"
        "\n"
        "stands in for       recipe        archive   in the engine            made of\n"
        "───────────────────────────────────────────────────────────────────────────────\n"
        "debian:13-slim †    0123456789ab  45.6 MB   yes                      Debian 13\n"
        "node:22-slim †      0123456789ab  not made  no                       Debian 13\n"
        "python:3.13-slim †  0123456789ab  45.6 MB   unknown: no engine runs  Debian 13\n"
        "A stand-in takes a base's place where no registry can be reached. It is made of "
        "distribution\n"
        "packages, it is not the published image, and every table marks it with †.\n"
    )
