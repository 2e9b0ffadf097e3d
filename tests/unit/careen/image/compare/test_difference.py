from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from careen import __version__
from careen.image.compare.difference import Difference, Growth, compare, schema

from ..examples import STAND_IN, a_change, a_hostile_change, no_change
from ..trees import document, file, image, layer, merge, text

if TYPE_CHECKING:
    from careen.image.layer import Entry, Layer

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
CHECK = jsonschema.Draft202012Validator(schema())


def as_json(difference: Difference, **options: int) -> Any:
    """Give what another program reads; each test's JSON is what the schema says."""
    data = json.loads(json.dumps(difference.to_json(**options)))
    CHECK.validate(data)
    assert data == difference.to_json(**options)
    return data


def layers_of(*names: str) -> list[Layer]:
    return [layer(file(name), diff_id=f"sha256:{name}") for name in names]


def between(before: list[Layer], after: list[Layer], **options: Any) -> Difference:
    one = image("a", before, instructions=[f"RUN {at}" for at in range(9)])
    two = image("b", after, instructions=[f"RUN {at}" for at in range(9)])
    return compare(one, two, merge(before), merge(after), **options)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_a_change_as_a_whole() -> None:
    data = as_json(a_change(max_growth_bytes=1_000_000))
    assert data["careen"] == __version__
    assert data["before"]["release"] == "Debian GNU/Linux 12 (bookworm)"
    assert data["before"]["stand_ins"] == ["made from Debian packages; recipe b523999e355c"]
    assert data["pull_growth_bytes"] == 1_520_000
    assert data["growth"] == {
        "limit_bytes": 1_000_000,
        "measured_bytes": 1_520_000,
        "status": "failed",
    }
    assert data["update_bytes"] == 8_020_000
    assert data["divergence"] == {
        "index": 2,
        "before": "RUN pip install -r requirements.txt",
        "after": "RUN pip install -r requirements.txt",
    }
    assert [one["shared"] for one in data["layers"]["after"]] == [True, True, False, False]
    assert [
        (one["name"], one["change"], one["before"] and one["before"]["version"])
        for one in data["distributions"]
    ] == [("numpy", "version", "2.1.0"), ("tqdm", "added", None), ("six", "removed", "1.16")]
    assert data["packages"] == []
    files = data["files"]
    grown = sum(one["after_bytes"] - one["before_bytes"] for one in files.values())
    assert grown == data["unpacked_growth_bytes"]
    assert "hunter" not in json.dumps(data)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("difference", a_change(max_growth_bytes=1_000_000)),
        ("difference-hostile", a_hostile_change()),
        ("difference-none", no_change()),
    ],
)
def test_snapshots(name: str, found: Difference) -> None:
    """The reports' tests read them; CAREEN_TEST_WRITE_SNAPSHOTS=1 writes them anew."""
    path = SNAPSHOTS / f"{name}.json"
    data = as_json(found) | {"careen": "the version"}
    if os.environ.get("CAREEN_TEST_WRITE_SNAPSHOTS"):
        path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    assert data == json.loads(path.read_text(encoding="utf-8"))


def test_nothing_changed() -> None:
    data = as_json(no_change())
    assert (data["divergence"], data["pull_growth_bytes"], data["update_bytes"]) == (None, 0, 0)
    assert data["growth"]["status"] == "passed"
    assert data["distributions"] == data["packages"] == data["configuration"] == []
    assert all(one["files_total"] == 0 for one in data["files"].values())


def test_hostile_names_stay_data() -> None:
    data = as_json(a_hostile_change())
    assert "<script>" in data["files"]["removed"]["files"][0]["path"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("abc", "abd", (2, "RUN 2", "RUN 2")),
        ("ab", "abc", (2, None, "RUN 2")),
        ("abc", "ab", (2, "RUN 2", None)),
        ("", "a", (0, None, "RUN 0")),
        ("ab", "ba", (0, "RUN 0", "RUN 0")),
    ],
)
def test_where_they_begin_to_differ(before: str, after: str, expected: tuple[Any, ...]) -> None:
    found = between(layers_of(*before), layers_of(*after))
    as_json(found)
    assert found.divergence is not None
    where = found.divergence
    assert (where.index, where.before, where.after) == expected


def test_only_layers_that_are_not_there_are_fetched_and_each_once() -> None:
    found = between(layers_of("a", "b"), layers_of("b", "a", "c", "c"))
    assert found.update_bytes == 100
    assert [one.shared for one in found.after_layers] == [True, True, False, False]


def test_layers_of_which_nothing_is_known_are_different() -> None:
    unknown = [layer(file("a"))]
    found = between(unknown, unknown)
    assert found.divergence is not None
    assert found.update_bytes == 100


def test_long_lists_are_cut_and_their_sums_are_not() -> None:
    many = [layer(*(file(f"f{number}", number) for number in range(1, 31)))]
    added = as_json(between([], many), limit=3)["files"]["added"]
    assert (added["files_total"], added["after_bytes"], added["before_bytes"]) == (30, 465, 0)
    assert [one["path"] for one in added["files"]] == ["f30", "f29", "f28"]


@pytest.mark.parametrize(
    ("limit", "status"), [(-1, "failed"), (0, "passed"), (1, "passed"), (None, "passed")]
)
def test_growth(limit: int | None, status: str) -> None:
    found = between(layers_of("a"), layers_of("b"), max_growth_bytes=limit)
    assert found.passed == (status == "passed")
    assert (found.growth is None) == (limit is None)
    assert Growth(5, -3).status == "passed"


def test_packages_of_unknown_bytes_stay_unknown() -> None:
    folder = "var/lib/dpkg/status.d"
    known: list[Entry | tuple[Entry, bytes]] = [
        document("distroless/zlib1g", f"{folder}/zlib1g"),
        document("distroless/zlib1g.md5sums", f"{folder}/zlib1g.md5sums"),
        file("lib/x86_64-linux-gnu/libz.so.1.2.13", 70),
    ]
    unknown = [known[0], document("distroless/libyaml-0-2", f"{folder}/libyaml-0-2")]
    data = as_json(between([layer(*known)], [layer(*unknown)]))
    found = {one["name"]: one for one in data["packages"]}
    assert found["libyaml-0-2"]["after"] == {"version": "0.2.5-1", "bytes": None, "files": None}
    assert found["zlib1g"]["change"] == "size"
    assert found["zlib1g"]["before"]["bytes"] == 70
    assert found["zlib1g"]["after"]["bytes"] is None


def test_a_distribution_in_two_environments_is_compared_with_its_own() -> None:
    def installed(folder: str, version: str) -> Any:
        return text(f"{folder}/a-{version}.dist-info/RECORD", "a.py\n")

    before = [layer(installed("one", "1"), installed("two", "1"))]
    after = [layer(installed("two", "2"), installed("three", "1"), installed("four", "3"))]
    found = between(before, after).distributions
    assert sorted(
        (one.change, one.before and one.before.version, one.after and one.after.version)
        for one in found
    ) == [("added", None, "1"), ("version", "1", "2"), ("version", "1", "3")]


def test_a_name_is_compared_as_pep_503_says() -> None:
    before = [layer(text("s/Foo.Bar-1.dist-info/RECORD", "x"))]
    after = [layer(text("s/foo_bar-2.dist-info/RECORD", "x"))]
    (found,) = between(before, after).distributions
    assert (found.name, found.change) == ("foo_bar", "version")


def test_stand_ins() -> None:
    assert image("a", []).stand_in_notes == ()
    assert image("a", [], labels={"io.careen.stand-in": "true"}).stand_in_notes == ()
    texts = image("a", [], labels=STAND_IN).stand_in_notes
    assert texts == ("made from Debian packages; recipe b523999e355c",)
