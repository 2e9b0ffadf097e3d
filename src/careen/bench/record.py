"""The record of one measurement: one variant, once, in one round, as a JSON file on disk."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from careen.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SCHEMA_VERSION = 1
Status = Literal["measured", "skipped", "failed"]
Value = TypeVar("Value")


class RecordError(UsageError):
    """A record or a result is not of its form: exit code 2; the message names the place."""


@dataclass(frozen=True)
class StandIn:
    """A base that careen made itself, in place of a published one.

    Attributes:
        reference: the base as the Dockerfile names it.
        stand_in: the image that took its place.
        recipe: the hash of how that one was made.
    """

    reference: str
    stand_in: str
    recipe: str


@dataclass(frozen=True)
class Layer:
    """A layer as a registry keeps it."""

    digest: str
    compressed_bytes: int


@dataclass(frozen=True)
class Sizes:
    """Sizes as design.md defines them; None is unknown, never zero."""

    pull_bytes: int | None
    unpacked_bytes: int | None
    unique_bytes: int | None = None
    disk_bytes: int | None = None
    layers: tuple[Layer, ...] = ()


@dataclass(frozen=True)
class CacheEfficiency:
    """What a code-change build did not have to do again, as shares of one; None is unknown.

    Attributes:
        bytes: 1 - compressed bytes of layers with a new digest / compressed bytes of all.
        time: cold seconds of the steps that are now cached / cold seconds of all steps.
    """

    bytes: float | None = None
    time: float | None = None


@dataclass(frozen=True)
class Steps:
    """How many steps of a build came from the cache."""

    cached: int
    total: int


@dataclass(frozen=True)
class Record:
    """One measurement of one variant.

    Attributes:
        variant: its name.
        round_number: from 1.
        order: its place within the round, from 0.
        started: UTC, ISO 8601.
        status: a record that is not `measured` has a reason.
        reason: why it was skipped, or what failed.
        sets: the requirement sets that it installs.
        base: the base of its last stage, as the Dockerfile names it.
        stand_ins: every base, of any stage, that careen made itself.
        sizes: of the image of the cold build.
        digests: by what they are of, such as `manifest` or `config`.
        seconds: by scenario.
        cache_efficiency: of the code-change build.
        steps: by scenario.
        engine: kind, version, buildx, buildkit, store; only what stays the same during a run.
        host: cores, memory_bytes, cpu, kernel, system; only what stays the same during a run.
        unknown: why a figure could not be had, by its name: `unpacked_bytes`,
            `cache_efficiency.time`, `seconds.cold`.
    """

    variant: str
    round_number: int
    order: int
    started: str
    status: Status
    reason: str = ""
    sets: tuple[str, ...] = ()
    base: str = ""
    stand_ins: tuple[StandIn, ...] = ()
    sizes: Sizes | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    cache_efficiency: CacheEfficiency = CacheEfficiency()
    steps: Mapping[str, Steps] = field(default_factory=dict)
    engine: Mapping[str, Any] = field(default_factory=dict)
    host: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.status == "measured" and (self.sizes is None or not (self.engine and self.host)):
            raise RecordError(f"{self.variant}: measured, but without sizes, engine or host")
        if self.status != "measured" and not self.reason.strip():
            raise RecordError(f"{self.variant}: {self.status}, but without a reason")


def to_table(record: Record) -> dict[str, Any]:
    """Give a record as JSON's types, `round_number` as `round`."""
    table: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    for key, value in asdict(record).items():
        table["round" if key == "round_number" else key] = value
    as_lists: dict[str, Any] = json.loads(json.dumps(table, allow_nan=False))
    return as_lists


def to_json(record: Record) -> bytes:
    """Give a record's file."""
    return json.dumps(to_table(record), indent=2, ensure_ascii=False).encode() + b"\n"


def from_json(data: bytes) -> Record:
    """Read a record's file.

    Raises:
        RecordError: it is not JSON, a field is missing, unknown or not of its form.
    """
    fields = Fields(parse_json(data), "record")
    if (version := fields.take("schema_version", _count)) != SCHEMA_VERSION:
        raise RecordError(f"record: schema_version {version} is not {SCHEMA_VERSION}")
    record = Record(
        variant=fields.take("variant", _filled),
        round_number=fields.take("round", _from_one),
        order=fields.take("order", _count),
        started=fields.take("started", _filled),
        status=fields.take("status", _status),
        reason=fields.take("reason", _text),
        sets=fields.take("sets", _texts),
        base=fields.take("base", _text),
        stand_ins=tuple(_stand_in(part) for part in fields.tables("stand_ins")),
        sizes=fields.take("sizes", _sizes),
        digests=fields.take("digests", _by_name(_text)),
        seconds=fields.take("seconds", _by_name(_amount)),
        cache_efficiency=fields.take("cache_efficiency", _cache_efficiency),
        steps=fields.take("steps", _by_name(_steps)),
        engine=fields.take("engine", _table),
        host=fields.take("host", _table),
        unknown=fields.take("unknown", _by_name(_text)),
    )
    fields.close()
    return record


def parse_json(data: bytes) -> object:
    """Read JSON; NaN and Infinity are none.

    Raises:
        RecordError: it is not JSON.
    """
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"no JSON: {error}") from None


class Fields:
    """Takes the fields of a JSON object one by one; what is left at the end is an error."""

    def __init__(self, value: object, where: str) -> None:
        self._values = dict(_table(value, where))
        self._where = where
        self._known: list[str] = []

    def take(self, key: str, read: Callable[[object, str], Value]) -> Value:
        """Give a field's value, read and checked."""
        self._known.append(key)
        if key not in self._values:
            raise RecordError(f"{self._where}: {key} is missing")
        return read(self._values.pop(key), f"{self._where}: {key}")

    def tables(self, key: str) -> list[Fields]:
        """Give a field's value, a list of objects."""
        return self.take(
            key, lambda value, where: [Fields(part, where) for part in _list(value, where)]
        )

    def close(self) -> None:
        """Check that nothing is left.

        Raises:
            RecordError: an unknown field is.
        """
        for key in self._values:
            raise RecordError(f"{self._where}: unknown field {key}", hint=nearest(key, self._known))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _wrong(value: object, where: str, wanted: str) -> RecordError:
    return RecordError(f"{where}: {wanted} is wanted, not {str(value)[:60]!r}")


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(value, where, "an object")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(value, where, "a list")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _wrong(value, where, "a text")
    return value


def _filled(value: object, where: str) -> str:
    if not _text(value, where).strip():
        raise _wrong(value, where, "a text that is not empty")
    return str(value)


def _texts(value: object, where: str) -> tuple[str, ...]:
    return tuple(_text(part, where) for part in _list(value, where))


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _wrong(value, where, "a whole number from 0")
    return value


def _from_one(value: object, where: str) -> int:
    if _count(value, where) == 0:
        raise _wrong(value, where, "a whole number from 1")
    return int(str(value))


def _amount(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, where, "a number")
    if not math.isfinite(value) or value < 0:
        raise _wrong(value, where, "a number from 0")
    return float(value)


def _share(value: object, where: str) -> float | None:
    if value is None:
        return None
    if (share := _amount(value, where)) > 1:
        raise _wrong(value, where, "a share from 0 to 1")
    return share


def _count_or_none(value: object, where: str) -> int | None:
    return None if value is None else _count(value, where)


def _status(value: object, where: str) -> Status:
    if value not in get_args(Status):
        raise _wrong(value, where, " or ".join(get_args(Status)))
    status: Status = value  # type: ignore[assignment] # it is one of the three
    return status


def _by_name(
    read: Callable[[object, str], Value],
) -> Callable[[object, str], dict[str, Value]]:
    return lambda value, where: {
        key: read(part, f"{where}: {key}") for key, part in _table(value, where).items()
    }


def _stand_in(fields: Fields) -> StandIn:
    stand_in = StandIn(
        fields.take("reference", _filled),
        fields.take("stand_in", _filled),
        fields.take("recipe", _filled),
    )
    fields.close()
    return stand_in


def _layer(fields: Fields) -> Layer:
    layer = Layer(fields.take("digest", _filled), fields.take("compressed_bytes", _count))
    fields.close()
    return layer


def _sizes(value: object, where: str) -> Sizes | None:
    if value is None:
        return None
    fields = Fields(value, where)
    sizes = Sizes(
        pull_bytes=fields.take("pull_bytes", _count_or_none),
        unpacked_bytes=fields.take("unpacked_bytes", _count_or_none),
        unique_bytes=fields.take("unique_bytes", _count_or_none),
        disk_bytes=fields.take("disk_bytes", _count_or_none),
        layers=tuple(_layer(part) for part in fields.tables("layers")),
    )
    fields.close()
    return sizes


def _cache_efficiency(value: object, where: str) -> CacheEfficiency:
    fields = Fields(value, where)
    efficiency = CacheEfficiency(fields.take("bytes", _share), fields.take("time", _share))
    fields.close()
    return efficiency


def _steps(value: object, where: str) -> Steps:
    fields = Fields(value, where)
    steps = Steps(fields.take("cached", _count), fields.take("total", _count))
    fields.close()
    return steps
