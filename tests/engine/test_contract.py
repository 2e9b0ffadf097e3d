"""Every variant of the repository does what PokerTool must do, hardened too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Images

ROOT = Path(__file__).resolve().parents[2]
VARIANTS = ("current", "guide", "slim", "slim-ml", "distroless")
HARDENED = ("slim", "distroless")
# As strict as platforms get: any user id, group 0, nothing to write but /data and /tmp.
HARDENING: dict[str, Any] = {
    "read_only": True,
    "tmpfs": {"/data": "uid=12345,gid=0,mode=0770", "/tmp": "mode=1777"},
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "user": "12345:0",
}
CASES = [(name, False) for name in VARIANTS] + [(name, True) for name in HARDENED]


@dataclass(frozen=True)
class Verdict:
    """What one image did: the contract's result, its HEALTHCHECK, what /health says."""

    returncode: int
    text: str
    health: str
    answer: dict[str, Any]


@pytest.fixture(scope="module")
def verdicts(
    images: Images, service: Callable[..., Any], until: Callable[..., None]
) -> dict[tuple[str, bool], Verdict]:
    """The contract's result for each case, two containers at a time."""

    def judge(case: tuple[str, bool]) -> Verdict:
        name, hardened = case
        with service(images.tags[name], **(HARDENING if hardened else {})) as running:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "tests/contract", "-q", "-p", "no:cacheprovider"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "POKERTOOL_BASE_URL": running.base_url,
                    "POKERTOOL_EXPECT_FRONTEND": "1",
                },
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            with urllib.request.urlopen(f"{running.base_url}/health", timeout=10) as reply:
                answer = json.load(reply)
            # `current` and `guide` ask every 30 s; their first answer may come that late.
            until(lambda: running.health() != "starting", "another health than starting", 75)
            return Verdict(done.returncode, done.stdout[-4000:], running.health(), answer)

    there = [case for case in CASES if case[0] in images.tags]
    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(there, pool.map(judge, there), strict=True))


def test_every_variant_but_alpine_is_built(images: Images) -> None:
    assert set(VARIANTS) <= set(images.tags)
    assert set(images.tags) | set(images.outcome.skipped) == {*VARIANTS, "alpine"}
    for reason in images.outcome.skipped.values():
        assert "no node:22-alpine" in reason or "no python:3.13-alpine" in reason


@pytest.mark.parametrize(("name", "hardened"), CASES)
def test_the_contract_holds(
    verdicts: dict[tuple[str, bool], Verdict], name: str, hardened: bool
) -> None:
    verdict = verdicts[name, hardened]
    assert verdict.returncode == 0, verdict.text
    assert "skipped" not in verdict.text
    assert verdict.health == "healthy"


def test_only_the_variants_with_the_ml_set_say_so(
    verdicts: dict[tuple[str, bool], Verdict],
) -> None:
    said = {name: verdicts[name, False].answer["ml"] for name in VARIANTS}
    assert {name for name, ml in said.items() if ml} == {"current", "slim-ml"}
