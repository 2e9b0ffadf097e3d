from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.build.efficiency import time_efficiency
from careen.build.log_tail import LOG_TAIL_LINES
from careen.build.trace import (
    Noise,
    Step,
    Trace,
    TraceReader,
    for_target,
    read_trace,
)

DATA = Path(__file__).parents[3] / "data" / "rawjson"
CAPTURES = sorted(path.stem for path in DATA.glob("*.json"))


def captured(name: str, *targets: str) -> Trace:
    return read_trace((DATA / f"{name}.json").read_bytes(), targets)


def named(trace: Trace, name: str, target: str = "") -> Step:
    [step] = [s for s in trace.steps if s.name.startswith(name) and s.target == target]
    return step


def vertex(
    name: str,
    *times: int | None,
    digest: str = "sha256:1",
    cached: bool = False,
    error: str = "",
) -> dict[str, object]:
    shown = [None if time is None else f"2026-11-24T00:00:{time:02}.5Z" for time in times]
    keys = ("started", "completed")
    fields = {key: time for key, time in zip(keys, shown, strict=False) if time}
    return {"digest": digest, "name": name, "cached": cached, "error": error, **fields}


def message(*vertexes: dict[str, object], **others: object) -> bytes:
    return json.dumps({"vertexes": list(vertexes), **others}, indent=2).encode() + b"\n"


def log(*parts: bytes, stream: int = 1) -> bytes:
    logs = [
        {"vertex": "sha256:1", "stream": stream, "data": base64.b64encode(part).decode()}
        for part in parts
    ]
    return message(logs=logs)


def test_a_cold_build() -> None:
    trace = captured("single-cold", "slim")
    assert not trace.failed
    assert trace.noise == ""
    steps = [step for step in trace.steps if step.kind == "dockerfile"]
    assert sorted((step.stage, step.index, step.total) for step in steps) == [
        ("builder", 1, 4),
        ("builder", 2, 4),
        ("builder", 3, 4),
        ("runtime", 1, 6),
        ("runtime", 2, 6),
        ("runtime", 3, 6),
        ("runtime", 4, 6),
        ("runtime", 5, 6),
    ]
    assert {step.target for step in trace.steps} == {"slim"}
    assert {step.state for step in trace.steps} == {"done"}
    install = named(trace, "[builder 3/4] RUN", "slim")
    assert 0.6 < install.seconds < 2
    assert install.log_tail == ("collecting fastapi",)
    assert install.instruction.startswith("RUN --mount=type=cache")
    last = named(trace, "[runtime 5/6] RUN", "slim")
    # BuildKit reads the two outputs apart from each other.
    assert set(last.log_tail) == {'print("one")', "warning: old"}
    assert last.started is not None
    assert install.started is not None
    assert last.started > install.started + install.seconds


def test_steps_overlap_and_the_whole_is_less_than_their_sum() -> None:
    trace = captured("single-cold", "slim")
    steps = [step for step in trace.steps if step.kind == "dockerfile"]
    span = max(step.ended or 0 for step in steps) - min(step.started or 0 for step in steps)
    assert span < sum(step.seconds for step in steps)
    assert trace.seconds > span


def test_everything_but_instructions_is_kept_apart() -> None:
    trace = captured("cache-import")
    kinds = {step.name.split("@")[0]: step.kind for step in trace.steps}
    assert kinds == {
        "[internal] load local bake definitions": "internal",
        "[internal] load build definition from plain.Dockerfile": "internal",
        "[internal] load metadata for docker.io/careen-trace/base:1": "base",
        "[internal] load .dockerignore": "internal",
        "[builder 1/2] FROM docker.io/careen-trace/base:1": "base",
        "[builder 2/2] RUN --network=none sleep 1; echo a > /a": "dockerfile",
        "[stage-1 2/2] COPY --from=builder /a /a": "dockerfile",
        "importing cache manifest from local:18291026533603435180": "internal",
        "exporting to image": "export",
        "exporting cache to client directory": "export",
    }


def test_contexts() -> None:
    trace = captured("contexts")
    contexts = {s.name: s.transferred_bytes for s in trace.steps if s.kind == "context"}
    assert contexts == {
        "[internal] load build context": 56,
        "[context extra] load from client": 56,
    }
    assert trace.context_bytes == 112
    # BuildKit keeps what it was sent: only what changed since is sent again.
    assert captured("multi-code-change").context_bytes > 3_000_000
    assert captured("single-cold").context_bytes < 1000


def test_a_context_in_a_base_place_is_a_base() -> None:
    trace = captured("single-cold")
    assert {step.name for step in trace.steps if step.kind == "base"} == {
        "[context python:3.13-slim-trixie] load metadata for careen-trace/base:1",
        "[context python:3.13-slim-trixie] careen-trace/base:1",
    }


def test_several_targets() -> None:
    trace = captured("multi-cold")
    assert {step.target for step in trace.steps} == {"", "slim", "lean"}
    assert captured("multi-cold", "slim", "lean") == trace
    shared = "[builder 3/4] RUN"
    slim = for_target(trace, "slim")
    assert {step.target for step in slim.steps} == {"slim"}
    assert 0.6 < named(slim, shared, "slim").seconds < 2
    assert slim.seconds <= trace.seconds
    assert slim.context_bytes + for_target(trace, "lean").context_bytes == trace.context_bytes


def test_a_step_that_two_targets_share_is_one_step_of_each() -> None:
    lean = for_target(captured("multi-cold"), "lean")
    [install] = [step for step in lean.steps if step.index == 3 and step.stage == "builder"]
    # BuildKit reports it as "builder 3/4", which ran, and as "builder 3/5", cached.
    assert install.seconds > 0.6
    assert not install.cached
    assert install.log_tail == ("collecting fastapi",)


def test_a_target_that_does_not_exist_has_nothing() -> None:
    assert for_target(captured("multi-cold"), "alpine").steps == ()
    assert for_target(captured("multi-cold"), "alpine").seconds == 0


def test_a_fully_cached_build() -> None:
    trace = captured("single-cached")
    assert {step.cached for step in trace.steps if step.kind == "dockerfile"} == {True}
    assert time_efficiency(captured("single-cold"), trace) == 1


def test_time_efficiency_after_a_code_change() -> None:
    cold, warm = captured("single-cold"), captured("single-code-change")
    share = time_efficiency(cold, warm)
    assert share is not None
    lost = named(cold, "[runtime 4/6]").seconds + named(cold, "[runtime 5/6]").seconds
    total = sum(step.seconds for step in cold.steps if step.kind == "dockerfile")
    assert share == pytest.approx(1 - lost / total)
    assert 0.5 < share < 0.95


@pytest.mark.parametrize("target", ["slim", "lean"])
def test_time_efficiency_of_one_of_several_targets(target: str) -> None:
    cold, warm = captured("multi-cold"), captured("multi-code-change")
    share = time_efficiency(for_target(cold, target), for_target(warm, target))
    assert share is not None
    assert 0.5 < share <= 1
    cached = captured("multi-cached")
    assert time_efficiency(for_target(cold, target), for_target(cached, target)) == 1


def test_no_efficiency_of_failed_or_empty_builds() -> None:
    cold, failed = captured("single-cold"), captured("failing-run")
    assert time_efficiency(cold, failed) is None
    assert time_efficiency(failed, cold) is None
    assert time_efficiency(read_trace(b""), cold) is None


def test_efficiency_of_steps_that_were_not_needed_gone_or_named_after_another_stage() -> None:
    cold = read_trace(
        message(
            vertex("[deps 1/4] RUN a", 0, 10, digest="a"),
            vertex("[app 2/3] RUN b", 10, 14, digest="b"),
            vertex("[app 3/3] RUN c", 14, 16, digest="c"),
            vertex("[app 3/3] RUN d", 16, 20, digest="d"),
        )
    )
    warm = read_trace(
        message(
            vertex("[base 1/3] RUN a", 0, 0, digest="a", cached=True),
            vertex("[app 2/3] RUN b", digest="b"),
            vertex("[app 3/3] RUN c", 0, 2, digest="c"),
        )
    )
    assert time_efficiency(cold, warm) == 14 / 20


def test_the_union_of_several_runs() -> None:
    trace = read_trace(
        message(vertex("[1/2] RUN a", 0))
        + message(vertex("[1/2] RUN a", 0, 2))
        + message(vertex("[1/2] RUN a", 1, 3), vertex("[1/2] RUN a", 5, 6))
    )
    [step] = trace.steps
    assert (step.started, step.seconds, step.ended) == (0, 4, 6)
    assert trace.seconds == 6


def test_a_step_that_never_ended_ran_until_the_last_sign_of_life() -> None:
    trace = captured("engine-killed")
    [step] = [step for step in trace.steps if step.state == "running"]
    assert 2 < step.seconds < 3
    assert step.log_tail[-1] == "line 26"
    assert trace.errors == ("failed to solve: Unavailable: error reading from server: EOF",)
    assert trace.failed


def test_a_step_that_was_stopped_has_no_error() -> None:
    trace = captured("multi-failing-run")
    assert [(step.target, step.stage, step.index) for step in trace.steps if step.error] == [
        ("failing", "builder", 3)
    ]
    assert not any(step.error for step in captured("interrupted").steps)


def test_platforms_and_padded_numbers() -> None:
    steps = read_trace(
        message(
            vertex("[linux/arm64 builder  2/10] RUN a", digest="a"),
            vertex("[linux/amd64->arm64 3/3] COPY b /b", digest="b"),
            vertex("[ 1/12] FROM docker.io/library/python:3.13", digest="c"),
        )
    ).steps
    assert [(s.platform, s.stage, s.index, s.total, s.kind) for s in steps] == [
        ("linux/arm64", "builder", 2, 10, "dockerfile"),
        ("linux/amd64->arm64", "", 3, 3, "dockerfile"),
        ("", "", 1, 12, "base"),
    ]
    assert {s.platform for s in captured("multi-platform").steps} == {"", "linux/amd64"}


def test_warnings() -> None:
    assert captured("warnings").warnings == (
        "warnings.Dockerfile:4: Empty continuation line found in: RUN echo a &&     echo b",
    )
    [warning] = captured("cache-export").warnings
    assert warning.startswith("local cache import at /srv/cache not found")
    short = base64.b64encode(b"an old syntax").decode()
    assert read_trace(message(warnings=[{"vertex": "a", "short": short}])).warnings == (
        "an old syntax",
    )


def test_noise_is_kept() -> None:
    trace = captured("failing-run")
    assert trace.noise.startswith("failing.Dockerfile:5\n--------------------\n   4 |     \n")
    assert trace.noise.endswith("exit code: 3")
    assert len(trace.errors) == 1


def test_the_log_tail_is_short_and_as_a_terminal_shows_it() -> None:
    lines = [b"%d\n" % number for number in range(100)]
    trace = read_trace(
        message(vertex("[1/1] RUN a", 0, 1))
        + log(*lines)
        + log(b"10 %\r50 %\r100 %\r\n\x1b[31mred", b"dish\x1b[0m\nhalf a li")
    )
    tail = trace.steps[0].log_tail
    assert len(tail) == LOG_TAIL_LINES
    assert tail[-4:] == ("99", "100 %", "reddish", "half a li")


def test_the_two_outputs_do_not_mix_within_a_line() -> None:
    trace = read_trace(
        message(vertex("[1/1] RUN a", 0, 1)) + log(b"out") + log(b"err\n", stream=2) + log(b"put\n")
    )
    assert trace.steps[0].log_tail == ("err", "output")


def test_events_tell_what_changed() -> None:
    reader = TraceReader(["slim"])
    [first] = reader.feed(message(vertex("[1/2] RUN a", 0)))
    assert isinstance(first, Step)
    assert (first.state, first.target) == ("running", "slim")
    [more] = reader.feed(log(b"hello\n"))
    assert isinstance(more, Step)
    assert more.log_tail == ("hello",)
    sent = {"vertex": "sha256:1", "id": "x", "name": "transferring", "current": 5}
    assert [e for e in reader.feed(message(statuses=[sent])) if isinstance(e, Step)]
    events = reader.feed(b"WARNING: x\n" + message(vertex("[1/2] RUN a", 0, 1)))
    assert [type(event) for event in events] == [Step, Noise]
    failed = reader.feed(message(vertex("[1/2] RUN a", 0, 1, error="exit code: 1")))
    assert [event.state for event in failed if isinstance(event, Step)] == ["failed"]
    assert reader.feed(b"ERROR: x") == []
    assert reader.end() == [Noise("ERROR: x")]
    assert reader.end() == []


def test_one_object_a_line_as_newer_buildx_writes_it() -> None:
    text = (DATA / "multi-cold.json").read_text()
    decoder, lines = json.JSONDecoder(), []
    while text.strip():
        value, end = decoder.raw_decode(text)
        lines.append(json.dumps(value))
        text = text[end:].lstrip()
    assert read_trace("\n".join(lines).encode()) == captured("multi-cold")


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("name", ["multi-failing-run", "warnings"])
def test_chunks_may_end_anywhere(name: str, size: int) -> None:
    data = (DATA / f"{name}.json").read_bytes()
    reader = TraceReader()
    events = [
        event for at in range(0, len(data), size) for event in reader.feed(data[at : at + size])
    ]
    events += reader.end()
    assert reader.trace() == captured(name)
    last = {event.key: event for event in events if isinstance(event, Step)}
    assert {step.key for step in reader.trace().steps} == set(last)


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_cut_off_anywhere(name: str) -> None:
    data = (DATA / f"{name}.json").read_bytes()
    for end in range(0, len(data), 997):
        trace = read_trace(data[:end])
        assert all(step.seconds >= 0 for step in trace.steps)


def test_an_object_that_was_cut_off_becomes_noise() -> None:
    whole = message(vertex("[1/1] RUN a", 0, 1))
    trace = read_trace(whole + b'{\n  "vertexes": [\nERROR: killed\n' + b"{\n" + whole)
    assert trace.noise == '{\n  "vertexes": [\nERROR: killed\n{'
    assert trace.errors == ("killed",)
    assert len(trace.steps) == 1


@pytest.mark.parametrize(
    "text", ['{"other": 1}', "{}", "{no json", '{"vertexes": 5}', "[1]", "}", '{"logs": [{}]}']
)
def test_other_json_is_noise(text: str) -> None:
    assert read_trace(text.encode()).noise == text


@given(st.binary())
def test_nothing_crashes(data: bytes) -> None:
    trace = read_trace(data)
    assert trace.steps == ()


@given(st.lists(st.sampled_from([b"{\n", b"}\n", b'  "logs": [', b"]\n", b"x\n", b'{"a": 1}\n'])))
def test_no_broken_object_crashes(parts: list[bytes]) -> None:
    data = b"".join(parts)
    reader = TraceReader()
    noise = [event for event in reader.feed(data) + reader.end() if isinstance(event, Noise)]
    assert "\n".join(event.text for event in noise) == reader.trace().noise


def test_a_step_whose_blobs_are_fetched_from_an_imported_cache_is_cached() -> None:
    vertex = {
        "digest": "sha256:d",
        "name": "[2/3] RUN make",
        "started": "2026-01-01T00:00:00Z",
        "completed": "2026-01-01T00:00:01Z",
    }
    fetched = {"id": "extracting sha256:ab", "vertex": "sha256:d", "name": "extract"}
    ran = read_trace(json.dumps({"vertexes": [vertex]}).encode() + b"\n")
    imported = read_trace(
        json.dumps({"vertexes": [vertex], "statuses": [fetched]}).encode() + b"\n"
    )
    assert [step.cached for step in (*ran.steps, *imported.steps)] == [False, True]
