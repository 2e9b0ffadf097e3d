"""Small projects with requirement sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careen.config.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from careen.config.model import Settings


def project(root: Path, **on: list[str]) -> Settings:
    """Write a project whose sets stand on those that are named; each wants fastapi."""
    tables = [
        f'[tool.careen.requirements.{name}]\nsource = "{name}.in"\nlock = "locks/{name}.txt"\n'
        f"on = {below}\n"
        for name, below in on.items()
    ]
    (root / "pyproject.toml").write_text("\n".join(["[tool.careen]", *tables]))
    for name in on:
        (root / f"{name}.in").write_text("fastapi\n")
    return load(root, environment={}).settings
