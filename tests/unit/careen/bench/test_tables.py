"""The snapshots are whole outputs; CAREEN_TEST_WRITE_SNAPSHOTS=1 writes them anew, to be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from careen.bench import footnotes, results, tables
from careen.bench.record import CacheEfficiency, Record, Sizes
from careen.report.terminal import render_table

from .examples import HOST, absent, make_run, measured, times, whole_run

SNAPSHOTS = Path(__file__).parent / "snapshots"


def summarise(rounds: int, records: list[Record], *variants: str) -> dict[str, Any]:
    return results.summarise(make_run(rounds, variants), records, baseline="current")


def on_terminal(found: dict[str, Any], width: int = 100) -> str:
    parts = []
    for table in tables.tables(found):
        text = render_table(
            table.headers, table.rows, table.footnotes, table.title, width=width, colour=False
        )
        parts += [text, *(f"{line}\n" for line in table.chart), "\n"]
    return "".join(parts)


def expect(name: str, text: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("CAREEN_TEST_WRITE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("rounds", [1, 3, 7])
def test_a_whole_run(rounds: int) -> None:
    found = summarise(rounds, whole_run(rounds))
    expect(f"whole-run-{rounds}.md", tables.markdown(found))
    expect(f"whole-run-{rounds}.txt", on_terminal(found))


def test_a_run_with_every_trouble() -> None:
    found = summarise(
        2,
        [
            absent("current", 1, "no registry"),
            absent("current", 2, "no registry"),
            measured(
                "slim",
                1,
                sizes=Sizes(100_000_000, None),
                seconds={"cold": 60.0},
                cache_efficiency=CacheEfficiency(),
                stand_ins=(),
                unknown={"unpacked_bytes": "the archive | was *cut* off\n\x1b[31mat byte 7"},
            ),
            measured("slim", 2, host={"cores": 64}),
        ],
        "current",
        "slim",
        "alpine",
    )
    expect("trouble.md", tables.markdown(found))
    expect("trouble.txt", on_terminal(found))


@pytest.mark.parametrize("rounds", [1, 3, 7])
def test_every_line_fits_the_terminal(rounds: int) -> None:
    text = on_terminal(summarise(rounds, whole_run(rounds)))
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("rounds", [1, 3])
def test_a_stand_ins_result_never_stands_under_the_plain_name(rounds: int) -> None:
    found = summarise(rounds, whole_run(rounds))
    made = {name for name, entry in found["variants"].items() if entry["stand_ins"]}
    assert made == {"current", "guide", "slim", "slim-ml", "distroless"}
    for table in tables.tables(found):
        for row, name in zip(table.rows, found["variants"], strict=True):
            assert row[0] == (f"{name} †" if name in made else name)
        for line in table.chart[1:]:
            assert line.split()[1] == "†"
        assert any(
            "† stand-in: made from Debian packages because the registry could not be "
            "reached; not the published image; recipe" in note
            for note in table.footnotes
        )


def test_published_bases_have_no_dagger() -> None:
    found = summarise(
        1, [measured("current", stand_ins=()), measured("slim", stand_ins=())], "current", "slim"
    )
    assert "†" not in tables.markdown(found)


def test_a_builders_stand_in_marks_the_variant_but_not_its_base() -> None:
    guide = tables.size_table(summarise(1, whole_run(1))).rows[1]
    assert guide[0] == "guide †"
    assert guide[2] == "python:3.13-slim-trixie"


@pytest.mark.parametrize("rounds", [1, 3])
def test_a_skipped_variant_is_in_every_table_with_its_reason(rounds: int) -> None:
    for table in tables.tables(summarise(rounds, whole_run(rounds))):
        (row,) = [row for row in table.rows if row[0] == "alpine"]
        assert "skipped" in row
        assert any("alpine: skipped: base python:3.13-alpine" in note for note in table.footnotes)


def test_every_table_ends_with_machine_date_rounds_and_seed() -> None:
    for table in tables.tables(summarise(3, whole_run(3))):
        for word in (
            "Docker 26.1.5",
            "2 cores",
            "8.33 GB",
            "AMD EPYC",
            "kernel 6.18.0",
            "2025-11-24",
            "3 rounds",
            "seed 12345",
        ):
            assert word in table.footnotes[-1]


def test_what_the_machine_did_not_tell_is_unknown() -> None:
    line = footnotes.environment(summarise(1, []))
    assert "Docker unknown (unknown)" in line
    assert "unknown cores, unknown memory" in line


def test_one_round_has_no_range_and_says_n_1() -> None:
    (row,) = tables.build_table(summarise(1, [measured("current")], "current")).rows
    assert row[2:] == ("60.0 s n=1", "1.8 s n=1", "0.30 s n=1", "99.3 %\nn=1", "97.0 %\nn=1")


def test_a_range_has_its_units_where_they_differ() -> None:
    found = summarise(
        3,
        [
            measured("current", number, seconds=times(cold, 0.95 * cold / 60, no_op))
            for number, (cold, no_op) in enumerate([(60, 0.05), (66, 0.3), (72.04, 0.4)], 1)
        ],
        "current",
    )
    (row,) = tables.build_table(found).rows
    assert row[2:5] == (
        "66.0 s n=3\n(60.0–72.0)",
        "1.0 s n=3\n(0.95–1.1)",
        "0.30 s n=3\n(50 ms–0.40 s)",
    )


def test_a_size_that_grew_says_so() -> None:
    found = summarise(
        1, [measured("current", pull=100), measured("slim", pull=150)], "current", "slim"
    )
    assert tables.size_table(found).rows[1][4] == "50.0 % more\n×1.50"


def test_other_hosts_warn_above_everything() -> None:
    found = summarise(
        1, [measured("current"), measured("slim", host={**HOST, "cores": 3})], "current", "slim"
    )
    for table in tables.tables(found):
        assert table.footnotes[0].startswith("WARNING: not all of this was measured on one host")


def test_a_scenario_without_a_name_for_people_keeps_its_own() -> None:
    assert footnotes.scenario("deps-warm") == "deps-warm"


def test_the_heading_is_the_callers() -> None:
    text = tables.markdown(summarise(1, whole_run(1)), heading="####")
    assert text.startswith("#### Image size\n")
    assert text.endswith("\n")


def test_only_the_scenarios_of_the_run_are_columns() -> None:
    found = summarise(1, [measured("current")], "current")
    found["scenarios"] = ["no-op"]
    assert tables.build_table(found).headers[2:] == (
        "No-op",
        "Cache eff.\nbytes",
        "Cache eff.\ntime",
    )
    assert tables.ratio_table(found).headers == ("Variant", "Sets", "No-op")
