"""The workflows of GitHub: their form, their safety, and that their commands are ones that work."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from careen.bench.workspace import workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
_RUN = re.compile(r"^ *run: (?P<command>(?![|>]).+)$", re.MULTILINE)
# What is not run on a checkout, each by its beginning, and why nothing is lost by that.
ELSEWHERE = {
    "python -m pip install": "the environment of these tests is an installation",
    "python -m nox -s benchmark": "test_benchmark.py runs a tiny one",
    "gh ": "asks GitHub",
    "bash .github/scripts/earlier-report.sh": "likewise",
    "bash .github/scripts/size-table.sh": "a test of its own, below",
    "for table in parts/": "reads the artifacts of other jobs",
}
# These take minutes, and other tests run them: here they say what they would do.
PLANNED = ("careen build", "careen scan", "careen validate", "careen analyze")


def commands() -> list[str]:
    texts = (path.read_text() for path in WORKFLOWS)
    found = [match["command"] for text in texts for match in _RUN.finditer(text)]
    return list(dict.fromkeys(one for one in found if not one.startswith(tuple(ELSEWHERE))))


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    with workspace(ROOT) as folder:
        yield folder


def run(command: str, folder: Path, tmp_path: Path, **variables: str) -> str:
    python = shlex.quote(sys.executable)
    program = tmp_path / "careen"
    program.write_text(
        f"#!/bin/sh\nexec {python} -c 'from careen.tasks.program import main; main()' \"$@\"\n"
    )
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
            "NO_COLOR": "1",
            "OWNER": "Team",
            "QUARTERLY": "true",
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_form_is_that_of_the_schema(path: Path) -> None:
    words = [program("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


def test_nothing_in_them_is_unsafe() -> None:
    words = [program("zizmor"), "--offline", "--no-progress", "--format=json", ".github/workflows"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert json.loads(done.stdout) == [], done.stdout[:2000]
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", commands())
def test_each_command_works_on_a_checkout(command: str, copy: Path, tmp_path: Path) -> None:
    planned = command.partition(" careen ")[0].count("=") and "careen build" in command
    dry = " --dry" if command.startswith(PLANNED) or planned else ""
    if command.startswith("careen report"):
        command = "careen report slim distroless --dry --output report.json"
    run(f"{command}{dry}", copy, tmp_path)


def test_the_table_of_sizes_with_and_without_an_earlier_report(copy: Path, tmp_path: Path) -> None:
    one = {
        "image": "app:slim",
        "platform": "linux/amd64",
        "stand_in": False,
        "estimated": False,
        "pull_bytes": 70_000_000,
        "unpacked_bytes": 190_000_000,
        "layers": [],
        "distributions": [],
        "packages": [],
        "build": None,
    }
    report = {"schema_version": 1, "careen": "1", "made": "2026-11-25", "variants": {"slim": one}}
    (tmp_path / "now.json").write_text(json.dumps(report))
    pip = tmp_path / "python"
    pip.write_text("#!/bin/sh\nexit 0\n")
    pip.chmod(0o755)
    for earlier, said in (("gone.json", "### Images of"), ("now.json", "compared with")):
        words = (
            f"bash .github/scripts/size-table.sh {tmp_path}/{earlier} {tmp_path}/now.json out.md"
        )
        run(words, copy, tmp_path)
        text = (copy / "out.md").read_text()
        assert said in text
        assert "70.0 MB" in text
