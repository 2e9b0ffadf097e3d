"""Thin Invoke adapters: flags -> one library call -> report -> exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from invoke.collection import Collection


def namespace() -> Collection:
    """Give the collection of all tasks: what `tasks.py` and the `careen` command are made of."""
    from careen.tasks.program import namespace as assemble

    return assemble()
