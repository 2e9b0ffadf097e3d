"""Temporary folders: removed at the end, and by a later run where their process is gone."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

import pytest

from careen.engine import temporary
from careen.engine.cleanup import clean
from careen.engine.client import EngineClient
from careen.engine.temporary import abandoned_folders, temporary_folder

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = 2**22 + 1  # above the largest process id


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(temporary, "IN_MEMORY", tmp_path / "memory")


def test_it_is_removed_at_the_end() -> None:
    with temporary_folder("context") as folder:
        assert folder.name.startswith(f"careen-context-{os.getpid()}-")
        (folder / "file").touch()
    assert not folder.exists()


def test_it_is_in_memory_where_there_is_much_room(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with temporary_folder("validate", for_bytes=1) as folder:
        assert folder.parent == tmp_path / "memory"
    assert not folder.exists()
    with temporary_folder("validate", for_bytes=free) as folder:
        assert folder.parent == tmp_path
    (tmp_path / "memory" / f"careen-validate-{NOBODY}-abc").mkdir()
    assert abandoned_folders() == [tmp_path / "memory" / f"careen-validate-{NOBODY}-abc"]
    shutil.rmtree(tmp_path / "memory")
    assert abandoned_folders() == []
    with temporary_folder("validate", for_bytes=1) as folder:
        assert folder.parent == tmp_path


def test_what_a_living_process_has_is_not_abandoned(tmp_path: Path) -> None:
    (tmp_path / f"careen-bake-{NOBODY}-abc").mkdir()
    (tmp_path / "careen-compile-abc_1").mkdir()
    (tmp_path / "careen-of-a-user").mkdir()
    with temporary_folder("context"):
        names = [path.name for path in abandoned_folders()]
    assert names == [f"careen-bake-{NOBODY}-abc", "careen-compile-abc_1"]


def test_clean_leaves_the_folders_of_those_who_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EngineClient, "answers", lambda _: False)
    (tmp_path / f"careen-context-{NOBODY}-abc").mkdir()
    with temporary_folder("context") as folder:
        removed = clean("auto")
        assert folder.exists()
    assert removed == [f"folder {tmp_path}/careen-context-{NOBODY}-abc"]
