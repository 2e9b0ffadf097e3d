"""`careen build` as a command: exit codes, messages, records, and the cache of a registry."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Project

    from careen.engine.obtain import Engine

    Make = Callable[..., Project]
    Until = Callable[..., None]

GOOD = "FROM debian:13-slim\nRUN echo TOKEN > /made\n"
STEPS = "FROM debian:13-slim\nRUN echo TOKEN > /one\nRUN echo TOKEN > /two\n"
NO_BASE = "FROM registry.invalid/careen-test/none:1\nRUN true\n"


@pytest.mark.parametrize(
    ("text", "word", "said"),
    [
        pytest.param(GOOD, "god", r"unknown variant: god\n  -> did you mean good\?", id="unknown"),
        pytest.param(None, "good", r"docker/good\.Dockerfile", id="missing"),
        pytest.param(
            "FROM debian:13-slim\nRUNN true\n", "good", r"docker/good\.Dockerfile:2: ", id="wrong"
        ),
    ],
)
def test_a_wrong_request_exits_with_2(
    project: Make, text: str | None, word: str, said: str
) -> None:
    own = project({"good": text or GOOD})
    if text is None:
        (own.folder / "docker/good.Dockerfile").unlink()

    done = own.run("build", word)

    assert done.returncode == 2, done.stderr
    assert re.search(said, done.stderr), done.stderr
    assert own.records() == []


def test_a_failing_step_is_told_and_the_finished_variant_kept(
    project: Make, engine: Engine
) -> None:
    step = "RUN sleep 5 && echo the end of TOKEN && false"
    bad = f"FROM debian:13-slim\nRUN true TOKEN\n# why\n{step}\n"
    own = project({"good": GOOD, "bad": bad})

    done = own.run("build", "good", "bad")

    assert done.returncode == 3, done.stderr
    said = done.stderr.partition("error: ")[2]
    assert re.search(r"bad failed in step .*sleep 5", said)
    assert "docker/bad.Dockerfile:4" in said
    assert f"| the end of {own.token}" in said
    assert own.records() == ["good.json"]
    assert engine.client.image(f"{own.image}:good") is not None
    assert engine.client.image(f"{own.image}:bad") is None
    assert own.left_behind() == []


def test_a_base_that_cannot_be_had(project: Make) -> None:
    own = project({"good": GOOD, "ghost": NO_BASE})

    named = own.run("build", "ghost")
    assert named.returncode == 3
    assert "ghost: no registry.invalid/careen-test/none:1: not in the engine" in named.stderr

    all_of_them = own.run("build", "--json")
    assert all_of_them.returncode == 0, all_of_them.stderr
    outcome = json.loads(all_of_them.stdout)
    assert list(outcome["variants"]) == ["good"]
    assert outcome["skipped"]["ghost"].startswith("no registry.invalid/careen-test/none:1")


def test_too_little_disk_before_a_build(project: Make, engine: Engine) -> None:
    own = project({"good": GOOD})

    done = own.run("build", "good", CAREEN_ENGINE_MIN_FREE_DISK="900000GB")

    assert done.returncode == 3
    assert "900000.0 GB are needed before a build (engine.min-free-disk)" in done.stderr
    assert engine.client.image(f"{own.image}:good") is None


def test_a_disk_that_runs_full_in_a_step(project: Make) -> None:
    step = (
        "RUN --mount=type=tmpfs,target=/small,size=1048576 head -c 4000000 /dev/zero > /small/TOKEN"
    )
    own = project({"full": f"FROM debian:13-slim\n{step}\n"})

    done = own.run("build", "full")

    assert done.returncode == 3
    assert "error: the disk ran full in step" in done.stderr
    assert "docker/full.Dockerfile:2" in done.stderr


def test_ctrl_c_leaves_nothing_half_written(project: Make, engine: Engine, until: Until) -> None:
    own = project({"slow": "FROM debian:13-slim\nRUN echo TOKEN && sleep 60\n"})

    with own.started("build", "slow") as process:
        until(lambda: _is_built(own), "building", 30)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)

    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert own.records() == []
    assert own.left_behind() == []
    assert engine.client.image(f"{own.image}:slow") is None
    until(lambda: not _is_built(own), "ended", 20)


def test_dry_builds_nothing(project: Make, engine: Engine) -> None:
    own = project({"good": GOOD})

    done = own.run("build", "--dry")

    plan = json.loads(done.stdout)
    assert plan["bake"]["group"] == {"default": {"targets": ["good"]}}
    assert plan["bake"]["target"]["good"]["tags"] == [f"{own.image}:good"]
    assert engine.client.image(f"{own.image}:good") is None
    assert not (own.folder / "build").exists()


def test_two_variants_share_a_stage_and_json_has_the_record(project: Make) -> None:
    shared = "FROM debian:13-slim AS shared\nRUN head -c 64 /dev/urandom > /TOKEN\nFROM shared\n"
    own = project({"a": f"{shared}RUN echo a > /own\n", "b": f"{shared}RUN echo b > /own\n"})

    done = own.run("build", "--json")

    records = json.loads(done.stdout)["variants"]
    layers = {name: [layer["digest"] for layer in _sizes(records, name)] for name in "ab"}
    assert layers["a"][:-1] == layers["b"][:-1]
    assert layers["a"][-1] != layers["b"][-1]
    assert records["a"]["unique_bytes"] == sum(
        layer["compressed_bytes"] for layer in _sizes(records, "a")[-2:]
    )
    on_disk = json.loads((own.folder / "build/records/a.json").read_text())
    assert on_disk == records["a"]
    assert on_disk.keys() == {
        *("schema_version", "variant", "tag", "image_id", "platform", "base", "sets", "stand_ins"),
        *("seconds", "steps", "context_bytes", "sizes", "unique_bytes", "engine", "warnings"),
        "built",
    }


@pytest.mark.parametrize("kind", ["registry", "local"])
def test_an_exported_cache_gives_every_step_back(
    project: Make, engine: Engine, forget: Callable[[str], None], tmp_path: Path, kind: str
) -> None:
    own = project({"steps": STEPS})
    with registry(engine, tmp_path) if kind == "registry" else _nowhere() as address:
        where = f"{address}/{own.image}:cache" if address else str(tmp_path / "cache")
        option = f"{kind}={where}"

        exported = _built(own, "--cache", option)
        assert exported.cached == 0
        _forget_all(own, engine, forget)
        again = _built(own)
        assert again.cached == 0, "the local cache was not pruned: this would prove nothing"
        assert again.layers != exported.layers, (
            "times differ, so a step that ran shows in its layer"
        )
        _forget_all(own, engine, forget)

        imported = _built(own, "--cache", option)

        assert imported.layers == exported.layers, "a step ran again"
        assert imported.cached == imported.steps == 2


def test_two_platforms_in_one_image(project: Make, engine: Engine) -> None:
    own = project({"both": "FROM scratch\nCOPY app.py /TOKEN\n"})

    done = own.run("build", "both", "--platform", "linux/amd64,linux/arm64", "--json")

    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)["variants"]["both"]
    # One platform's sizes: the engine's own.
    assert record["platform"] == engine.client.info().platform
    assert len(record["sizes"]["layers"]) == 1
    assert record["sizes"]["unpacked_bytes"] == len("print('one')\n")


def test_a_stand_in_is_had_for_the_engine_s_own_platform_alone(project: Make) -> None:
    own = project({"good": GOOD})

    done = own.run("build", "good", "--platform", "linux/s390x")

    assert done.returncode == 3
    assert "no debian:13-slim for linux/s390x: a stand-in is of the engine's own" in done.stderr


@dataclass(frozen=True)
class Built:
    """What came out of a build: cached and all RUN steps, and the layers' digests."""

    cached: int
    steps: int
    layers: list[str]


def _built(own: Project, *words: str) -> Built:
    done = own.run("build", "steps", *words, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)["variants"]["steps"]
    steps = [step for step in record["steps"] if "RUN" in step["name"]]
    layers = [layer["digest"] for layer in record["sizes"]["layers"]]
    return Built(sum(step["cached"] for step in steps), len(steps), layers)


def _forget_all(own: Project, engine: Engine, forget: Callable[[str], None]) -> None:
    engine.client.remove_image(f"{own.image}:steps")  # it keeps its layers in the cache
    forget(own.token)


def _sizes(records: dict[str, Any], name: str) -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = records[name]["sizes"]["layers"]
    return layers


def _is_built(own: Project) -> bool:
    """Whether a step of this project's Dockerfile runs: its command has the token."""
    done = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True)
    return any(
        line.startswith("/bin/sh -c") and own.token in line for line in done.stdout.splitlines()
    )


@contextmanager
def registry(engine: Engine, folder: Path) -> Iterator[str]:
    """Debian's docker-registry on a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"localhost:{probe.getsockname()[1]}"
    configuration = folder / "registry.yml"
    configuration.write_text(
        "version: 0.1\n"
        "log: {level: error}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder / 'registry'}}}}}\n"
        f"http: {{addr: {address}}}\n"
    )
    program = engine.tools.need_registry()
    with (
        (folder / "registry.log").open("wb") as log,
        subprocess.Popen(
            [program, "serve", str(configuration)],
            stdout=log,
            stderr=log,
            env={**os.environ, "OTEL_TRACES_EXPORTER": "none"},
        ) as process,
    ):
        try:
            _wait_for(address, process)
            yield address
        finally:
            process.terminate()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    port = int(address.rpartition(":")[2])
    for _ in range(200):
        assert process.poll() is None, "the registry does not start"
        with socket.socket() as probe:
            if probe.connect_ex(("localhost", port)) == 0:
                return
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail("the registry does not answer")


@contextmanager
def _nowhere() -> Iterator[str]:
    yield ""
