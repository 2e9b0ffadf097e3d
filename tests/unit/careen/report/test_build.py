"""The outcome of a build as a person reads it."""

from __future__ import annotations

from typing import Any

import pytest

from careen.report.build import footnotes, render_build

STAND_IN = {
    "python:3.13-slim-trixie": {
        "stand_in": "localhost/careen-stand-in/python:3.13-slim-trixie",
        "recipe": "0123456789ab",
        "summary": "Debian 13 with its Python",
    }
}


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


def record(variant: str, **changes: Any) -> dict[str, Any]:
    made = {
        "variant": variant,
        "tag": f"demo:{variant}",
        "stand_ins": {},
        "seconds": 61.25,
        "steps": [
            {"name": "[internal] load", "kind": "internal", "cached": True},
            {"name": "[1/2] FROM", "kind": "dockerfile", "cached": True},
            {"name": "[2/2] RUN", "kind": "dockerfile", "cached": False},
        ],
        "sizes": {"pull_bytes": 45_600_000, "unpacked_bytes": 123_400_000, "estimated": False},
    }
    return made | changes


def test_a_whole_table_with_a_stand_in_an_unknown_size_and_a_skipped_variant() -> None:
    records = [
        record("slim", stand_ins=STAND_IN),
        record("guide", sizes=None, steps=[]),
        record("ml", sizes={"pull_bytes": 1000, "unpacked_bytes": 2000, "estimated": True}),
    ]
    assert render_build(records, {"alpine": "no python:3.13-alpine"}) == (
        "Built images\n"
        "\n"
        "variant  time     cached  pull     unpacked  image\n"
        "───────────────────────────────────────────────────────────────────\n"
        "slim †   61.2 s   1/2     45.6 MB  123.4 MB  demo:slim\n"
        "guide    61.2 s   0/0     unknown  unknown   demo:guide\n"
        "ml       61.2 s   1/2     ~1.0 kB  2.0 kB    demo:ml\n"
        "alpine   skipped                             no python:3.13-alpine\n"
        "† stand-in for python:3.13-slim-trixie: Debian 13 with its Python; not the published "
        "image; recipe\n"
        "0123456789ab\n"
        "~ this engine keeps layers uncompressed: pull sizes are what gzip makes here\n"
    )


def test_a_stand_in_of_two_variants_has_one_footnote() -> None:
    notes = footnotes([record("slim", stand_ins=STAND_IN), record("ml", stand_ins=STAND_IN)])
    assert len(notes) == 1
    assert notes[0].startswith("† stand-in for python:3.13-slim-trixie")


def test_real_bases_and_compressed_layers_need_no_footnote() -> None:
    assert footnotes([record("slim")]) == []
