"""The real pip-tools and the real index: failures as people meet them, and what pip would take."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.conftest import ROOT

from careen.config.load import load
from careen.engine.obtain import obtain
from careen.engine.package_index import files_of
from careen.errors import ConfigError
from careen.requirements.check import check
from careen.requirements.compile import compile_sets
from careen.requirements.compile_in_target import compile_targets
from careen.requirements.lock import parse_lock
from careen.requirements.plan import plan
from careen.requirements.pylock import pylock
from careen.requirements.target_plan import target_plans
from careen.requirements.targets import Target
from careen.requirements.wheels import coverage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROJECT = """[tool.careen.requirements.core]
source = "core.in"
lock = "core.txt"

[tool.careen.requirements.ml]
source = "ml.in"
lock = "ml.txt"
on = ["core"]
"""


def installed_by_pip(root: Path, name: str) -> dict[str, str]:
    """Give what pip would install of the exported lock."""
    lock = parse_lock((root / f"{name}.txt").read_text())
    path = root / "pylock.toml"
    path.write_text(pylock(lock, files_of([pin.name for pin in lock.pins]), name))
    return {one["metadata"]["name"]: one["metadata"]["version"] for one in report(f"-r{path}")}


def report(*options: str) -> list[dict[str, Any]]:
    """Let pip say what it would install."""
    quiet = ("install", "--dry-run", "--ignore-installed", "--quiet", "--no-deps", "--report=-")
    done = subprocess.run(
        [sys.executable, "-m", "pip", *quiet, *options],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)["install"]
    return found


def test_layers_that_disagree_are_explained_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "core.in").write_text("idna==3.7\n")
    (tmp_path / "ml.in").write_text("six\n")
    settings = load(tmp_path, environment={}).settings
    assert compile_sets(plan(settings), tmp_path) == {"core": True, "ml": True}
    assert check(settings) == ()
    assert installed_by_pip(tmp_path, "core") == {"idna": "3.7"}
    before = [(tmp_path / name).read_bytes() for name in ("core.txt", "ml.txt")]

    (tmp_path / "ml.in").write_text("six\nidna>3.7\n")
    assert [one.fault for one in check(settings)] == ["input"]
    with pytest.raises(ConfigError) as raised:
        compile_sets(plan(settings), tmp_path)
    said = str(raised.value)
    assert "ml.in: requirement set ml: no versions of idna satisfy all of these:" in said
    assert "idna>3.7, wanted by ml.in:2" in said
    assert "idna==3.7, pinned in core.txt:" in said
    assert [(tmp_path / name).read_bytes() for name in ("core.txt", "ml.txt")] == before


def test_pip_takes_the_same_wheels() -> None:
    path = ROOT / "requirements/core.txt"
    target = Target("glibc", "arm64", "3.13")
    platforms = [tag.platform for tag in target.tags() if tag.platform != "any"]
    options = [f"--platform={name}" for name in dict.fromkeys(platforms)]
    found = report(
        *("--only-binary=:all:", "--implementation=cp", "--abi=cp313", "--abi=abi3", "--abi=none"),
        *("--python-version=3.13", f"-r{path}", *options),
    )
    theirs = {
        one["metadata"]["name"].lower().replace("_", "-"): one["download_info"]["url"].split("/")[
            -1
        ]
        for one in found
    }
    lock = parse_lock(path.read_text())
    ours = {
        one.name: one.file
        for one in coverage(lock, files_of([pin.name for pin in lock.pins]), [target])
    }
    assert ours == theirs


IMAGE = "python:3.13-slim-trixie"
TARGET = f"""
[tool.careen.targets.trixie]
image = "{IMAGE}"
"""


def in_target(root: Path, say: Callable[[str], None] = lambda _: None) -> dict[str, bool]:
    """Compile a project here and in its target; give which locks differ."""
    settings = load(root, environment={}).settings
    runs = plan(settings)
    compile_sets(runs, root)
    engine = obtain("auto")
    with engine.client:
        [made] = compile_targets(settings, target_plans(settings, runs), engine, say, asked=True)
    assert made.stand_in
    assert check(settings) == ()
    return dict(made.own)


def test_a_target_with_another_python_has_a_lock_of_its_own_where_that_differs(
    tmp_path: Path,
) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT + TARGET)
    (tmp_path / "core.in").write_text('six\nidna==3.7; python_version < "3.12"\n')
    (tmp_path / "ml.in").write_text("sniffio\n")
    said: list[str] = []
    assert in_target(tmp_path, said.append) == {"core": True, "ml": False}
    assert any(f"a stand-in for {IMAGE}" in line for line in said)
    common, own = (
        parse_lock((tmp_path / name).read_text()) for name in ("core.txt", "core.trixie.txt")
    )
    assert [pin.name for pin in common.pins] == ["idna", "six"]
    assert [pin.name for pin in own.pins] == ["six"]
    assert own.python == "3.13"
    assert own.pins[0].hashes == common.pins[1].hashes
    assert not (tmp_path / "ml.trixie.txt").exists()

    # What does not compile there leaves all locks as they were.
    before = {path: path.read_bytes() for path in tmp_path.glob("*.txt")}
    text = (tmp_path / "core.in").read_text()
    (tmp_path / "core.in").write_text(f'{text}sniffio==99; python_version >= "3.12"\n')
    with pytest.raises(ConfigError) as raised:
        in_target(tmp_path)
    assert "core.in:3: requirement set core: no version satisfies sniffio==99" in str(raised.value)
    assert f"(in a stand-in for {IMAGE})" in str(raised.value)
    assert (tmp_path / "core.trixie.txt").read_bytes() == before[tmp_path / "core.trixie.txt"]

    # And what is the same again needs no file.
    (tmp_path / "core.in").write_text("six\n")
    assert in_target(tmp_path) == {"core": False, "ml": False}
    assert sorted(path.name for path in tmp_path.glob("*.txt")) == ["core.txt", "ml.txt"]
