"""The benchmark's tables: results in, headers, rows, footnotes and Markdown out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from careen.bench.footnotes import (
    DAGGER,
    environment,
    footnotes,
    full_bases,
    labelled,
    scenario,
    short,
)
from careen.bench.results import AGAINST_COLD
from careen.report.quantities import (
    UNKNOWN,
    bar,
    between,
    change,
    number,
    percent,
    ratio,
    seconds,
    size,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NONE = "—"
WIDTH = 100
_SIZES = (
    "Pull size: the compressed blobs of one platform. Unpacked size: the files of the merged tree. "
    "1 MB is 1,000,000 bytes."
)
_CACHED = (
    "Cache efficiency of the code-change build: by bytes, 1 − compressed bytes of layers with a "
    "new digest / all; by time, cold seconds of the steps that are now cached / cold seconds of "
    "all."
)


@dataclass(frozen=True)
class Table:
    """A table that any renderer can show; a line break in a cell or header may be a space.

    Attributes:
        title: what it shows.
        headers: a header per column.
        rows: the cells, a row per variant.
        footnotes: the last one names engine, machine, date, rounds and seed.
        chart: lines of at most 100 columns, for a fixed-width face; empty where there is none.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    footnotes: tuple[str, ...]
    chart: tuple[str, ...] = ()


def tables(results: Mapping[str, Any]) -> tuple[Table, ...]:
    """Give the tables of a run: sizes, build times, and build times against the baseline."""
    return size_table(results), build_table(results), ratio_table(results)


def size_table(results: Mapping[str, Any]) -> Table:
    """Give the guide's size comparison, with the reduction against the baseline."""
    against = f"vs {labelled(results, results['baseline'])}"
    rows = [
        _row(
            results,
            name,
            [_base(entry)],
            [
                _spread(entry, "pull_bytes", size, mark="\n"),
                _less(results, name, "pull_bytes"),
                _spread(entry, "unpacked_bytes", size, mark="\n"),
                _less(results, name, "unpacked_bytes"),
            ],
        )
        for name, entry in results["variants"].items()
    ]
    figures = ["pull_bytes", "unpacked_bytes"]
    return Table(
        "Image size",
        (
            "Variant",
            "Sets",
            "Base",
            "Pull size",
            f"Pull\n{against}",
            "Unpacked size",
            f"Unpacked\n{against}",
        ),
        tuple(rows),
        (
            *footnotes(results, figures),
            *full_bases(results),
            _SIZES,
            environment(results),
        ),
        _chart(results, "Pull size", "pull_bytes", size),
    )


def build_table(results: Mapping[str, Any]) -> Table:
    """Give the guide's build time comparison: per scenario the median and the range."""
    figures = [f"seconds.{name}" for name in results["scenarios"]]
    cached = ["cache_efficiency.bytes", "cache_efficiency.time"]
    rows = [
        _row(
            results,
            name,
            [],
            [
                *(_spread(entry, figure, seconds) for figure in figures),
                *(_spread(entry, figure, percent, mark="\n") for figure in cached),
            ],
        )
        for name, entry in results["variants"].items()
    ]
    return Table(
        "Build time",
        (
            "Variant",
            "Sets",
            *map(scenario, results["scenarios"]),
            "Cache eff.\nbytes",
            "Cache eff.\ntime",
        ),
        tuple(rows),
        (
            *footnotes(results, [*figures, *cached]),
            "Times: median (minimum–maximum) of n builds.",
            _CACHED,
            environment(results),
        ),
        _chart(results, "Cold build", "seconds.cold", seconds),
    )


def ratio_table(results: Mapping[str, Any]) -> Table:
    """Give the build times as ratios to the baseline's, compared round by round."""
    baseline = labelled(results, results["baseline"])
    keys = [*results["scenarios"]]
    if {"cold", "code-change"} <= set(keys):
        keys.append(AGAINST_COLD)
    headers = [
        f"Code change /\ncold {baseline}" if key == AGAINST_COLD else scenario(key) for key in keys
    ]
    rows = [
        _row(results, name, [], [_ratio(results, name, key) for key in keys])
        for name in results["variants"]
    ]
    methods = {
        found["method"]
        for entry in results["variants"].values()
        for key in keys
        if (found := entry["ratios"].get(key)) and found["n"] > 1
    }
    return Table(
        f"Build time against {baseline}",
        ("Variant", "Sets", *headers),
        tuple(rows),
        (
            *footnotes(results, [f"ratios.{key}" for key in keys]),
            f"Ratios of two builds of one round, medians of n; below 1 is quicker than {baseline}.",
            *(_METHODS[method] for method in sorted(methods)),
            environment(results),
        ),
    )


_METHODS = {
    "order-statistic": "In brackets: the exact order-statistic (binomial) interval of the median, "
    "at least 95 %. “No difference” where it holds 1.",
    "range": "In brackets: the smallest and the largest ratio; fewer than 6 rounds give no "
    "confidence level. “No difference” where they enclose 1.",
}


def markdown(results: Mapping[str, Any], *, heading: str = "##") -> str:
    """Give tables.md: each table under a heading, its footnotes and its chart below it."""
    return "\n".join(_markdown(table, heading) for table in tables(results))


def _row(
    results: Mapping[str, Any], name: str, middle: Sequence[str], figures: Sequence[str]
) -> tuple[str, ...]:
    """Give a variant's row; where nothing was measured its status stands in the figures' place."""
    entry = results["variants"][name]
    if entry["n"] == 0:
        figures = [entry["status"], *[NONE] * (len(figures) - 1)]
    return (labelled(results, name), ", ".join(entry["sets"]) or UNKNOWN, *middle, *figures)


def _base(entry: Mapping[str, Any]) -> str:
    """Give the base without its registry, which a footnote has: a row fits 100 columns."""
    base: str = entry["base"]
    if not base:
        return UNKNOWN
    made = {stand_in["reference"] for stand_in in entry["stand_ins"]}
    return short(base) + (f" {DAGGER}" if base in made else "")


def _spread(
    entry: Mapping[str, Any],
    figure: str,
    write: Callable[[float | None], str],
    *,
    mark: str = " ",
) -> str:
    """Write median, n, and the range where there is one."""
    found = entry["ranges"].get(figure)
    if not found:
        return UNKNOWN
    text = f"{write(found['median'])}{mark}n={found['n']}"
    steady = not figure.startswith("seconds.") and found["minimum"] == found["maximum"]
    if found["n"] == 1 or steady:
        return text
    return f"{text}\n({_range(found, write)})"


def _range(found: Mapping[str, Any], write: Callable[[float | None], str]) -> str:
    """Write minimum and maximum, without the unit where it is the median's."""
    ends = [write(found["minimum"]), write(found["maximum"])]
    unit = " " + write(found["median"]).rpartition(" ")[2]
    joined = between(*ends)
    return joined.removesuffix(unit) if all(end.endswith(unit) for end in ends) else joined


def _less(results: Mapping[str, Any], name: str, figure: str) -> str:
    """Write how much less than the baseline, and the ratio."""
    if name == results["baseline"]:
        return "baseline"
    found = results["variants"][name]["ratios"].get(figure)
    return f"{change(found['median'])}\n{ratio(found['median'])}" if found else NONE


def _ratio(results: Mapping[str, Any], name: str, key: str) -> str:
    if name == results["baseline"] and key != AGAINST_COLD:
        return "baseline"
    found = results["variants"][name]["ratios"].get(key)
    if not found:
        return NONE
    text = f"{ratio(found['median'])} n={found['n']}"
    if found["n"] == 1:
        return text
    text = f"{text}\n({number(found['low'])}–{number(found['high'])})"
    return text if found["difference"] else f"no difference\n{text}"


def _chart(
    results: Mapping[str, Any], title: str, figure: str, write: Callable[[float | None], str]
) -> tuple[str, ...]:
    """Draw the medians as bars, or nothing where fewer than two were measured."""
    medians = {
        labelled(results, name): entry["ranges"][figure]["median"]
        for name, entry in results["variants"].items()
        if entry["ranges"].get(figure)
    }
    if len(medians) < 2:  # noqa: PLR2004 - a bar says something beside another one
        return ()
    names = max(map(len, medians))
    values = max(len(write(median)) for median in medians.values())
    room = max(8, WIDTH - names - values - 4)
    largest = max(medians.values())
    return (
        title,
        *(
            f"{name:{names}}  {write(median):>{values}}  {bar(median, largest, room)}".rstrip()
            for name, median in medians.items()
        ),
    )


def _markdown(table: Table, heading: str) -> str:
    cells = [[_escaped(cell) for cell in row] for row in (table.headers, *table.rows)]
    wide = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    lines = [f"{heading} {_escaped(table.title)}", ""]
    for index, row in enumerate(cells):
        lines.append(
            "| "
            + " | ".join(f"{cell:{width}}" for cell, width in zip(row, wide, strict=True))
            + " |"
        )
        if index == 0:
            lines.append("| " + " | ".join("-" * width for width in wide) + " |")
    lines += ["", *(f"- {_escaped(footnote)}" for footnote in table.footnotes), ""]
    if table.chart:
        lines += ["```text", *table.chart, "```", ""]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Take from a text what Markdown or a table would read as its own."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return "".join(f"\\{letter}" if letter in "\\|<>*_`[]" else letter for letter in line)
