"""Validates images: their files, and the services that run from them, against one contract."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from careen.config.model import Budgets
from careen.contract.checks import configuration, files
from careen.contract.checks.judge import NO_SERVICE, skipped
from careen.contract.load import NAME as LOAD
from careen.contract.load import compared
from careen.contract.model import Check, Verdict
from careen.contract.service_checks import attempt, no_probes, service_checks
from careen.contract.workbench import Bench, CancelledError, ImageUnderTest, Start
from careen.engine.client import EngineClient
from careen.engine.images import open_image
from careen.engine.ownership import remove_own, sweep
from careen.errors import CareenError
from careen.image.model import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from careen.config.contract import ContractSettings
    from careen.contract.service_checks import Running
    from careen.engine.obtain import Engine

_WORKERS = 6
STRUCTURE = "structure-tests"
_API_SECONDS = 60.0
_UNREAD = Image("", "", "", "", {}, 0, (), ())
IMAGE_CHECKS: tuple[tuple[str, Callable[[Bench], Check]], ...] = (
    ("pull-size", configuration.pull_size),
    ("unpacked-size", configuration.unpacked_size),
    ("user-not-root", configuration.user_not_root),
    ("no-shell", files.no_shell),
    ("no-package-manager", files.no_package_manager),
    ("setuid-files", files.setuid_files),
    ("world-writable", files.world_writable),
    ("files-owned-by-root", files.files_owned_by_root),
    ("files-not-writable", files.not_writable_by_service),
    ("no-secrets", configuration.no_secrets),
    ("labels", configuration.labels),
    ("ports", configuration.ports),
    ("architecture", configuration.architecture),
)


def validate_image(
    target: ImageUnderTest,
    contract: ContractSettings,
    budgets: Budgets,
    engine: Engine,
    *,
    say: Callable[[str], None] = lambda _: None,
    probes: Callable[[Running], Sequence[Check]] = no_probes,
) -> Verdict:
    """Validate one image; see `validate_images`."""
    found = validate_images(
        [target], contract, {target.variant: budgets}, engine, say=say, probes=probes
    )
    return found[0]


def no_further_checks(_: Bench) -> Sequence[Check]:
    """Check nothing more of an image."""
    return ()


def validate_images(
    targets: Sequence[ImageUnderTest],
    contract: ContractSettings,
    budgets: Mapping[str, Budgets],
    engine: Engine,
    *,
    say: Callable[[str], None] = lambda _: None,
    probes: Callable[[Running], Sequence[Check]] = no_probes,
    later: Callable[[Running], Sequence[Check]] = no_probes,
    beside: Callable[[Bench], Sequence[Check]] = no_further_checks,
    rounds: LoadRounds | None = None,
    workers: int = _WORKERS,
) -> list[Verdict]:
    """Validate images at the same time.

    The starts are measured first, one at a time in rounds that have each image once, since they
    are the one figure that a busy machine spoils; everything else goes on in parallel.

    Args:
        targets: the images.
        contract: that each of them keeps.
        budgets: by the targets' variants.
        engine: that has the images.
        say: told what goes on.
        probes: asks each running service what the contract asks; see `service_checks`.
        later: asks it once its memory at rest is measured.
        beside: checks the image without its service, beside the checks that wait for one.
        rounds: how the load is measured in rounds that have each image once; None measures none.
        workers: images at the same time.

    Returns:
        A verdict for each, in their order. What could not be checked is `unknown` in it.
    """
    for name in sweep(engine.client):
        say(f"removed {name}: the run that made it was killed")
    cancelled = threading.Event()
    platform = engine.client.info().platform
    with ExitStack() as stack:
        endpoint = engine.client.endpoint
        clients = [
            stack.enter_context(EngineClient(endpoint, timeout_seconds=_API_SECONDS))
            for _ in targets
        ]

        def read(target: ImageUnderTest, client: EngineClient) -> Bench | Verdict:
            own = budgets.get(target.variant, Budgets())
            kept = contract.of(target.variant)
            return _bench(Bench(target, kept, own, client, _UNREAD, platform, say, cancelled))

        pool = ThreadPoolExecutor(max_workers=max(1, min(workers, len(targets))))
        try:
            benches = list(pool.map(read, targets, clients))
            ready = [bench for bench in benches if isinstance(bench, Bench)]
            measure_starts(ready)
            loads = measure_loads(ready, rounds) if rounds else {}
            verdicts = list(pool.map(lambda bench: _verdict(bench, probes, later, beside), benches))
            return [
                replace(one, checks=(*one.checks, loads[one.variant]))
                if one.variant in loads
                else one
                for one in verdicts
            ]
        except BaseException:
            cancelled.set()
            pool.shutdown(wait=False, cancel_futures=True)
            remove_own(engine.client)
            raise
        finally:
            pool.shutdown(wait=True)


@dataclass(frozen=True)
class LoadRounds:
    """How loads are compared.

    Attributes:
        send: sends a contract's load to an address.
        number: of the rounds.
        baseline: the variant that the others are compared with, where it is among them.
        seed: of the order in which each round has them.
    """

    send: Callable[[ContractSettings, str], Check]
    number: int
    baseline: str
    seed: int = 20261125


def measure_loads(benches: Sequence[Bench], rounds: LoadRounds) -> dict[str, Check]:
    """Send each image its load, one at a time, in rounds; give a check by variant."""
    found: dict[str, list[Check]] = {bench.target.variant: [] for bench in benches}
    ready = [bench for bench in benches if bench.starts and all(x.is_good for x in bench.starts)]
    # In another order each round: what comes first on a machine is not always the same.
    chance = Random(rounds.seed)  # noqa: S311 - an order, no secret
    for number in range(rounds.number):
        for bench in chance.sample(ready, len(ready)):
            variant = bench.target.variant
            bench.say(f"{variant}: load {number + 1} of {rounds.number}")
            found[variant].append(_load_once(bench, rounds))
    baseline = found.get(rounds.baseline, [])
    return {
        variant: compared(own, () if variant == rounds.baseline else baseline, rounds.baseline)
        if own
        else skipped(LOAD, NO_SERVICE)
        for variant, own in found.items()
    }


def _load_once(bench: Bench, rounds: LoadRounds) -> Check:
    try:
        with bench.started(bench.plan()) as (container, start):
            if not start.is_good:
                return Check(LOAD, "failed", start.what, log=start.log)
            return rounds.send(bench.contract, container.base_url)
    except CancelledError:
        raise
    except CareenError as error:
        return Check(LOAD, "unknown", str(error.args[0]))


def measure_starts(benches: Sequence[Bench]) -> None:
    """Start each image as often as its contract says, until a start fails."""
    rounds = max((bench.contract.limits.start_runs for bench in benches), default=0)
    for number in range(rounds):
        for bench in benches:
            runs = bench.contract.limits.start_runs
            if number < runs and all(start.is_good for start in bench.starts):
                bench.say(f"{bench.target.variant}: start {number + 1} of {runs}")
                bench.starts.append(_start(bench))


def _start(bench: Bench) -> Start:
    if bench.port is None:
        what = "its port is not known: EXPOSE one, or set port in the contract"
        return Start(None, what, exited=True)
    try:
        with bench.started(bench.plan()) as (_, start):
            return start
    except CancelledError:
        raise
    except CareenError as error:
        return Start(None, error.args[0], exited=True)


def _bench(bench: Bench) -> Bench | Verdict:
    """Read the image of a bench; the verdict where that fails."""
    target = bench.target
    try:
        bench.image = open_image(
            f"engine:{target.tag}",
            platform=target.platform,
            endpoint=bench.client.endpoint,
            say=bench.say,
        )
    except CareenError as error:
        check = Check("image", "unknown", error.args[0])
        return Verdict(target.variant, target.tag, (check,), target.platform)
    return bench


def _verdict(
    bench: Bench | Verdict,
    probes: Callable[[Running], Sequence[Check]],
    later: Callable[[Running], Sequence[Check]],
    beside: Callable[[Bench], Sequence[Check]],
) -> Verdict:
    if isinstance(bench, Verdict):
        return bench
    with ThreadPoolExecutor(1, "validate-beside") as pool:
        pending: list[Future[list[Check]]] = []

        def meanwhile() -> list[Check]:
            # Not before the load was measured, which it would slow down.
            act = partial(beside, bench)
            pending.append(pool.submit(attempt, bench, (STRUCTURE,), act))
            return image_checks(bench)

        checks = list(service_checks(bench, probes, meanwhile, later))
        checks += [check for each in pending for check in each.result()]
    return Verdict(
        bench.target.variant,
        bench.target.tag,
        tuple(checks),
        bench.image.platform,
        bench.image.is_stand_in,
    )


def image_checks(bench: Bench) -> list[Check]:
    """Make the checks that need no container."""
    checks = []
    for name, check in IMAGE_CHECKS:
        checks += attempt(bench, (name,), partial(_one, check, bench))
    return checks


def _one(check: Callable[[Bench], Check], bench: Bench) -> list[Check]:
    return [check(bench)]
