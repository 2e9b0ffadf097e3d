"""Images with one fault each fail the right check; slim and distroless fail none."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from careen.build.plan import Options
from careen.build.run import build_variants
from careen.config.contract import ContractSettings
from careen.config.load import load
from careen.contract.run import validate_images
from careen.contract.structure import means_of, results
from careen.contract.workbench import ImageUnderTest
from careen.engine.containers import ContainerPlan, created, network
from careen.engine.image_export import export_image
from careen.engine.images import open_image
from careen.engine.ownership import LABEL_OWNER, sweep
from careen.engine.structure_program import run_structure_tests
from careen.engine.temporary import temporary_folder
from careen.errors import EngineError
from careen.image.skeleton import write_skeleton
from careen.image.tree import merge

from .conftest import ROOT, prune

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from careen.contract.model import Check, Verdict
    from careen.engine.obtain import Engine

    from .conftest import Images

FOLDER = Path(__file__).parent / "bad_images"
FAULTS = (
    "none",
    "exits",
    "never-listens",
    "wrong-port",
    "ignores-sigterm",
    "leaks",
    "answers-500",
    "writes-outside",
    "drops-requests",
    "root",
)
CONTRACT = {
    "health": "/health",
    "tmpfs": {"/tmp": "mode=1777"},
    "http": [{"path": "/work"}, {"path": "/slow"}],
    "limits": {
        "memory": "100MB",
        "pids": 50,
        "start-seconds": 2.5,
        "start-runs": 1,
        "stop-seconds": 6.0,
    },
    "skip": {
        "setuid-files": "the base's own",
        "no-source-compiled": "the base has no bytecode of the standard library",
    },
}
# By fault: the checks that fail, and what one of them says.
EXPECTED = {
    "none": ((), ""),
    "exits": (("start-to-healthy",), "it exited with code 3"),
    "never-listens": (("start-to-healthy",), "nothing answers on port 8000"),
    "wrong-port": (("start-to-healthy",), "it listens on port 8001"),
    "ignores-sigterm": (("stop-on-sigterm",), "it ignores SIGTERM: it still ran after 6"),
    "leaks": (("memory-limit",), "the kernel killed a process: out of memory"),
    "answers-500": (("start-to-healthy",), "GET /health answers 500, not 200"),
    "writes-outside": (
        ("read-only", "writes-outside-tmpfs"),
        "it writes /var/tmp/state, outside its tmpfs (/tmp)",
    ),
    "drops-requests": (("requests-in-flight",), "requests in flight were lost"),
    "root": (("user-not-root",), "the service runs as root"),
}
ALSO = {
    # The contract's requests start the leak in each container that they are sent to.
    "leaks": ("read-only", "no-capabilities", "arbitrary-user"),
    # The base has no bytecode of the standard library, and root may write some.
    "root": ("no-bytecode-written",),
}
SECONDS = 90.0
# What another process does until it is killed.
VALIDATE = """
import json, sys
from careen.config.contract import ContractSettings
from careen.contract.run import validate_images
from careen.contract.workbench import ImageUnderTest
from careen.engine.obtain import obtain
contract = ContractSettings.model_validate(json.loads(sys.argv[2]))
validate_images([ImageUnderTest("it", sys.argv[1])], contract, {}, obtain(), say=print)
"""


@pytest.fixture(scope="module")
def bad_images(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Tags by fault; the images are removed at the end."""
    token = f"careen-test-{secrets.token_hex(5)}"
    folder = tmp_path_factory.mktemp(token)
    shutil.copy(FOLDER / "bad_service.py", folder)
    (folder / "Dockerfile").write_text((FOLDER / "Dockerfile").read_text().replace("TOKEN", token))
    lines = ["[tool.careen]", f'image = "{token}"']
    for fault in FAULTS:
        argument = 'RUN_AS = "0:0"' if fault == "root" else f'FAULT = "{fault}"'
        lines += [
            f"[tool.careen.variants.{fault}]",
            'dockerfile = "Dockerfile"',
            f"args = {{ {argument} }}",
        ]
    (folder / "pyproject.toml").write_text("\n".join(lines) + "\n")
    settings = load(folder).settings
    outcome = build_variants(settings, list(settings.variants), Options(), asked=True, dry=False)
    tags = {record.variant: record.tag for record in outcome.records}
    yield tags
    for tag in tags.values():
        engine.client.remove_image(tag)
    prune(engine, token)


@pytest.fixture(scope="module")
def verdicts(engine: Engine, bad_images: Mapping[str, str]) -> dict[str, Verdict]:
    """All faults validated at the same time."""
    contract = ContractSettings.model_validate(CONTRACT)
    targets = [ImageUnderTest(fault, bad_images[fault]) for fault in FAULTS]
    begun = time.monotonic()
    found = validate_images(targets, contract, {}, engine, workers=len(targets))
    assert time.monotonic() - begun < SECONDS
    return {one.variant: one for one in found}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_the_right_check(verdicts: Mapping[str, Verdict], fault: str) -> None:
    names, words = EXPECTED[fault]
    failed = bad(verdicts[fault])
    found = {one.name for one in failed}
    assert set(names) <= found <= {*names, *ALSO.get(fault, ())}, failed
    assert any(words in one.reason for one in failed) or not names, failed


def test_a_service_that_does_not_run_is_asked_nothing_else(
    verdicts: Mapping[str, Verdict],
) -> None:
    for fault in ("exits", "never-listens", "wrong-port", "answers-500"):
        by_name = {one.name: one for one in verdicts[fault].checks}
        assert by_name["stop-on-sigterm"].reason == "the service does not run"
        assert by_name["read-only"].status == "skipped"
        assert "starting, fault" in "\n".join(by_name["start-to-healthy"].log)
        assert by_name["user-not-root"].status == "passed"


def test_nothing_is_left(engine: Engine, verdicts: Mapping[str, Verdict]) -> None:
    assert verdicts
    own = f"/{os.getpid()}/"
    assert not [name for name, owner in owned(engine).items() if own in owner]


@pytest.mark.parametrize("variant", ["slim", "distroless"])
def test_our_images_fail_nothing(engine: Engine, images: Images, variant: str) -> None:
    contract = ContractSettings.model_validate(
        {
            "port": 5001,
            "tmpfs": {"/data": "mode=1777", "/tmp": "mode=1777"},
            "no-shell": ["distroless"],
            "limits": {"start-runs": 2, "rest-memory": "90MB"},
            "database": {"environment": {"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/x"}},
            "http": [
                {
                    "path": "/api/equity",
                    "method": "POST",
                    "json-body": {"hole": ["As", "Kd"], "players": 6, "iterations": 50000},
                }
            ],
        }
    )
    target = ImageUnderTest(variant, images.tags[variant])
    (verdict,) = validate_images([target], contract, {}, engine)
    assert not bad(verdict)
    skipped = {one.name for one in verdict.checks if one.status == "skipped"}
    assert skipped <= {
        "pull-size",
        "unpacked-size",
        "labels",
        *(() if variant == "distroless" else ("no-shell", "no-package-manager")),
    }


def test_the_next_run_removes_what_a_killed_one_left(
    engine: Engine, bad_images: Mapping[str, str], until: Any
) -> None:
    argv = [sys.executable, "-c", VALIDATE, bad_images["none"], json.dumps(CONTRACT)]
    with subprocess.Popen(
        argv, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, stdout=subprocess.DEVNULL
    ) as process:
        mark = f"/{process.pid}/"
        until(lambda: any(mark in owner for owner in owned(engine).values()), "a container", 60)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert any(mark in owner for owner in owned(engine).values())
    plan = ContainerPlan(bad_images["none"])
    with created(engine.client, plan) as own, network(engine.client) as own_network:
        assert any(name.startswith("container careen-") for name in sweep(engine.client))
        assert not [name for name, owner in owned(engine).items() if mark in owner]
        # What a run that goes on has stays.
        assert own.inspect()["State"]["Status"] == "created"
        assert engine.client.sdk.api.networks(names=[own_network])
    assert own.name not in owned(engine)


STRUCTURE = """schemaVersion: "2.0.0"
fileExistenceTests:
- {name: a file, path: /etc/passwd, shouldExist: true, permissions: "-rw-r--r--"}
- {name: a program, path: /usr/bin/env, shouldExist: true, isExecutableBy: any}
- {name: a folder, path: /usr/lib, shouldExist: true}
- {name: a link to a folder, path: /lib, shouldExist: true}
- {name: through a link, path: /bin/sh, shouldExist: true}
- {name: other bits, path: /etc/passwd, shouldExist: true, permissions: "-rwxr--r--"}
- {name: not executable, path: /etc/passwd, shouldExist: true, isExecutableBy: any}
- {name: gone, path: /nope/at/all, shouldExist: true}
- {name: absent, path: /nope, shouldExist: false}
- {name: there, path: /etc, shouldExist: false}
metadataTest:
  exposedPorts: ["8000"]
  workdir: /nowhere
"""


@pytest.fixture
def unpacked() -> Iterator[Path]:
    """A folder for thousands of small files: in memory, where there is room."""
    with temporary_folder("validate", for_bytes=500_000_000) as folder:
        yield folder


def test_structure_tests_say_the_same_of_names_as_of_the_whole_image(
    engine: Engine, bad_images: Mapping[str, str], unpacked: Path
) -> None:
    name, endpoint = f"engine:{bad_images['none']}", engine.client.endpoint
    whole = export_image(name, unpacked, endpoint=endpoint, as_archive=True)
    image = open_image(name, endpoint=endpoint)
    names = unpacked / "names.tar"
    with names.open("wb") as sink:
        write_skeleton(merge(image.layers), image.config, bad_images["none"], sink)
    tests = unpacked / "structure.yaml"
    tests.write_text(STRUCTURE)
    assert means_of(STRUCTURE) == "names"

    by_names, by_files = (
        results(run_structure_tests(tests, "tar", str(path), {}, folder=unpacked), "s.yaml")
        for path in (names, whole.path)
    )

    assert [one.status for one in by_files].count("passed") == 6
    assert len(by_files) == 11
    assert names.stat().st_size < whole.path.stat().st_size
    said = [[(one.name, one.status) for one in each] for each in (by_names, by_files)]
    assert said[0] == said[1]


def test_a_command_that_does_not_end_is_an_error_in_time(
    engine: Engine, bad_images: Mapping[str, str]
) -> None:
    with created(engine.client, ContainerPlan(bad_images["none"])) as container:
        container.start()
        assert container.exec(["echo", "there"]) == (0, "there\n")
        assert container.exec(["sh", "-c", "echo no >&2; exit 3"]) == (3, "no\n")
        begun = time.monotonic()
        with pytest.raises(EngineError, match="sleep did not end within 1 s in the container"):
            container.exec(["sleep", "60"], timeout_seconds=1)
        assert time.monotonic() - begun < 5
        assert container.read_file("/etc/hostname")
        assert container.read_file("/etc/absent") is None


def test_an_interrupted_run_leaves_nothing(
    engine: Engine, bad_images: Mapping[str, str], until: Any
) -> None:
    argv = [sys.executable, "-c", VALIDATE, bad_images["none"], json.dumps(CONTRACT)]
    with subprocess.Popen(
        argv,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as process:
        mark = f"/{process.pid}/"
        assert process.stdout is not None
        for line in process.stdout:
            if b"read-only" in line:
                break
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in error
    assert not [name for name, owner in owned(engine).items() if mark in owner]


def bad(verdict: Verdict) -> list[Check]:
    return [one for one in verdict.checks if one.status in {"failed", "unknown"}]


def owned(engine: Engine) -> dict[str, str]:
    """Give the owner's label of each container by its name."""
    found = engine.client.sdk.api.containers(all=True, filters={"label": LABEL_OWNER})
    return {one["Names"][0].lstrip("/"): one["Labels"][LABEL_OWNER] for one in found}
