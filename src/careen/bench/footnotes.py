"""What stands below the benchmark's tables: what limits a figure, and where it was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.quantities import UNKNOWN, size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAGGER = "†"
_HASH = 12  # characters of a recipe that are shown
_SCENARIOS = {"cold": "Cold", "code-change": "Code change", "no-op": "No-op"}
_FIGURES = {
    "pull_bytes": "pull size",
    "unpacked_bytes": "unpacked size",
    "cache_efficiency.bytes": "cache efficiency by bytes",
    "cache_efficiency.time": "cache efficiency by time",
}


def scenario(name: str) -> str:
    """Give a scenario's name for people."""
    return _SCENARIOS.get(name, name)


def labelled(results: Mapping[str, Any], name: str) -> str:
    """Give a variant's name, with a dagger where a stand-in is among its bases."""
    entry = results["variants"].get(name)
    return f"{name} {DAGGER}" if entry and entry["stand_ins"] else name


def environment(results: Mapping[str, Any]) -> str:
    """Give the line that says where and when a run was made."""
    engine, host = results["engine"], results["host"]
    rounds = results["rounds"]
    times = "1 round" if rounds == 1 else f"{rounds} rounds"
    date = results["started"][:16].replace("T", " ")
    parts = [
        _joined(
            "Engine: ",
            [
                f"Docker {_known(engine, 'version')} ({_known(engine, 'kind')})",
                f"BuildKit {_known(engine, 'buildkit')}",
                f"buildx {_known(engine, 'buildx')}",
                f"image store {_known(engine, 'store')}",
            ],
        ),
        _joined(
            "Machine: ",
            [
                f"{_known(host, 'cores')} cores",
                f"{size(host.get('memory_bytes'))} memory",
                f"CPU {_known(host, 'cpu')}",
                f"kernel {_known(host, 'kernel')}",
                f"{_known(host, 'system')}",
            ],
        ),
        f"Started {date} UTC, {times}, seed {results['seed']}, careen {results['careen']}.",
    ]
    return " ".join(parts)


def _joined(start: str, parts: Sequence[str]) -> str:
    return f"{start}{', '.join(parts)}."


def _known(table: Mapping[str, Any], key: str) -> str:
    return str(table.get(key) or UNKNOWN)


def footnotes(results: Mapping[str, Any], figures: Sequence[str]) -> list[str]:
    """Give what limits a table's figures: flags, stand-ins, what was not measured, and why."""
    notes = [f"WARNING: {flag}." for flag in results["flags"]]
    notes += _stand_ins(results)
    for name, entry in results["variants"].items():
        if entry["reason"]:
            status = entry["status"] if entry["n"] == 0 else f"{entry['n']} of {results['rounds']}"
            notes.append(
                f"{labelled(results, name)}: {status}"
                f"{' rounds measured' if entry['n'] else ''}: {entry['reason']}"
            )
        notes += [
            f"{labelled(results, name)}: {_FIGURES.get(figure) or _timed(figure)} "
            f"{_how_unknown(entry, figure)}: {entry['unknown'][figure]}"
            for figure in figures
            if figure in entry["unknown"] and not figure.startswith("ratios.")
        ]
    return [*notes, *_missing_ratios(results, figures)]


def _how_unknown(entry: Mapping[str, Any], figure: str) -> str:
    found = entry["ranges"].get(figure)
    if not found:
        return UNKNOWN
    return f"{UNKNOWN} in {entry['n'] - found['n']} of {entry['n']} rounds"


def _timed(figure: str) -> str:
    return f"{scenario(figure.partition('.')[2]).lower()} build time"


def _missing_ratios(results: Mapping[str, Any], figures: Sequence[str]) -> list[str]:
    """Say once for each reason why variants have no ratio to the baseline."""
    keys = [f"ratios.{figure.removeprefix('ratios.')}" for figure in figures]
    by_reason: dict[str, list[str]] = {}
    for name, entry in results["variants"].items():
        for why in dict.fromkeys(entry["unknown"][key] for key in keys if key in entry["unknown"]):
            by_reason.setdefault(why, []).append(labelled(results, name))
    return [f"{', '.join(names)}: no ratio: {why}" for why, names in by_reason.items()]


def _stand_ins(results: Mapping[str, Any]) -> list[str]:
    """Say what the daggers mean: which bases careen made, by which recipe, in which variants."""
    users: dict[tuple[str, str], list[str]] = {}
    for name, entry in results["variants"].items():
        for made in entry["stand_ins"]:
            users.setdefault((made["reference"], made["recipe"]), []).append(
                labelled(results, name)
            )
    most = max(map(len, users.values()), default=0)
    recipes = [
        f"recipe {recipe.removeprefix('sha256:')[:_HASH]} for {reference}"
        + (f" (in {', '.join(names)})" if len(names) < most else "")
        for (reference, recipe), names in users.items()
    ]
    what = (
        "made from Debian packages because the registry could not be reached; "
        "not the published image"
    )
    return [f"{DAGGER} stand-in: {what}; {'; '.join(recipes)}."] if recipes else []


def full_bases(results: Mapping[str, Any]) -> list[str]:
    """Say which bases the size table shows without their registry."""
    bases = {entry["base"] for entry in results["variants"].values() if "/" in entry["base"]}
    return [f"Base {short(base)}: in full {base}." for base in sorted(bases)]


def short(reference: str) -> str:
    """Give a reference without its registry and folders."""
    return reference.rpartition("/")[2]
