"""Carries a build plan out: bases, disk, buildx, live progress, sizes, records."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.build.explain import explain
from careen.build.failure import find_failure
from careen.build.plan import (
    BuildPlan,
    Options,
    Surroundings,
    VariantPlan,
    make_plan,
    read_source,
)
from careen.build.record import BuildRecord, write
from careen.build.trace import Event, Trace, TraceReader, for_target
from careen.engine import checkout
from careen.engine.bases import BaseResolver
from careen.engine.buildx import bake
from careen.engine.doctor import HOST_BUNDLES
from careen.engine.obtain import Engine, obtain
from careen.engine.paths import cache_folder
from careen.engine.sizes import SizeCache
from careen.engine.stand_in.make import Maker
from careen.engine.temporary import temporary_folder
from careen.errors import (
    BaseMissingError,
    CareenError,
    ConfigError,
    DiskFullError,
    EngineError,
    LayerCollectedError,
    ProcessError,
)
from careen.report.progress import BuildProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.config.model import Settings
    from careen.engine.client import ServerInfo

Watch = Callable[[list[Event]], None]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Baked:
    """One run of buildx.

    Attributes:
        trace: its steps.
        seconds: wall-clock time of the whole program, what a user waits for.
    """

    trace: Trace
    seconds: float


@dataclass(frozen=True)
class BuildOutcome:
    """What a build came to: a record for each variant that was built, the others with why not."""

    plan: BuildPlan
    records: tuple[BuildRecord, ...]
    skipped: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {
            "variants": {record.variant: record.to_json() for record in self.records},
            "skipped": self.skipped,
            "seconds": round(self.seconds, 3),
        }


def build_variants(
    settings: Settings,
    names: Sequence[str],
    options: Options,
    *,
    asked: bool,
    dry: bool,
    say: Say = lambda _: None,
) -> BuildOutcome:
    """Obtain an engine and build variants on it, with live progress for people.

    Args:
        settings: the project's.
        names: the variants.
        options: the command line's.
        asked: whether they were named, so that none may be skipped.
        dry: plan only.
        say: told what takes long.
    """
    for name in names:  # a mistake in a Dockerfile is told before an engine is started
        read_source(settings, name)
    engine = obtain(settings.engine.kind, say)
    with engine.client:
        builder = Builder(engine, settings, say)
        plan = builder.plan(names, options, asked=asked)
        if dry:
            return BuildOutcome(plan, ())
        for variant in plan.variants:
            for base in variant.stand_ins:
                say(f"{variant.name}: a stand-in for {base.reference}: {base.reason}")
        with BuildProgress([variant.name for variant in plan.built]) as progress:
            return builder.build(plan, progress.update)


class Builder:
    """Builds variants on one engine.

    Args:
        engine: where.
        settings: the project's.
        say: told what takes long.
    """

    def __init__(self, engine: Engine, settings: Settings, say: Say = lambda _: None) -> None:
        self._engine = engine
        self._settings = settings
        self._say = say
        self._sizes = SizeCache(engine.client, cache_folder() / "sizes")
        maker = Maker(cache_folder(), engine.tools, say) if settings.bases.stand_ins else None
        self._resolver = BaseResolver(
            engine.client,
            maker,
            registry_timeout_seconds=settings.engine.registry_timeout_seconds,
            say=say,
        )

    @cached_property
    def _server(self) -> ServerInfo:
        """What the engine says of itself; asked once, since it does not change while it runs."""
        return self._engine.client.info()

    def plan(self, names: Sequence[str], options: Options, *, asked: bool = False) -> BuildPlan:
        """Resolve the bases of variants and plan their build.

        Args:
            names: the variants.
            options: the command line's.
            asked: whether they were named, so that none may be skipped.

        Raises:
            BaseMissingError: a base of a variant that was named cannot be had.
            DockerfileError: a Dockerfile is missing or does not parse.
        """
        sources = [read_source(self._settings, name) for name in names]
        wanted = [ref for source in sources for ref in (*source.references, *source.frontends)]
        bases = self._resolver.resolve(wanted)
        plan = make_plan(
            self._settings,
            sources,
            bases,
            options,
            Surroundings(
                certificates(self._settings),
                self._server.image_store,
                checkout.revision(self._settings.root),
                self._server.platform,
            ),
        )
        skipped = [variant for variant in plan.variants if variant.skipped]
        if asked and skipped:
            lines = "; ".join(f"{variant.name}: {variant.skipped}" for variant in skipped)
            raise BaseMissingError(
                f"cannot build {lines}",
                hint="where a registry is reachable it is pulled; `careen bases` lists stand-ins",
            )
        return plan

    def build(self, plan: BuildPlan, watch: Watch = lambda _: None) -> BuildOutcome:
        """Build all variants of a plan and write their records.

        Raises:
            DiskFullError: there is, or was, too little disk.
            BuildFailedError: a step failed; the records of finished variants are kept.
            EngineError: the engine went away.
        """
        skipped = {one.name: one.skipped for one in plan.variants if one.skipped}
        if not plan.built:
            return BuildOutcome(plan, (), skipped)
        self.check_disk()
        reader = TraceReader([variant.name for variant in plan.built])
        try:
            baked = self._bake_again_if_collected(plan, watch, reader)
        except EngineError:
            self._keep_finished(plan, reader.trace())
            raise
        records = tuple(self._record(variant, baked.trace) for variant in plan.built)
        return BuildOutcome(plan, records, skipped, baked.seconds)

    def _bake_again_if_collected(self, plan: BuildPlan, watch: Watch, reader: TraceReader) -> Baked:
        """Run buildx; once more where the engine lost a layer on the way, which costs little.

        An image that takes the tag of an older one reuses that one's unpacked layers, and
        containerd may collect them before the new image is known to need them.
        """
        try:
            return self.bake(plan, watch, reader=reader)
        except LayerCollectedError as error:
            self._say(f"{str(error).splitlines()[0]}; building again from the cache")
            return self.bake(plan, watch)

    def check_disk(self) -> None:
        """See that there is enough free disk for a build.

        Raises:
            DiskFullError: there is not.
        """
        free = self._engine.client.free_disk_bytes()
        needed = self._settings.engine.min_free_disk
        if free is not None and free < needed:
            raise DiskFullError(
                f"{free / 1e9:.1f} GB free where the engine keeps its data; "
                f"{needed / 1e9:.1f} GB are needed before a build (engine.min-free-disk)",
                hint="free some, for example with `docker system df` and `careen clean --images`",
            )

    def bake(
        self, plan: BuildPlan, watch: Watch = lambda _: None, *, reader: TraceReader | None = None
    ) -> Baked:
        """Run buildx over a plan; measures no image and writes no record.

        Raises:
            BuildFailedError: a step, a Dockerfile or a base failed.
            DiskFullError: the disk ran full.
            EngineError: the engine went away.
        """
        reader = reader or TraceReader([variant.name for variant in plan.built])
        with temporary_folder("bake") as folder:
            try:
                done = bake(
                    self._engine,
                    plan.bake(),
                    cwd=self._settings.root,
                    timeout_seconds=self._settings.build.timeout_seconds,
                    arguments=(
                        *("--metadata-file", str(folder / "metadata.json")),
                        *(part for value in plan.options.set_values for part in ("--set", value)),
                    ),
                    on_stderr=lambda chunk: watch(reader.feed(chunk)),
                )
            except ProcessError as error:
                watch(reader.end())
                raise self._failed(plan, reader.trace(), error) from None
        watch(reader.end())
        return Baked(reader.trace(), done.seconds)

    def sizes_of(self, tag: str) -> dict[str, Any]:
        """Measure an image of the engine, once for each image id; see `careen.image.sizes`."""
        return self._sizes.sizes(tag).to_json()

    def image_id(self, tag: str) -> str:
        """Give an image's id, "" where the engine does not have it."""
        return str((self._engine.client.image(tag) or {}).get("Id", ""))

    def _keep_finished(self, plan: BuildPlan, trace: Trace) -> None:
        """Write the records of the variants that were exported before another one failed."""
        for variant in plan.built:
            own = for_target(trace, variant.name)
            exports = [step for step in own.steps if step.kind == "export"]
            if not exports or any(s.error or s.running or s.started is None for s in exports):
                continue
            try:
                self._record(variant, trace)
            except EngineError:
                return  # the engine is gone: nothing can be measured any more

    def _record(self, variant: VariantPlan, trace: Trace) -> BuildRecord:
        own = for_target(trace, variant.name)
        image = self._engine.client.image(variant.tag)
        sizes = self._sizes.sizes(variant.tag) if image else None
        base = self._base_image(variant)
        record = BuildRecord(
            variant=variant.name,
            tag=variant.tag,
            image_id=str((image or {}).get("Id", "")),
            platform=f"{image['Os']}/{image['Architecture']}" if image else "",
            base=variant.base,
            sets=variant.sets,
            stand_ins={
                stand_in.reference: {
                    "stand_in": stand_in.context.removeprefix("docker-image://"),
                    "recipe": stand_in.recipe,
                    "summary": stand_in.summary,
                }
                for stand_in in variant.stand_ins
            },
            seconds=round(own.seconds, 3),
            steps=tuple(
                {
                    "name": step.name,
                    "kind": step.kind,
                    "seconds": round(step.seconds, 3),
                    "cached": step.reused,
                }
                for step in own.steps
            ),
            context_bytes=own.context_bytes,
            sizes=sizes.to_json() if sizes else None,
            unique_bytes=_unique_bytes(image, base, sizes.to_json()) if image and sizes else None,
            engine=self._server.to_json(),
            warnings=trace.warnings,
            built=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        write(record, self._settings.root / self._settings.build.records)
        return record

    def _base_image(self, variant: VariantPlan) -> dict[str, Any] | None:
        for base in variant.bases:
            if base.reference == variant.base:
                name = base.context.removeprefix("docker-image://") or base.reference
                return self._engine.client.image(name)
        return None

    def _failed(self, plan: BuildPlan, trace: Trace, error: ProcessError) -> CareenError:
        failure = find_failure(trace, error.stdout)
        if failure is None:
            return error
        return explain(failure, plan)


def certificates(settings: Settings) -> Path | None:
    """Give the CA bundle for the optional build secret, None where builds get none.

    Raises:
        ConfigError: the configured file does not exist.
    """
    wanted = settings.build.ca_certificates
    if wanted == "none":
        return None
    if wanted != "auto":
        path = (settings.root / wanted).absolute()
        if not path.is_file():
            raise ConfigError(
                f"build.ca-certificates: no file {path}", hint="give a path, `auto` or `none`"
            )
        return path
    for name in (os.environ.get("SSL_CERT_FILE", ""), *HOST_BUNDLES):
        if name and Path(name).is_file():
            return Path(name)
    return None


def _unique_bytes(
    image: dict[str, Any], base: dict[str, Any] | None, sizes: dict[str, Any]
) -> int | None:
    """Give the compressed bytes of the layers above the base's, None where it is unknown."""
    if base is None:
        return None
    own, below = image["RootFS"]["Layers"], base["RootFS"]["Layers"]
    if own[: len(below)] != below or len(sizes["layers"]) != len(own):
        return None
    return sum(int(layer["compressed_bytes"]) for layer in sizes["layers"][len(below) :])
