"""The benchmark on a tiny project: what it measures, how it continues, what it leaves alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema

from careen.bench.results import schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Project

    Make = Callable[..., Project]
    Until = Callable[..., None]

# Its build fails where its cache mount is filled already: it can be built once, then by the
# benchmark alone, whose mounts are its own. TOKEN stands in the command too: a mount's id is no
# part of what BuildKit knows a step by.
MOUNTED = """\
FROM debian:13-slim
RUN --mount=type=cache,id=TOKEN,target=/cache test ! -e /cache/filled && echo TOKEN > /cache/filled
COPY app.py /app.py
"""
PLAIN = "FROM debian:13-slim\nRUN echo TOKEN > /made\nCOPY app.py /app.py\n"
PROBE = (
    "FROM debian:13-slim\nRUN --mount=type=cache,id=TOKEN,target=/cache grep TOKEN /cache/filled\n"
)
MORE = '[tool.careen.benchmark]\nchange-file = "app.py"\nbaseline = "mounted"'


def test_a_run_measures_continues_and_leaves_other_caches_alone(
    project: Make, until: Until
) -> None:
    own = project({"mounted": MOUNTED, "plain": PLAIN, "probe": PROBE}, MORE)
    records = own.folder / "build/benchmark/records"
    assert own.run("build", "mounted").returncode == 0

    words = ("benchmark", "mounted", "plain", "--rounds", "2", "--seed", "7")
    with own.started(*words) as process:
        until(lambda: list(records.glob("r*.json")), "a record", 120)
        process.kill()  # no time to tidy up
    first = {path.name: path.read_bytes() for path in records.glob("r*.json")}
    assert len(first) < 4, "it was not cut off: there is nothing to continue"

    done = own.run("benchmark", "mounted", "plain", "--rounds", "2", "--json")
    assert done.returncode == 0, done.stderr
    for name, content in first.items():
        assert (records / name).read_bytes() == content, "measured again"
    _look_at_results(json.loads(done.stdout), own)
    for path in records.glob("r*.json"):
        _look_at_record(json.loads(path.read_text()))

    probe = own.run("build", "probe")
    assert probe.returncode == 0, f"the benchmark emptied a cache mount\n{probe.stderr}"


def _look_at_results(results: dict[str, Any], own: Project) -> None:
    jsonschema.validate(results, schema())
    assert results == json.loads((own.folder / "build/benchmark/results.json").read_text())
    assert results["seed"] == 7
    assert results["rounds"] == 2
    assert set(results["variants"]) == {"mounted", "plain"}
    for variant in results["variants"].values():
        assert variant["status"] == "measured", variant
        assert {name: len(values) for name, values in variant["seconds"].items()} == {
            "cold": 2,
            "code-change": 2,
            "no-op": 2,
        }
        # Of the bytes of an image with one tiny file on top nearly all are kept.
        assert 0.99 < variant["cache_efficiency"]["bytes"] < 1
    assert (own.folder / "build/benchmark/tables.md").read_text().count("mounted")


def _look_at_record(record: dict[str, Any]) -> None:
    assert record["status"] == "measured", record["reason"]
    steps = record["steps"]
    assert steps["cold"]["cached"] == 0
    assert steps["code-change"]["total"] - steps["code-change"]["cached"] == 1
    assert steps["no-op"]["cached"] == steps["no-op"]["total"]
