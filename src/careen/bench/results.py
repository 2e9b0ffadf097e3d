"""The results of a run: its records brought together as the JSON that other tools read.

The form is results.schema.json. A number that could not be had is null, and `unknown` says why.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from careen import __version__
from careen.bench import statistics
from careen.bench.record import Record, RecordError, parse_json, to_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from careen.bench.matrix import Run

Table = dict[str, Any]
SCHEMA_VERSION = 1
SIZES = ("pull_bytes", "unpacked_bytes", "unique_bytes", "disk_bytes")
# How long a code change takes in a variant, beside how long the baseline takes from nothing.
AGAINST_COLD = "code-change/cold"
_NO_REASON = "no reason was recorded"


def summarise(run: Run, records: Sequence[Record], *, baseline: str) -> Table:
    """Bring a run's records together.

    Args:
        run: the run that they are of.
        records: of any status, in any order; one at most for a round and a variant.
        baseline: the variant that the others are compared with.

    Returns:
        What results.schema.json describes. Values of records with another engine or another host
        than the first record's are kept, named in `flags`, and never compared across the two.
    """
    ordered = sorted(records, key=lambda record: (record.round_number, record.order))
    described = [record for record in ordered if record.engine and record.host]
    first = described[0] if described else None
    by_variant = {
        name: [record for record in ordered if record.variant == name] for name in run.variants
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "careen": __version__,
        "engine": dict(first.engine) if first else {},
        "host": dict(first.host) if first else {},
        "run": run.id,
        "rounds": run.rounds,
        "seed": run.seed,
        "started": run.started,
        "scenarios": list(run.scenarios),
        "baseline": baseline,
        "flags": _flags(run, ordered, first),
        "variants": {
            name: _variant(run, own, by_variant.get(baseline, []), baseline, first)
            for name, own in by_variant.items()
        },
    }


def to_json(results: Table) -> bytes:
    """Give results.json."""
    text = json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def from_json(data: bytes) -> Table:
    """Read results.json.

    Raises:
        RecordError: it is no JSON, of another version, or lacks what every reader needs.
    """
    results = parse_json(data)
    if not isinstance(results, dict):
        raise RecordError("results: an object is wanted")
    if results.get("schema_version") != SCHEMA_VERSION:
        raise RecordError(
            f"results: schema_version {results.get('schema_version')!r} is not {SCHEMA_VERSION}",
            hint="run the benchmark again with this careen",
        )
    if missing := [key for key in schema()["required"] if key not in results]:
        raise RecordError(f"results: {', '.join(missing)} is missing")
    return results


def schema() -> Table:
    """Give the JSON Schema (2020-12) of results.json."""
    text = files("careen.bench").joinpath("results.schema.json").read_text(encoding="utf-8")
    loaded: Table = json.loads(text)
    return loaded


def _variant(
    run: Run, own: list[Record], base: list[Record], baseline: str, first: Record | None
) -> Table:
    measured = [record for record in own if record.status == "measured"]
    last = measured[-1] if measured else own[-1] if own else None
    seconds = {name: _by_round(measured, _scenario(name)) for name in run.scenarios}
    sizes = {name: _by_round(measured, _size(name)) for name in SIZES}
    cached = {name: _by_round(measured, _efficiency(name)) for name in ("bytes", "time")}
    status, reason = _status(run, own)
    unknown = _unknown(own) if measured else {}
    for figure, values in _figures(seconds, sizes, cached).items():
        if measured and len(values) < len(measured):
            unknown.setdefault(figure, _NO_REASON)
    ratios = {figure: _ratio(own, base, *reads) for figure, reads in _compared(run).items()}
    for figure, ratio in ratios.items():
        if ratio is None and measured:
            unknown[f"ratios.{figure}"] = _why_no_ratio(run, base, baseline)
    return {
        "status": status,
        "reason": reason,
        "n": len(measured),
        "sets": list(last.sets) if last else [],
        "base": last.base if last else "",
        "stand_ins": _stand_ins(own),
        **{name: _whole_median(values) for name, values in sizes.items()},
        "layers": to_table(last)["sizes"]["layers"] if last and last.sizes else [],
        "digests": dict(last.digests) if last else {},
        "cache_efficiency": {name: _median(values) for name, values in cached.items()},
        "seconds": {name: list(values.values()) for name, values in seconds.items()},
        "ranges": {
            figure: _range(values) for figure, values in _figures(seconds, sizes, cached).items()
        },
        "ratios": ratios,
        "unknown": unknown,
        "rounds": [_raw(record, first) for record in own],
    }


def _figures(
    seconds: Mapping[str, dict[int, float]],
    sizes: Mapping[str, dict[int, float]],
    cached: Mapping[str, dict[int, float]],
) -> dict[str, dict[int, float]]:
    """Give every figure's values by round, under the name that `ranges` and `unknown` use."""
    return {
        **sizes,
        **{f"cache_efficiency.{name}": values for name, values in cached.items()},
        **{f"seconds.{name}": values for name, values in seconds.items()},
    }


def _scenario(name: str) -> Callable[[Record], float | None]:
    return lambda record: record.seconds.get(name)


def _size(name: str) -> Callable[[Record], float | None]:
    return lambda record: getattr(record.sizes, name) if record.sizes else None


def _efficiency(name: str) -> Callable[[Record], float | None]:
    return lambda record: getattr(record.cache_efficiency, name)


def _by_round(
    records: Iterable[Record], read: Callable[[Record], float | None]
) -> dict[int, float]:
    values = {record.round_number: read(record) for record in records}
    return {number: value for number, value in values.items() if value is not None}


def _compared(
    run: Run,
) -> dict[str, tuple[Callable[[Record], float | None], Callable[[Record], float | None]]]:
    """Give by figure how to read it from a variant's record and from the baseline's."""
    compared = {name: (_scenario(name), _scenario(name)) for name in run.scenarios}
    if {"cold", "code-change"} <= set(run.scenarios):
        compared[AGAINST_COLD] = (_scenario("code-change"), _scenario("cold"))
    return compared | {name: (_size(name), _size(name)) for name in SIZES}


def _ratio(
    own: list[Record],
    base: list[Record],
    read: Callable[[Record], float | None],
    read_base: Callable[[Record], float | None],
) -> Table | None:
    """Compare the rounds in which both were measured, on one engine and one host."""
    beside = {record.round_number: record for record in base if record.status == "measured"}
    comparable = [
        record
        for record in own
        if record.status == "measured"
        and (other := beside.get(record.round_number)) is not None
        and (record.engine, record.host) == (other.engine, other.host)
    ]
    found = statistics.compare(_by_round(comparable, read), _by_round(beside.values(), read_base))
    if found is None:
        return None
    return {
        "n": len(found.ratios),
        "median": found.median,
        "low": found.interval.low,
        "high": found.interval.high,
        "method": found.interval.method,
        "confidence": found.interval.confidence,
        "difference": found.difference,
        "per_round": list(found.ratios.values()),
    }


def _why_no_ratio(run: Run, base: list[Record], baseline: str) -> str:
    if baseline not in run.variants:
        return f"the baseline {baseline} is not among this run's variants"
    if not any(record.status == "measured" for record in base):
        status, reason = _status(run, base)
        return f"the baseline {baseline} was {status}: {reason}"
    return "no round has both figures, measured on the same engine and host"


def _status(run: Run, own: list[Record]) -> tuple[str, str]:
    """Give a variant's status over all rounds, and what is to be said about it.

    `failed` if any round failed, else `skipped` if none was measured.
    """
    faults = [
        (record.round_number, record.status, record.reason)
        for record in own
        if record.status != "measured"
    ]
    missing = sorted(set(range(1, run.rounds + 1)) - {record.round_number for record in own})
    reason = _reason(run, faults, missing)
    if any(status == "failed" for _, status, _ in faults):
        return "failed", reason
    if len(faults) == len(own):
        return "skipped", reason
    return "measured", reason


def _reason(run: Run, faults: Sequence[tuple[int, str, str]], missing: list[int]) -> str:
    if len(faults) == run.rounds and len({(status, why) for _, status, why in faults}) == 1:
        return faults[0][2]
    parts = [
        f"round {number} {status}: {why}" if run.rounds > 1 else why
        for number, status, why in faults
    ]
    if len(missing) == run.rounds:
        return "it was not measured in this run"
    if missing:
        parts.append(f"round {', '.join(map(str, missing))} not measured")
    return "; ".join(parts)


def _unknown(own: list[Record]) -> dict[str, str]:
    return {
        figure: reason or _NO_REASON for record in own for figure, reason in record.unknown.items()
    }


def _stand_ins(own: list[Record]) -> list[Table]:
    """Give the stand-ins of all rounds, each once."""
    found = [stand_in for record in own for stand_in in to_table(record)["stand_ins"]]
    return list({tuple(stand_in.values()): stand_in for stand_in in found}.values())


def _range(values: Mapping[int, float]) -> Table | None:
    found = statistics.summarise(values.values())
    return asdict(found) if found else None


def _median(values: Mapping[int, float]) -> float | None:
    found = statistics.summarise(values.values())
    return found.median if found else None


def _whole_median(values: Mapping[int, float]) -> int | None:
    median = _median(values)
    return None if median is None else round(median)


def _raw(record: Record, first: Record | None) -> Table:
    """Give a record; its engine and host only where they are not the run's."""
    table = to_table(record)
    for key in ("schema_version", "variant"):
        del table[key]
    if first is not None:
        for key in ("engine", "host"):
            if table[key] in ({}, getattr(first, key)):
                del table[key]
    return table


def _flags(run: Run, ordered: list[Record], first: Record | None) -> list[str]:
    """Give what a reader of any table must know before believing it."""
    flags: list[str] = []
    for key in ("engine", "host") if first else ():
        described = getattr(first, key)
        others = [
            f"{record.variant} in round {record.round_number}"
            for record in ordered
            if getattr(record, key) and getattr(record, key) != described
        ]
        if others:
            flags.append(
                f"not all of this was measured on one {key}: another one for {', '.join(others)}"
            )
    for name in run.variants:
        own = [
            record for record in ordered if record.variant == name and record.status == "measured"
        ]
        if len({(record.base, record.sets, frozenset(record.stand_ins)) for record in own}) > 1:
            flags.append(f"{name} was not built of the same bases and sets in all rounds")
    missing = run.rounds * len(run.variants) - len(ordered)
    if missing > 0:
        flags.append(
            f"the run is not complete: {missing} of "
            f"{run.rounds * len(run.variants)} measurements are missing"
        )
    return flags
