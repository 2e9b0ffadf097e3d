"""Measures one variant once: a cold build, a code change, and a build of nothing new."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from careen.bench.record import CacheEfficiency, Layer, Record, Sizes, StandIn, Steps
from careen.bench.workspace import change_code, workspace
from careen.build.efficiency import time_efficiency
from careen.build.plan import BuildPlan, Options, VariantPlan
from careen.build.trace import Trace, for_target
from careen.engine.build_cache import forget
from careen.engine.host import describe_engine, describe_host
from careen.errors import BuildFailedError, CareenError, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from careen.bench.matrix import Run
    from careen.build.run import Baked, Builder
    from careen.config.model import Settings
    from careen.engine.obtain import Engine

TAG_SUFFIX = "-careen-benchmark"
COLD, CODE_CHANGE, NO_OP = "cold", "code-change", "no-op"


@dataclass(frozen=True)
class Measured:
    """One scenario: the build's time and trace, and the sizes of what came out."""

    seconds: float
    trace: Trace
    sizes: dict[str, Any]
    image_id: str


class Measurer:
    """Measures variants on one engine.

    Cold means: every step built anew (`no-cache`), cache mounts with ids that no build before
    used, so that they are empty and nobody else's are touched, and the bases present. See
    facts on BUILDKIT_CACHE_MOUNT_NS in BuildKit's Dockerfile reference.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        builder: Builder,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._builder = builder
        self._say = say

    def measure(self, run: Run, round_number: int, order: int, name: str) -> Record:
        """Measure a variant; what goes wrong is in the record, not raised.

        Raises:
            EngineError: the engine itself went away, or the disk is full: no variant can be
                measured any more.
        """
        started = datetime.now(UTC).isoformat(timespec="seconds")
        facts: dict[str, Any] = {
            "variant": name,
            "round_number": round_number,
            "order": order,
            "started": started,
            "sets": self._settings.variants[name].sets,
            "engine": describe_engine(self._engine),
            "host": describe_host(self._engine),
        }
        try:
            with workspace(self._settings.root / self._settings.build.context) as folder:
                return self._measure(run, folder, name, facts)
        except BuildFailedError as error:
            return Record(**facts, status="failed", reason=str(error))
        except EngineError:
            raise
        except CareenError as error:
            return Record(**facts, status="failed", reason=str(error))

    def _measure(self, run: Run, folder: Path, name: str, facts: dict[str, Any]) -> Record:
        namespace = f"careen-{run.id}-{facts['round_number']}-{name}-{secrets.token_hex(3)}"
        variant = self._plan(name, folder, namespace, COLD).variants[0]
        facts |= {"base": variant.base, "stand_ins": _stand_ins(variant)}
        if variant.skipped:
            return Record(**facts, status="skipped", reason=variant.skipped)
        self._see_bases(variant)
        self._builder.check_disk()
        scenarios = [one for one in (COLD, CODE_CHANGE, NO_OP) if one in {*run.scenarios, COLD}]
        plans = {one: self._plan(name, folder, namespace, one) for one in scenarios}
        found: dict[str, Measured] = {}
        try:
            for scenario, plan in plans.items():
                if scenario == CODE_CHANGE:
                    nonce = f"{namespace}-{secrets.token_hex(8)}"
                    change_code(folder, self._settings.benchmark.change_file, nonce)
                found[scenario] = self._build(plan, scenario)
        finally:
            for plan in plans.values():
                self._engine.client.remove_image(plan.variants[0].tag)
            forget(self._engine, namespace, self._say)
        return self._record(facts, found)

    def _plan(self, name: str, folder: Path, namespace: str, scenario: str) -> BuildPlan:
        # A tag for each scenario: an image that loses its tag to the next one has its layers
        # collected, now and then before the next one is known to need them.
        options = Options(
            no_cache=scenario == COLD,
            cache_namespace=namespace,
            context=folder,
            tag_suffix=f"{TAG_SUFFIX}-{scenario}",
        )
        return self._builder.plan([name], options)

    def _see_bases(self, variant: VariantPlan) -> None:
        for base in variant.bases:
            if base.source == "registry" and self._engine.client.image(base.reference) is None:
                self._say(f"pulling {base.reference}, so that no build has to")
                self._engine.client.pull(base.reference)

    def _build(self, plan: BuildPlan, scenario: str) -> Measured:
        variant = plan.variants[0]
        baked: Baked = self._builder.bake(plan)
        self._say(f"{variant.name} {scenario}: {baked.seconds:.2f} s")
        return Measured(
            seconds=round(baked.seconds, 3),
            trace=for_target(baked.trace, variant.name),
            sizes=self._builder.sizes_of(variant.tag),
            image_id=self._builder.image_id(variant.tag),
        )

    def _record(self, facts: dict[str, Any], found: dict[str, Measured]) -> Record:
        cold = found[COLD]
        fault = _fault(found)
        if fault:
            return Record(**facts, status="failed", reason=fault)
        return Record(
            **facts,
            status="measured",
            sizes=_sizes(cold.sizes),
            digests={"image": cold.image_id},
            seconds={scenario: one.seconds for scenario, one in found.items()},
            cache_efficiency=_efficiency(found),
            steps={scenario: _steps(one.trace) for scenario, one in found.items()},
            unknown={} if CODE_CHANGE in found else _NOT_MEASURED,
        )


_NOT_MEASURED = {
    f"cache_efficiency.{kind}": "the code-change scenario was left out"
    for kind in ("bytes", "time")
}


def byte_efficiency(before: dict[str, Any], after: dict[str, Any]) -> float:
    """Give 1 - compressed bytes of layers with a new digest / compressed bytes of all layers.

    >>> old = {"layers": [{"digest": "a", "compressed_bytes": 90}]}
    >>> byte_efficiency(old, {"layers": [*old["layers"], {"digest": "b", "compressed_bytes": 10}]})
    0.9
    """
    had = {layer["digest"] for layer in before["layers"]}
    sizes = [(layer["digest"] in had, layer["compressed_bytes"]) for layer in after["layers"]]
    total = sum(size for _, size in sizes)
    return sum(size for kept, size in sizes if kept) / total if total else 1.0


def _efficiency(found: dict[str, Measured]) -> CacheEfficiency:
    if CODE_CHANGE not in found:
        return CacheEfficiency()
    cold, changed = found[COLD], found[CODE_CHANGE]
    return CacheEfficiency(
        bytes=round(byte_efficiency(cold.sizes, changed.sizes), 6),
        time=time_efficiency(cold.trace, changed.trace),
    )


def _fault(found: dict[str, Measured]) -> str:
    """Say what makes the figures no measurement of what their names say, "" where they are."""
    cached = [
        step
        for step in found[COLD].trace.steps
        if step.kind == "dockerfile" and step.cached and not step.runs_nothing
    ]
    if cached:
        return f"the cold build took steps from a cache: {cached[0].name}"
    changed = found.get(CODE_CHANGE)
    if changed and changed.image_id == found[COLD].image_id:
        return "the changed file is not in the image: see benchmark.change-file and .dockerignore"
    steps = found[NO_OP].trace.steps if NO_OP in found else ()
    ran = [step.name for step in steps if step.kind == "dockerfile" and not step.reused]
    if ran:
        return f"a build of nothing new ran a step again: {ran[0]}"
    return ""


def _sizes(sizes: dict[str, Any]) -> Sizes:
    return Sizes(
        pull_bytes=sizes["pull_bytes"],
        unpacked_bytes=sizes["unpacked_bytes"],
        layers=tuple(
            Layer(layer["digest"], layer["compressed_bytes"]) for layer in sizes["layers"]
        ),
    )


def _steps(trace: Trace) -> Steps:
    own = [step for step in trace.steps if step.kind == "dockerfile"]
    return Steps(sum(1 for step in own if step.reused), len(own))


def _stand_ins(variant: VariantPlan) -> tuple[StandIn, ...]:
    return tuple(
        StandIn(base.reference, base.context.removeprefix("docker-image://"), base.recipe)
        for base in variant.stand_ins
    )
