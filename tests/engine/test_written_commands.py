"""Every command that the documentation shows is run as it stands there, page by page, in order.

In a copy of the checkout and with an image name of its own. It comes last: some of these commands
stop the engine.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from careen.bench.workspace import workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careen.engine.obtain import Engine

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
IMAGE = "careen-test-docs"
# What is not run here, each by its beginning, and why nothing is lost by that.
ELSEWHERE = {
    "nox -s ": "sessions: CI runs `tests`, and test_benchmark.py what `benchmark` is made of",
    "invoke benchmark current slim --rounds 3": "ten minutes; test_benchmark.py runs a tiny one",
    "POKERTOOL_BASE_URL=": "test_contract.py runs it against every image",
}
ENDS_AN_ENGINE = ("careen engine.up", "careen engine.down")


def commands(page: Path) -> list[str]:
    shown = [line[2:] for line in page.read_text().splitlines() if line.startswith("$ ")]
    return [line for line in shown if not line.startswith(tuple(ELSEWHERE))]


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    with workspace(ROOT) as folder:
        yield folder


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `careen` and `invoke`, which are perhaps not installed."""
    folder = tmp_path_factory.mktemp("programs")
    python = shlex.quote(sys.executable)
    starts = {
        "careen": f"{python} -c 'from careen.tasks.program import main; main()'",
        "invoke": f"{python} -m invoke",
    }
    for name, start in starts.items():
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec {start} "$@"\n')
        path.chmod(0o755)
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_does_what_it_says(engine: Engine, copy: Path, programs: Path, page: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "CAREEN_IMAGE": IMAGE,
        "NO_COLOR": "1",
    }
    for line in commands(page):
        if not engine.embedded and line.startswith(ENDS_AN_ENGINE):
            continue  # a second engine beside the host's own is not a test's to start
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=copy,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, f"{page.name}: {line}\n{done.stderr[-3000:]}"
        assert done.stdout.strip() or "clean" in line, f"{page.name}: {line}: it printed nothing"


def test_most_commands_are_run() -> None:
    assert sum(len(commands(page)) for page in PAGES) > 20


@pytest.fixture(scope="module", autouse=True)
def _no_image_is_left(engine: Engine) -> Iterator[None]:
    yield
    engine.client.close()
    if not engine.client.answers():
        return
    for name in ("current", "guide", "slim", "slim-ml", "alpine", "distroless"):
        engine.client.remove_image(f"{IMAGE}:{name}")
