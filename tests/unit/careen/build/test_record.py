"""Build records: written whole, read back, and asked for the base of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from careen.build.record import BuildRecord, base_of, read, write
from careen.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

STAND_IN = {"stand_in": "localhost/careen-stand-in/base:1", "recipe": "abc", "summary": "packages"}


def record(**changes: object) -> BuildRecord:
    facts: dict[str, object] = {
        "variant": "slim",
        "tag": "demo:slim",
        "image_id": "sha256:1",
        "platform": "linux/amd64",
        "base": "base:1",
        "sets": ("core",),
        "stand_ins": {},
        "seconds": 1.5,
        "steps": ({"name": "RUN make", "kind": "dockerfile", "seconds": 1.0, "cached": False},),
        "context_bytes": 10,
        "sizes": None,
        "unique_bytes": None,
        "engine": {},
        "warnings": (),
        "built": "2026-11-25T00:00:00+00:00",
    }
    return BuildRecord(**{**facts, **changes})  # type: ignore[arg-type] # by name, as the class


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read(write(record(), tmp_path)) == record()


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    (tmp_path / "slim.json").write_text("{")
    with pytest.raises(UsageError, match=r"slim\.json: no build record"):
        read(tmp_path / "slim.json")


def test_the_base_of_an_image_is_the_one_that_the_engine_has(tmp_path: Path) -> None:
    write(record(), tmp_path)
    assert base_of(tmp_path, "demo:slim") == "base:1"
    write(record(stand_ins={"base:1": STAND_IN, "node:22": STAND_IN}), tmp_path)
    assert base_of(tmp_path, "demo:slim") == "localhost/careen-stand-in/base:1"


def test_no_record_or_that_of_another_image_names_no_base(tmp_path: Path) -> None:
    assert base_of(tmp_path, "demo:slim") == ""
    write(record(tag="other:slim"), tmp_path)
    assert base_of(tmp_path, "demo:slim") == ""
