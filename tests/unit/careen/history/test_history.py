"""What a report says of images, and what two of them say of each other."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.careen.image.examples import STAND_IN, numpy, small
from tests.unit.careen.image.trees import debian, file, image, layer

from careen.errors import UsageError
from careen.history.collect import collect, parse_report
from careen.history.compare import compare
from careen.report.history import history_markdown, render_history, render_report

NOW = "2026-11-25T12:00:00+00:00"
MB = 1_000_000


def built(version: str, size: int, extra: int = 0, **options: Any) -> dict[str, Any]:
    layers = [
        debian(),
        layer(*numpy(version, size), *small("six", "1.16", 34_000), diff_id=f"sha256:{version}"),
    ]
    instructions = ["FROM debian", "RUN pip install"]
    if extra:
        layers.append(layer(file("srv/big", extra, 7), diff_id="sha256:big"))
        instructions.append("COPY big /srv/")
    made = image(
        "app:slim", layers, pull=[9 * MB, size // 2, extra], instructions=instructions, **options
    )
    return collect({"slim": "app:slim"}, Path("/nowhere"), lambda _: made, NOW)


def compared(before: dict[str, Any], after: dict[str, Any], limit: int | None = None) -> Any:
    return compare(before, after, against="main", max_growth_bytes=limit)


def test_a_report_holds_what_an_image_weighs_and_survives_its_file() -> None:
    found = built("2.1.0", 18 * MB)
    one = found["variants"]["slim"]
    assert one["pull_bytes"] == 18 * MB + 50
    assert {row["name"] for row in one["distributions"]} == {"numpy", "six"}
    assert [row["instruction"] for row in one["layers"]] == ["FROM debian", "RUN pip install"]
    assert one["build"] is None
    assert parse_report(json.dumps(found).encode(), "x") == found
    assert "slim" in render_report(found)


def test_the_same_is_no_change() -> None:
    found = built("2.1.0", 18 * MB)
    same = compared(found, copy.deepcopy(found), 0)
    one = same["variants"]["slim"]
    assert same["outcome"] == "passed"
    assert set(one["growth"].values()) == {0}
    assert one["distributions"] == one["packages"] == one["layers"] == []


def test_what_grew_is_named_with_its_cause() -> None:
    found = compared(built("2.1.0", 18 * MB), built("2.2.0", 20 * MB, extra=3 * MB), 3 * MB)
    one = found["variants"]["slim"]
    assert found["outcome"] == one["status"] == "failed"
    assert one["growth"] == {"pull_bytes": 4 * MB, "unpacked_bytes": 5 * MB}
    [numpy_row] = one["distributions"]
    assert numpy_row["name"] == "numpy"
    assert (numpy_row["before"], numpy_row["after"]) == ("2.1.0", "2.2.0")
    assert numpy_row["growth_bytes"] == 2 * MB
    assert [(row["change"], row["instruction"]) for row in one["layers"]] == [
        ("changed", "RUN pip install"),
        ("added", "COPY big /srv/"),
    ]
    shown = render_history(found)
    assert "distribution numpy 2.1.0 -> 2.2.0: changed, +2.0 MB" in shown
    assert "layer added, +3.0 MB to pull: COPY big /srv/" in shown
    assert "FAILED: slim grew by more than 3.0 MB to pull" in shown
    assert "| `slim`" in history_markdown(found)


@pytest.mark.parametrize(("limit", "outcome"), [(4 * MB, "passed"), (4 * MB - 1, "failed")])
def test_the_budget_is_met_to_the_byte(limit: int, outcome: str) -> None:
    found = compared(built("2.1.0", 18 * MB), built("2.2.0", 20 * MB, extra=3 * MB), limit)
    assert found["outcome"] == outcome


def test_shrinking_and_growing_are_each_others_opposite() -> None:
    small_one, large = built("2.1.0", 18 * MB), built("2.2.0", 20 * MB, extra=3 * MB)
    there, back = compared(small_one, large), compared(large, small_one)
    for key, growth in there["variants"]["slim"]["growth"].items():
        assert back["variants"]["slim"]["growth"][key] == -growth
    assert back["variants"]["slim"]["layers"][-1]["change"] == "removed"


def test_a_stand_in_is_not_compared_with_a_published_base() -> None:
    found = compared(built("2.1.0", 18 * MB), built("2.1.0", 18 * MB, labels=STAND_IN), 0)
    assert found["outcome"] == "unknown"
    assert "stood on a published base and stands on a stand-in" in render_history(found)
    assert "UNKNOWN" in history_markdown(found)


def test_a_variant_on_one_side_is_said_and_not_judged() -> None:
    one = built("2.1.0", 18 * MB)
    other = {**one, "variants": {"new": one["variants"]["slim"]}}
    found = compared(one, other, 0)
    assert found["outcome"] == "passed"
    assert {name: row["status"] for name, row in found["variants"].items()} == {
        "new": "skipped",
        "slim": "skipped",
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"schema_version": 2, "variants": {}}',
        b'{"schema_version": 1, "variants": []}',
        b'{"schema_version": 1, "variants": {"slim": {}}}',
        b'{"schema_version": 1, "variants": {"slim": 3}}',
        b"\xff",
    ],
)
def test_a_file_that_is_no_report_is_told(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"old\.json is no report of careen"):
        parse_report(data, "old.json")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("pull_bytes", "12"),
        ("distributions", [{"name": "a", "version": "1", "bytes": "x"}]),
        ("packages", [{"name": 1, "version": "1", "bytes": 1}]),
        ("layers", [{"instruction": "", "diff_id": ""}]),
    ],
)
def test_a_report_with_a_wrong_value_is_told(part: str, value: object) -> None:
    found = built("2.1.0", 18 * MB)
    found["variants"]["slim"][part] = value
    with pytest.raises(UsageError, match="no report"):
        parse_report(json.dumps(found).encode(), "old.json")


def with_scan(found: dict[str, Any], outcome: str, *ids: str) -> dict[str, Any]:
    rows = [{"id": x, "package": "openssl", "version": "3", "severity": "HIGH"} for x in ids]
    scan = {"outcome": outcome, "scanned": NOW, "secrets": 0, "findings": rows}
    made = copy.deepcopy(found)
    made["variants"]["slim"]["scan"] = scan
    return made


def test_findings_that_came_and_went_are_told() -> None:
    same = built("2.1.0", 18 * MB)
    before, after = with_scan(same, "failed", "CVE-1"), with_scan(same, "failed", "CVE-2", "CVE-3")
    assert parse_report(json.dumps(after).encode(), "x") == after
    assert "2 (2 HIGH)" in render_report(after)
    found = compared(before, after)
    one = found["variants"]["slim"]["findings"]
    assert (one["before"], one["after"]) == (1, 2)
    assert [row["id"] for row in one["added"]] == ["CVE-2", "CVE-3"]
    shown = render_history(found)
    assert "+2 -1" in shown
    assert "finding gone: HIGH CVE-1 in openssl 3" in shown
    assert "finding added: HIGH CVE-3" in history_markdown(found)


def test_what_was_not_scanned_is_not_shown_as_clean() -> None:
    same = built("2.1.0", 18 * MB)
    assert "not scanned" in render_report(same)
    assert "not compared" in render_history(compared(same, with_scan(same, "passed")))
    unknown = with_scan(same, "unknown")
    assert "0, and unknown" in render_report(unknown)
    assert "+0 -0, and unknown" in render_history(compared(unknown, unknown))


def test_a_scan_of_another_image_says_nothing_of_this_one() -> None:
    record = {
        "diff_ids": ["sha256:other"],
        "outcome": "passed",
        "scanned": NOW,
        "secrets": 0,
        "findings": [],
    }
    made = image("app:slim", [debian()])
    own = record | {"diff_ids": [facts.diff_id for facts in made.facts]}
    for scan, known in ((record, False), (own, True)):
        found = collect({"slim": "x"}, Path("/n"), lambda _: made, NOW, {"slim": scan}.get)
        assert (found["variants"]["slim"]["scan"] is not None) == known
