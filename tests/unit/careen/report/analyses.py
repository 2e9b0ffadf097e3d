"""Example analyses, each a file of examples/, and the snapshots of what is made of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# A slim image; a wasteful one on stand-ins with estimated sizes; a root file system's tar without
# a configuration; an image without layers; hostile names everywhere; two images.
NAMES = ("slim", "wasteful", "rootfs", "empty", "hostile", "two")


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "examples" / f"{name}.json").read_text())
    return found


def images(analysis: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = analysis.get("images", [analysis])
    return found


def expect(name: str, text: str) -> None:
    """Compare with a snapshot; CAREEN_TEST_WRITE_SNAPSHOTS=1 writes it anew, to be read."""
    path = HERE / "snapshots" / name
    if os.environ.get("CAREEN_TEST_WRITE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
