"""Measures `careen analyze` beside dive: the same archives, in turn, as whole programs.

    python -m tests.peers.analyze [--runs 5] [--only plain,gzip]

Prints a table and writes it to build/benchmark/analyze.md, and the raw values to analyze.json.
A run of careen begins with an empty cache, where its row does not say that the layers were kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.peers.made_images import Shape, write_archive
from tests.peers.measured_process import Command, Pair, alternate, peak_memory_bytes, seconds

from careen.engine.paths import write_atomically
from careen.engine.temporary import temporary_folder
from careen.report.quantities import size

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "build" / "benchmark"
DIVE = str(Path(sys.executable).parent / "dive")
CAREEN = (sys.executable, "-c", "from careen.tasks.program import main; main()", "analyze")
LARGE = Shape(layers=(45_000, 20_000, 8_000), mean_bytes=16_500)
MANY_WHITEOUTS = Shape(layers=(45_000, 20_000, 8_000), mean_bytes=16_500, whiteouts=535)
MANY_FILES = Shape(layers=(60_000, 30_000, 10_000), mean_bytes=12_000)
IMAGE = "pokertool:slim-ml"
SECOND_RUN_SECONDS = 0.5
MOST_MEMORY_BYTES = 250_000_000
# What the nine crafted cases and the random images are held to, by the unit tests themselves.
EXACT = ("tests/unit/careen/image/test_accounting.py", "tests/unit/careen/image/test_tree.py")


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, the bar, and whether it holds."""

    what: str
    bar: str
    measured: str
    holds: bool
    raw: dict[str, Any] = field(default_factory=dict)


class Bench:
    """The cases, each made in a temporary folder that is removed at the end."""

    def __init__(self, folder: Path, runs: int) -> None:
        self._folder = folder
        self._runs = runs

    def archive(self, what: str, shape: Shape, encoding: str, bar: float) -> list[Row]:
        """Compare both on one archive, which is read from memory: it was just written.

        Once with an empty cache before each of careen's runs, and once as people have it who look
        at an archive again: with the layers that an earlier run kept.
        """
        path = self._folder / f"{encoding}-{shape.whiteouts}.tar"
        file_bytes = write_archive(path, shape, encoding)
        theirs = (DIVE, str(path), "--source", "docker-archive", "--json", os.devnull)
        ours, dive = self._careen(str(path)), Command(theirs, {})
        first = alternate(ours, dive, self._runs)
        again = alternate(self._with_layers_kept(ours), dive, self._runs)
        path.unlink()
        about = f"{what}, {size(file_bytes)} of files in {len(shape.layers)} layers"
        wanted = f">= {bar:g} x faster"
        return [
            _row(f"{about}: never read before", wanted, first, holds=first.factor >= bar),
            _row(f"{what}: its layers kept", wanted, again, holds=again.factor >= bar),
        ]

    def engine(self) -> list[Row]:
        """Compare both on an image of the engine; then careen on layers that it knows."""
        from careen.engine.obtain import obtain  # noqa: PLC0415 - starts it where none runs

        # Named, since the embedded engine of another cache folder is another one.
        variables = dict(obtain("auto").client.endpoint.environment())
        ours = self._careen(IMAGE, variables)
        pair = alternate(ours, Command((DIVE, IMAGE, "--json", os.devnull), variables), self._runs)
        known = self._with_layers_kept(ours)
        seconds(known)
        again = tuple(seconds(known) for _ in range(self._runs))
        return [
            _row(f"through the engine, {IMAGE}", "not slower", pair, holds=pair.factor >= 1),
            Row(
                "second run on the same layers",
                "<= 0.5 s",
                f"{_spread(again)} s",
                holds=median(again) <= SECOND_RUN_SECONDS,
                raw={"seconds": again},
            ),
        ]

    def memory(self) -> Row:
        """Measure the peak memory on an image of 100,000 files."""
        path = self._folder / "many.tar"
        write_archive(path, MANY_FILES, "gzip")
        peaks = [peak_memory_bytes(self._careen(str(path))) for _ in range(3)]
        path.unlink()
        return Row(
            f"peak memory, {sum(MANY_FILES.layers):,} files (n=3, all processes)",
            "<= 250 MB",
            size(max(peaks)),
            holds=max(peaks) <= MOST_MEMORY_BYTES,
            raw={"bytes": peaks},
        )

    def exact(self) -> Row:
        """Run the tests of the nine crafted cases and of the random images."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *EXACT],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-200:]
        return Row(
            "the nine crafted cases, 2,000 random images", "all exact", last, done.returncode == 0
        )

    def _with_layers_kept(self, command: Command) -> Command:
        warm = {**command.variables, "CAREEN_CACHE_HOME": str(self._folder / "warm")}
        return Command(command.argv, warm)

    def _careen(self, name: str, variables: Mapping[str, str] | None = None) -> Command:
        def fresh() -> dict[str, str]:
            shutil.rmtree(self._folder / "cache", ignore_errors=True)
            return {"CAREEN_CACHE_HOME": str(self._folder / "cache")}

        own = {
            "PYTHONPATH": str(ROOT / "src"),
            # With bytecode, as every installation has it; the run that is discarded makes it.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self._folder / "bytecode"),
            **(variables or {}),
        }
        return Command((*CAREEN, name, "--json"), own, fresh)


def _row(what: str, bar: str, pair: Pair, *, holds: bool) -> Row:
    low, high = min(pair.factors), max(pair.factors)
    measured = (
        f"{pair.factor:.1f} x ({low:.1f}-{high:.1f}); "
        f"careen {_spread(pair.ours)} s, dive {_spread(pair.theirs)} s"
    )
    return Row(what, bar, measured, holds, {"careen": pair.ours, "dive": pair.theirs})


def _spread(values: tuple[float, ...]) -> str:
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def main() -> None:
    """Measure all cases, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="plain,gzip,zstd,whiteouts,engine,memory,exact")
    options = parser.parse_args()
    chosen = options.only.split(",")
    rows: list[Row] = []
    with temporary_folder("peers") as folder:
        bench = Bench(folder, options.runs)
        for encoding, bar in (("plain", 5.0), ("gzip", 4.0), ("zstd", 3.0)):
            if encoding in chosen:
                rows += bench.archive(encoding, LARGE, encoding, bar)
        if "whiteouts" in chosen:
            rows += bench.archive("535 whiteouts, plain", MANY_WHITEOUTS, "plain", 50.0)
        if "engine" in chosen:
            rows += bench.engine()
        if "memory" in chosen:
            rows.append(bench.memory())
        if "exact" in chosen:
            rows.append(bench.exact())
    _write(rows, options.runs)
    sys.exit(0 if all(row.holds for row in rows) else 1)


def _write(rows: list[Row], runs: int) -> None:
    version = subprocess.run([DIVE, "--version"], capture_output=True, text=True, check=True)
    lines = ["| case | bar | measured | holds |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {row.what} | {row.bar} | {row.measured} | {'yes' if row.holds else 'NO'} |"
        for row in rows
    ]
    lines += [
        "",
        f"Medians (minimum-maximum) of n={runs} runs of whole programs, in turn, one of each",
        (
            "discarded first; archives in memory; careen's cache empty where no row says "
            f"otherwise. {version.stdout.strip()}; Python {platform.python_version()}; "
            f"{os.cpu_count()} cores, {platform.release()}."
        ),
        "",
    ]
    text = "\n".join(lines)
    print(text)
    write_atomically(OUTPUT / "analyze.md", text.encode())
    raw = [{"case": row.what, "holds": row.holds, **row.raw} for row in rows]
    write_atomically(OUTPUT / "analyze.json", json.dumps(raw, indent=2).encode())


if __name__ == "__main__":
    main()
