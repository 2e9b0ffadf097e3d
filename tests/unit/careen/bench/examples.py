"""A made-up run for the tests of results, tables and budgets; no figure of it was measured."""

from __future__ import annotations

from typing import Any

from careen.bench.matrix import Run
from careen.bench.record import CacheEfficiency, Layer, Record, Sizes, StandIn, Steps

ENGINE = {
    "kind": "embedded",
    "version": "26.1.5",
    "buildx": "0.13.1",
    "buildkit": "0.12.5",
    "store": "containerd",
}
HOST = {
    "cores": 2,
    "memory_bytes": 8_330_000_000,
    "cpu": "AMD EPYC",
    "kernel": "6.18.0",
    "system": "Debian 12",
}
SLIM_BASE = "python:3.13-slim-trixie"
DISTROLESS_BASE = "gcr.io/distroless/python3-debian13:nonroot"
NODE = StandIn("node:22-slim", "localhost/careen/node:22-slim", "sha256:3f2a9c1b55e0" + "0" * 52)
PYTHON = StandIn(SLIM_BASE, "localhost/careen/python:3.13", "sha256:77aa01beef12" + "0" * 52)
DISTROLESS = StandIn(DISTROLESS_BASE, "localhost/careen/distroless:13", "sha256:" + "d" * 64)
WHY_NO_ALPINE = "base python:3.13-alpine cannot be had: no registry, and no stand-in for Alpine"


def make_run(rounds: int, variants: tuple[str, ...] = ()) -> Run:
    names = variants or ("current", "guide", "slim", "slim-ml", "alpine", "distroless")
    scenarios = ("cold", "code-change", "no-op")
    return Run("20251124T000102Z-3039", 12345, rounds, names, scenarios, "2025-11-24T00:01:02Z")


def measured(variant: str = "slim", round_number: int = 1, **changes: Any) -> Record:
    pull = changes.pop("pull", 100_000_000)
    fields: dict[str, Any] = {
        "variant": variant,
        "round_number": round_number,
        "order": 0,
        "started": "2025-11-24T00:10:00Z",
        "status": "measured",
        "sets": ("core",),
        "base": SLIM_BASE,
        "stand_ins": (NODE, PYTHON),
        "sizes": Sizes(pull, 3 * pull, pull // 2, None, (Layer("sha256:" + "a" * 64, pull),)),
        "digests": {"manifest": "sha256:" + "b" * 64},
        "seconds": {"cold": 60.0, "code-change": 1.8, "no-op": 0.3},
        "cache_efficiency": CacheEfficiency(0.9931, 0.97),
        "steps": {"cold": Steps(0, 12), "code-change": Steps(11, 12), "no-op": Steps(12, 12)},
        "engine": ENGINE,
        "host": HOST,
        "unknown": {"disk_bytes": "the engine does not say"},
    }
    return Record(**fields | changes)


def absent(variant: str, round_number: int, reason: str, **changes: Any) -> Record:
    fields: dict[str, Any] = {
        "variant": variant,
        "round_number": round_number,
        "order": 0,
        "started": "2025-11-24T00:10:00Z",
        "status": "skipped",
        "reason": reason,
        "sets": ("core",),
        "base": SLIM_BASE,
    }
    return Record(**fields | changes)


def times(cold: float, code_change: float, no_op: float) -> dict[str, float]:
    return {"cold": cold, "code-change": code_change, "no-op": no_op}


def whole_run(rounds: int) -> list[Record]:
    """A run with every case of a table: measured, skipped, failed in a round, a figure unknown."""
    records: list[Record] = []
    for number in range(1, rounds + 1):
        drift = 1 + 0.07 * ((number * 5) % 7 - 3)
        all_sets = ("core", "ml", "dev")
        records += [
            measured(
                "current",
                number,
                order=0,
                sets=all_sets,
                pull=560_100_000,
                seconds=times(160 * drift, 92 * drift, 0.31),
                cache_efficiency=CacheEfficiency(0.22, 0.31),
            ),
            measured(
                "guide",
                number,
                order=1,
                pull=200_000_000 + number * 400_000,
                stand_ins=(NODE,),
                seconds=times(103.1 * drift, 9.4 * drift, 0.30 + 0.01 * (number % 3)),
            ),
            measured(
                "slim",
                number,
                order=2,
                seconds=times(60.5 * drift + number, 1.8 + 0.1 * number, 0.3),
                cache_efficiency=CacheEfficiency(0.9931, None),
                unknown={"cache_efficiency.time": "the trace has no [cold] step | times"},
            ),
            absent("alpine", number, WHY_NO_ALPINE, order=3, base="python:3.13-alpine"),
            measured(
                "distroless",
                number,
                order=5,
                base=DISTROLESS_BASE,
                pull=62_345_678,
                stand_ins=(DISTROLESS,),
                seconds=times(64.2 * drift, 2.1, 0.29),
            ),
        ]
        if number == 2:
            records.append(
                absent(
                    "slim-ml",
                    number,
                    "step 4 of the builder stage failed",
                    order=4,
                    status="failed",
                    sets=("core", "ml"),
                )
            )
        else:
            records.append(
                measured(
                    "slim-ml",
                    number,
                    order=4,
                    sets=("core", "ml"),
                    pull=251_000_000,
                    seconds=times(81 * drift, 1.9, 0.3),
                )
            )
    return records
