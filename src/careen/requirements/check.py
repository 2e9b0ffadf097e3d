"""Are the locks fresh? Told from their fingerprints alone: no network, no pip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from careen.requirements.lock import parse_lock
from careen.requirements.plan import fingerprint, plan
from careen.requirements.target_plan import target_fingerprint, target_plans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from careen.config.model import Settings
    from careen.requirements.lock import Fingerprint, Lock
    from careen.requirements.plan import Compilation
    from careen.requirements.target_plan import TargetPlan

Fault = Literal[
    "missing",
    "no-fingerprint",
    "edited",
    "no-hash",
    "input",
    "options",
    "order",
    "python",
    "target",
]


@dataclass(frozen=True)
class Stale:
    """One thing that is wrong with a lock.

    Attributes:
        set_name: the requirement set.
        fault: `missing`: there is no lock; `no-fingerprint`: nobody knows what it was made of;
            `edited`: by hand, after it was compiled; `no-hash`: a pin has none; `input`: its input
            changed; `options`: pip-compile's did; `order`: it was compiled on other locks than
            those that it stands on now; `python`: with another Python than those; `target`: nobody
            knows what comes out in a target's image.
        path: of the lock, relative to the project.
        line: from 1; None where it means the whole.
        message: in words.
    """

    set_name: str
    fault: Fault
    path: str
    line: int | None
    message: str

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form: the attributes."""
        return dict(vars(self))


def check(settings: Settings) -> tuple[Stale, ...]:
    """Give what is wrong with the locks of all sets, in their order; () where all are fresh.

    Raises:
        ConfigError: the sets or their inputs are wrong themselves.
    """
    runs = plan(settings)
    locks = {run.lock: _read(run.lock) for run in runs}
    found = [stale for run in runs for stale in _faults(run, locks[run.lock], locks, settings.root)]
    for target in target_plans(settings, runs):
        found += _faults_of_target(target, locks, settings.root)
    return tuple(found)


def _faults_of_target(
    target: TargetPlan, common: Mapping[Path, Lock | None], root: Path
) -> Iterator[Stale]:
    """Give what is wrong with a target's own locks, and with those that it has in common."""
    locks = {**common, **{run.lock: _read(run.lock) for run in target.runs}}
    place = (target.image, target.platform)
    for run in target.runs:
        if locks[run.lock] is not None:
            yield from _faults(run, locks[run.lock], locks, root, place)
            continue
        path = target.common[run.name]
        if (lock := locks[path]) is None:
            continue  # it is missing, which has been said
        below = [found for one in run.constraints if (found := locks[one]) is not None]
        made = target_fingerprint(target, run, below, lock.digest).whole
        if lock.same.get(target.name) != made:
            said = f"not compiled for {target.name} as it is now, in {target.image}"
            yield Stale(run.name, "target", str(path.relative_to(root)), None, said)


def _read(path: Path) -> Lock | None:
    return parse_lock(path.read_text(encoding="utf-8")) if path.is_file() else None


def _faults(
    run: Compilation,
    lock: Lock | None,
    locks: Mapping[Path, Lock | None],
    root: Path,
    place: tuple[str, ...] = (),
) -> Iterator[Stale]:
    path = str(run.lock.relative_to(root))

    def stale(fault: Fault, message: str, line: int | None = None) -> Stale:
        return Stale(run.name, fault, path, line, message)

    if lock is None:
        yield stale("missing", "there is no such lock")
        return
    for pin in lock.pins:
        if not pin.hashes:
            yield stale("no-hash", f"{pin.name}=={pin.version} has no hash", pin.line)
    if lock.fingerprint is None:
        yield stale("no-fingerprint", "it does not say what it was compiled from")
        return
    below = [found for one in run.constraints if (found := locks[one]) is not None]
    now = fingerprint(run, below, lock.digest, place)
    for fault, message in _differences(lock.fingerprint, now, run, root):
        yield stale(fault, message)
    yield from (stale(*conflict) for conflict in _other_pins(lock, run, locks, root))
    for one, other in ((one, locks[one]) for one in run.constraints):
        if other is not None and other.python != lock.python:
            name = one.relative_to(root)
            said = f"compiled with Python {lock.python or 'unknown'}, {name} with {other.python}"
            yield stale("python", said)


def _differences(
    old: Fingerprint, now: Fingerprint, run: Compilation, root: Path
) -> Iterator[tuple[Fault, str]]:
    if old.lock != now.lock:
        yield "edited", "it was edited by hand after it was compiled"
    if old.input != now.input:
        yield "input", f"{run.source.relative_to(root)} has changed since"
    if old.options != now.options:
        yield "options", "it was compiled with other options"
    if old.constraints != now.constraints:
        names = ", ".join(str(path.relative_to(root)) for path in run.constraints) or "no lock"
        yield "order", f"it was compiled on another state of {names}"


def _other_pins(
    lock: Lock, run: Compilation, locks: Mapping[Path, Lock | None], root: Path
) -> Sequence[tuple[Fault, str, int]]:
    """Give the pins that differ from those of a lock below."""
    found: list[tuple[Fault, str, int]] = []
    for path in run.constraints:
        below = {pin.name: pin.version for pin in other.pins} if (other := locks[path]) else {}
        for pin in lock.pins:
            if below.get(pin.name, pin.version) != pin.version:
                said = f"{pin.name} is {pin.version}, {below[pin.name]} in {path.relative_to(root)}"
                found.append(("order", said, pin.line))
    return found
