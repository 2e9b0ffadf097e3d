"""The benchmark's matrix: rounds x variants, what is measured of it and what is left.

noxfile.py imports this module before anything is installed: the standard library alone.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import secrets
import tomllib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from careen.bench import record as records
from careen.engine.paths import locked, write_atomically
from careen.errors import ConfigError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

MOST_ROUNDS = 100
_RUN = "run.json"
_RECORDS = "records"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """One benchmark.

    Attributes:
        id: unique among the runs of a folder.
        seed: of the random order within the rounds.
        rounds: how many.
        variants: their names.
        scenarios: what is measured of each.
        started: UTC, ISO 8601.
    """

    id: str
    seed: int
    rounds: int
    variants: tuple[str, ...]
    scenarios: tuple[str, ...]
    started: str


@dataclass(frozen=True)
class Arguments:
    """What stands after `--` on nox's command line."""

    rounds: int
    variants: tuple[str, ...]


def plan_order(seed: int, rounds: int, variants: Sequence[str]) -> list[tuple[int, str]]:
    """Give (round, variant), the round outermost, each round in its own random order.

    >>> plan_order(7, 2, ["slim", "guide"])
    [(1, 'slim'), (1, 'guide'), (2, 'guide'), (2, 'slim')]
    """
    chance = random.Random(seed)  # noqa: S311 - an order that can be had again, no secret
    plan: list[tuple[int, str]] = []
    for number in range(1, rounds + 1):
        order = list(variants)
        chance.shuffle(order)
        plan += [(number, variant) for variant in order]
    return plan


def open_run(
    folder: Path,
    rounds: int,
    variants: Sequence[str],
    scenarios: Sequence[str],
    now: datetime,
    *,
    seed: int | None = None,
) -> Run:
    """Continue the folder's run where it is unfinished and of the same form, else start one.

    Whatever an earlier run left (its records and its run.json) goes to `history/ID/`.

    Args:
        folder: the benchmark's output folder.
        rounds: how many.
        variants: their names; another order of the same names is the same form.
        scenarios: likewise.
        now: with a time zone.
        seed: of a new run; a random one where it is None.
    """
    with locked(folder / ".lock"):
        earlier, finished = _read_run(folder)
        if (
            earlier
            and not finished
            and _form(earlier) == (rounds, sorted(variants), sorted(scenarios))
        ):
            return earlier
        moment = now.astimezone(UTC)
        stamp = f"{moment:%Y%m%dT%H%M%SZ}"
        _archive(folder, earlier.id if earlier else f"unknown-{stamp}")
        chosen = secrets.randbits(32) if seed is None else seed
        run = Run(
            id=f"{stamp}-{chosen & 0xFFFF:04x}",
            seed=chosen,
            rounds=rounds,
            variants=tuple(variants),
            scenarios=tuple(scenarios),
            started=f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        )
        _write_run(folder, run, finished=None)
        return run


def pending_seed(folder: Path, rounds: int, variants: Sequence[str]) -> int | None:
    """Give the seed of the folder's unfinished run of this form; None where there is none."""
    earlier, finished = _read_run(folder)
    if earlier is None or finished or _form(earlier)[:2] != (rounds, sorted(variants)):
        return None
    return earlier.seed


def record_path(folder: Path, run: Run, round_number: int, variant: str) -> Path:
    """Give where a record stands: `records/r01-slim.json`."""
    digits = max(2, len(str(run.rounds)))
    return folder / _RECORDS / f"r{round_number:0{digits}d}-{variant}.json"


def write_record(folder: Path, run: Run, record: records.Record) -> Path:
    """Write a record in its place, whole or not at all, and give its path."""
    path = record_path(folder, run, record.round_number, record.variant)
    write_atomically(path, records.to_json(record))
    return path


def load_records(folder: Path, run: Run) -> list[records.Record]:
    """Give the records that are there, in the order of the plan.

    One that cannot be read counts as not measured and is moved to `records/unreadable/`, with a
    note beside it that says why.
    """
    plan = plan_order(run.seed, run.rounds, run.variants)
    found = [_load_record(folder, run, number, variant) for number, variant in plan]
    return [record for record in found if record]


def remaining(folder: Path, run: Run) -> list[tuple[int, str]]:
    """Give what of the plan has no record yet: (round, variant), in the plan's order."""
    done = {(record.round_number, record.variant) for record in load_records(folder, run)}
    plan = plan_order(run.seed, run.rounds, run.variants)
    return [place for place in plan if place not in done]


def finish(folder: Path, run: Run, now: datetime | None = None) -> None:
    """Mark a run as finished: the next one starts anew."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    _write_run(folder, run, finished=f"{moment:%Y-%m-%dT%H:%M:%SZ}")


def variants_from_pyproject(path: Path) -> list[str]:
    """Give the names of `[tool.careen.variants.*]`, in the order of the file.

    Raises:
        ConfigError: the file is missing or no TOML.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}", hint="run nox in the project's folder") from None
    table = settings.get("tool", {}).get("careen", {}).get("variants", {})
    return list(table) if isinstance(table, dict) else []


def parse_arguments(argv: Sequence[str], known: Iterable[str], *, rounds: int = 1) -> Arguments:
    """Read `--rounds N --variants a,b`.

    Args:
        argv: what stands after `--`.
        known: the variants that there are; all of them where none is named.
        rounds: where they are not given.

    Raises:
        UsageError: an option or a variant is unknown (the hint has the nearest), or a value is
            not of its form.
    """
    names = list(known)
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--rounds", default=str(rounds))
    parser.add_argument("--variants", action="append", default=[])
    given, rest = parser.parse_known_args(list(argv))
    if rest:
        raise UsageError(
            f"unknown argument: {rest[0]}",
            hint=nearest(rest[0].partition("=")[0], ["--rounds", "--variants"]),
        )
    wanted = [name.strip() for text in given.variants for name in text.split(",")]
    for name in wanted:
        if name not in names:
            raise UsageError(f"unknown variant: {name!r}", hint=nearest(name, names))
    return Arguments(_parse_rounds(given.rounds), tuple(dict.fromkeys(wanted)) or tuple(names))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint="-- --rounds N --variants a,b")


def _parse_rounds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MOST_ROUNDS):
        raise UsageError(
            f"--rounds: a whole number from 1 to {MOST_ROUNDS} is wanted, not {text!r}",
            hint="-- --rounds 3",
        )
    return int(text)


def _form(run: Run) -> tuple[int, list[str], list[str]]:
    return run.rounds, sorted(run.variants), sorted(run.scenarios)


def _read_run(folder: Path) -> tuple[Run | None, bool]:
    """Give the folder's run and whether it is finished; None where there is none to be read."""
    path = folder / _RUN
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        run = Run(
            id=_run_id(table["id"]),
            seed=int(table["seed"]),
            rounds=int(table["rounds"]),
            variants=tuple(map(str, table["variants"])),
            scenarios=tuple(map(str, table["scenarios"])),
            started=str(table["started"]),
        )
        return run, bool(table["finished"])
    except FileNotFoundError:
        return None, False
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        _log.warning("%s cannot be read (%s): a new run is started", path, error)
        return None, False


def _run_id(value: object) -> str:
    name = str(value)
    if not name or not name.replace("-", "").isalnum():  # it becomes a folder's name
        raise ValueError(f"no run's id: {name!r}")
    return name


def _write_run(folder: Path, run: Run, *, finished: str | None) -> None:
    table = asdict(run) | {"finished": finished}
    write_atomically(folder / _RUN, json.dumps(table, indent=2).encode() + b"\n")


def _archive(folder: Path, name: str) -> None:
    """Move what an earlier run left to `history/NAME/`.

    The records go first: were it cut off between the two, run.json would still lead here.
    """
    left = [folder / part for part in (_RECORDS, _RUN) if (folder / part).exists()]
    if not left:
        return
    target = folder / "history" / name
    number = 1
    while any((target / path.name).exists() for path in left):
        number += 1
        target = folder / "history" / f"{name}-{number}"
    target.mkdir(parents=True, exist_ok=True)
    for path in left:
        path.rename(target / path.name)


def _load_record(folder: Path, run: Run, number: int, variant: str) -> records.Record | None:
    path = record_path(folder, run, number, variant)
    try:
        record = records.from_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except records.RecordError as error:
        _set_aside(path, str(error))
        return None
    if (record.round_number, record.variant) != (number, variant):
        _set_aside(path, f"it is of {record.variant} in round {record.round_number}")
        return None
    return record


def _set_aside(path: Path, why: str) -> None:
    aside = path.parent / "unreadable" / path.name
    write_atomically(
        aside.with_suffix(".txt"),
        f"{path.name} could not be read and was measured again: {why}\n".encode(),
    )
    path.replace(aside)
    _log.warning("%s could not be read (%s): moved to %s, to be measured again", path, why, aside)
