from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.build.failure import Failure, find_failure
from careen.build.trace import read_trace

DATA = Path(__file__).parents[3] / "data" / "rawjson"

COLLECTED = "snapshot sha256:2b3e7502 does not exist: not found"


def failure_of(name: str, *targets: str) -> Failure:
    found = find_failure(read_trace((DATA / f"{name}.json").read_bytes(), targets))
    assert found is not None
    return found


def vertex(name: str, error: str = "", *, started: bool = True) -> bytes:
    time = {"started": "2026-11-24T00:00:01Z"} if started else {}
    return json.dumps(
        {"vertexes": [{"digest": name, "name": name, "error": error, **time}]}
    ).encode()


@pytest.mark.parametrize(
    ("name", "kind", "step", "dockerfile", "line"),
    [
        ("failing-run", "step", "[builder 3/4] RUN", "failing.Dockerfile", 5),
        ("missing-copy-source", "step", "[2/3] COPY", "missing.Dockerfile", 3),
        ("parse-error", "dockerfile", "", "syntax.Dockerfile", 5),
        ("empty-dockerfile", "dockerfile", "", "empty.Dockerfile", None),
        ("absent-dockerfile", "dockerfile", "", "absent.Dockerfile", None),
        ("missing-base", "base", "[internal] load metadata", "nobase.Dockerfile", 1),
        ("missing-copy-from", "base", "[internal] load metadata", "nostage.Dockerfile", 2),
        ("missing-frontend", "base", "resolve image config", "frontend.Dockerfile", 1),
        ("disk-full-run", "disk-full", "[3/3] RUN", "full.Dockerfile", 3),
        ("disk-full-copy", "disk-full", "[3/3] COPY", "fullcopy.Dockerfile", 3),
        ("disk-full-metadata", "disk-full", "[internal] load build def", "", None),
        ("engine-killed", "engine-gone", "[3/3] RUN", "", None),
        ("engine-stopped", "engine-gone", "[3/3] RUN", "", None),
        ("engine-absent", "engine-gone", "", "", None),
        ("unknown-target", "other", "", "", None),
        ("interrupted", "other", "", "", None),
    ],
)
def test_every_captured_failure(
    name: str, kind: str, step: str, dockerfile: str, line: int | None
) -> None:
    found = failure_of(name, "slim")
    assert (found.kind, found.dockerfile, found.line) == (kind, dockerfile, line)
    assert found.step.startswith(step)
    assert bool(found.step) == bool(step)
    assert found.message
    assert not found.message.startswith(("ERROR", "failed to solve"))
    if step or dockerfile:
        assert found.target == "slim"


@pytest.mark.parametrize(
    "name", ["single-cold", "multi-cold", "cache-export", "warnings", "contexts"]
)
def test_no_failure(name: str) -> None:
    assert find_failure(read_trace((DATA / f"{name}.json").read_bytes())) is None


def test_one_of_several_targets() -> None:
    found = failure_of("multi-failing-run", "slim", "failing")
    assert found == Failure(
        target="failing",
        step=found.step,
        dockerfile="failing.Dockerfile",
        line=5,
        log_tail=(
            "collecting fastapi",
            "ERROR: No matching distribution found for fastapi==99",
        ),
        message=found.message,
        kind="step",
    )
    assert found.step.startswith("[builder 3/4] RUN echo collecting fastapi")
    assert found.message.endswith("did not complete successfully: exit code: 3")


def test_the_message_says_where_the_target_of_a_wrong_dockerfile_is_unknown() -> None:
    both = b"".join(
        vertex(f"[{target} internal] load build definition from one.Dockerfile") + b"\n"
        for target in ("slim", "ml")
    )
    text = b"one.Dockerfile:2\n----\n   2 | >>> RUM x\n----\nERROR: dockerfile parse error\n"
    found = find_failure(read_trace(both + text))
    assert found is not None
    assert (found.target, found.dockerfile, found.line) == ("", "one.Dockerfile", 2)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ('process "/bin/sh -c echo no space left on device" did not complete: 1', "step"),
        ("failed to push: connect: connection refused", "other"),
        (f'failed to prepare extraction snapshot "extract-7": parent {COLLECTED}', "collected"),
        ("rpc error: code = Unavailable desc = error reading from server: EOF", "engine-gone"),
        ("write /var/lib: no space left on device", "disk-full"),
    ],
)
def test_what_a_program_or_a_registry_says_is_not_the_engine(error: str, kind: str) -> None:
    name = "[1/2] RUN a" if "process" in error else "exporting to image"
    error = error.replace("complete:", "complete successfully:")
    found = find_failure(
        read_trace(vertex(name, error) + b"\nERROR: failed to solve: " + error.encode())
    )
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("dial unix docker.sock: connect: connection refused", "engine-gone"),
        ("closed network connection", "engine-gone"),
        ('target stage "slmi" could not be found', "dockerfile"),
        ("base name (${X}) should not be blank", "dockerfile"),
        ("pull access denied, repository does not exist", "base"),
        ("something new", "other"),
    ],
)
def test_failures_without_a_step(message: str, kind: str) -> None:
    found = find_failure(read_trace(b"ERROR: failed to solve: " + message.encode()))
    assert found is not None
    assert (found.kind, found.message, found.step) == (kind, message, "")


def test_text_from_elsewhere_and_several_lines() -> None:
    found = find_failure(read_trace(b""), "ERROR: first\nERROR: second\nLearn more at a page\n")
    assert found is not None
    assert found.message == "second\nLearn more at a page"


def test_a_step_without_a_last_word_of_buildx() -> None:
    found = find_failure(
        read_trace(vertex("[1/2] RUN a", 'process "a" did not complete successfully'))
    )
    assert found is not None
    assert (found.kind, found.step) == ("step", "[1/2] RUN a")


@given(st.text())
def test_any_text_gives_a_failure_or_none(text: str) -> None:
    found = find_failure(read_trace(b""), text)
    assert found is None or found.message
    assert find_failure(read_trace(b""), f"ERROR: x{text}") is not None
