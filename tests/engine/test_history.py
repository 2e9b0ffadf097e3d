"""A fattened image fails against the report of the one before, and the cause is named."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Project

LEAN = "FROM debian:13-slim\nCOPY app.py /srv/\n"
FAT = LEAN + "RUN : TOKEN && dd if=/dev/urandom of=/srv/fat bs=1M count=3\n"


def test_a_fattened_image_is_told_from_the_one_of_a_commit(
    project: Callable[..., Project],
) -> None:
    own = project({"one": LEAN})
    assert own.run("build", "one").returncode == 0
    written = own.run("report", "--output", "build/report.json")
    assert written.returncode == 0, written.stderr
    for words in (
        ["init", "-q"],
        ["add", "-f", "build/report.json"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "sizes"],
    ):
        subprocess.run(["git", *words], cwd=own.folder, check=True, capture_output=True)

    same = own.run("report", "--against", "HEAD", "--max-growth", "1kB")
    assert same.returncode == 0, same.stdout + same.stderr

    (own.folder / "docker/one.Dockerfile").write_text(FAT.replace("TOKEN", own.token))
    assert own.run("build", "one").returncode == 0
    grown = own.run("report", "--against", "HEAD", "--max-growth", "1MB", "--json")
    assert grown.returncode == 1, grown.stderr
    one = json.loads(grown.stdout)["variants"]["one"]
    assert 3_100_000 < one["growth"]["pull_bytes"] < 3_300_000
    assert one["growth"]["unpacked_bytes"] == 3 << 20
    [added] = one["layers"]
    assert added["change"] == "added"
    assert "of=/srv/fat" in added["instruction"]
