"""From settings to a plan: which variants are built of what, and the bake definition of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.build.cache import NO_CACHE, Cache, import_and_export
from careen.build.dockerfile import (
    Dockerfile,
    external_references,
    final_base,
    platform_args,
    read_dockerfile,
)
from careen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from careen.config.model import Settings, Variant
    from careen.engine.bases import Base

SECRET_ID = "ca-certificates"  # noqa: S105 - the id of a mount, not what it holds

LABEL_REVISION = "org.opencontainers.image.revision"


@dataclass(frozen=True)
class Options:
    """What a command line says of one build.

    Attributes:
        cache: the external cache.
        push: push the images to their registry.
        platforms: in place of the variants' own.
        sbom: attach an SBOM attestation.
        provenance: attach a provenance attestation: "", `min` or `max`.
        set_values: overrides of the bake definition, such as slim.args.X=1.
        no_cache: build every step anew; empties this build's cache mounts.
        cache_namespace: prefix of the cache mounts' ids, "" for the shared ones.
        context: a build context in place of the configured one.
        tag_suffix: put behind the tag, so that a measurement leaves the built image alone.
    """

    cache: Cache = NO_CACHE
    push: bool = False
    platforms: tuple[str, ...] = ()
    sbom: bool = False
    provenance: str = ""
    set_values: tuple[str, ...] = ()
    no_cache: bool = False
    cache_namespace: str = ""
    context: Path | None = None
    tag_suffix: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What a plan takes from the machine that it is made on.

    Attributes:
        certificates: the CA bundle that is given to builds as an optional secret.
        image_store: of the engine, see `careen.engine.client.ServerInfo`.
        revision: of the sources, for the images' label; "" where nobody knows it.
        platform: the engine's own, the only one that there are stand-ins for.
    """

    certificates: Path | None = None
    image_store: str = "containerd"
    revision: str = ""
    platform: str = "linux/amd64"


@dataclass(frozen=True)
class Source:
    """A variant's Dockerfile, read, and the images that its build can pull.

    Attributes:
        name: the variant.
        dockerfile: parsed.
        references: every external image, frontends left out.
        frontends: what `# syntax=` names.
        base: the image that the last stage stands on.
        shown: the Dockerfile's path as the configuration has it.
    """

    name: str
    dockerfile: Dockerfile
    references: tuple[str, ...]
    frontends: tuple[str, ...]
    base: str
    shown: str


@dataclass(frozen=True)
class VariantPlan:
    """How one variant is built, or why it is skipped.

    Attributes:
        name: the variant.
        tag: the image's name.
        dockerfile: its absolute path.
        shown: its path as the configuration has it, for messages.
        base: the image that the last stage stands on.
        sets: the requirement sets.
        bases: every base image, resolved.
        target: the bake target's definition; empty for a skipped variant.
        skipped: why it is not built, "" where it is.
    """

    name: str
    tag: str
    dockerfile: str
    shown: str
    base: str
    sets: tuple[str, ...]
    bases: tuple[Base, ...]
    target: Mapping[str, Any] = field(default_factory=dict)
    skipped: str = ""

    @property
    def stand_ins(self) -> tuple[Base, ...]:
        """The bases that a stand-in takes the place of."""
        return tuple(base for base in self.bases if base.is_stand_in)

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return asdict(self)


@dataclass(frozen=True)
class BuildPlan:
    """All variants of one build."""

    variants: tuple[VariantPlan, ...]
    options: Options

    @property
    def built(self) -> tuple[VariantPlan, ...]:
        """Those that are not skipped."""
        return tuple(variant for variant in self.variants if not variant.skipped)

    def bake(self) -> dict[str, Any]:
        """Give the bake definition, see Docker's "Bake file reference" (JSON form)."""
        return {
            "group": {"default": {"targets": [variant.name for variant in self.built]}},
            "target": {variant.name: dict(variant.target) for variant in self.built},
        }

    def to_json(self) -> dict[str, Any]:
        """Give what `--dry` prints."""
        skipped = {one.name: one.skipped for one in self.variants if one.skipped}
        stand_ins = {
            one.name: {base.reference: base.summary for base in one.stand_ins}
            for one in self.built
            if one.stand_ins
        }
        return {"bake": self.bake(), "skipped": skipped, "stand_ins": stand_ins}


def read_source(settings: Settings, name: str, platform: str = "linux/amd64") -> Source:
    """Read a variant's Dockerfile and check it against what the configuration says of it.

    Raises:
        DockerfileError: it is missing or does not parse.
        ConfigError: its bases are not those that the configuration lists.
    """
    variant = settings.variants[name]
    dockerfile = read_dockerfile(settings.root / variant.dockerfile)
    args = {**platform_args(platform), **variant.args}
    found = external_references(dockerfile, args, variant.target)
    references = {each.reference: each.line for each in found if each.role != "frontend"}
    _check_bases(settings, name, variant, references)
    return Source(
        name=name,
        dockerfile=dockerfile,
        references=tuple(references),
        frontends=tuple(each.reference for each in found if each.role == "frontend"),
        base=final_base(dockerfile, args, variant.target),
        shown=variant.dockerfile,
    )


def make_plan(
    settings: Settings,
    sources: Sequence[Source],
    bases: Mapping[str, Base],
    options: Options,
    surroundings: Surroundings = Surroundings(),
) -> BuildPlan:
    """Plan the build of variants.

    Args:
        settings: the project's.
        sources: the variants' Dockerfiles.
        bases: every external reference of them, resolved, frontends too.
        options: the command line's.
        surroundings: what the machine has.
    """
    names = [source.name for source in sources]
    plans = []
    for source in sources:
        variant = settings.variants[source.name]
        resolved = tuple(bases[reference] for reference in source.references)
        foreign = [
            platform
            for platform in options.platforms or variant.platforms
            if platform != surroundings.platform
        ]
        skipped = _reason(source, bases) or _no_stand_in_for(foreign, resolved)
        target: dict[str, Any] = {}
        if not skipped:
            target = _target(settings, source, resolved, options, names, surroundings)
        plans.append(
            VariantPlan(
                name=source.name,
                tag=_tag(settings, source.name, options),
                dockerfile=source.dockerfile.path,
                shown=source.shown,
                base=source.base,
                sets=variant.sets,
                bases=resolved,
                target=target,
                skipped=skipped,
            )
        )
    return BuildPlan(tuple(plans), options)


def _check_bases(
    settings: Settings, name: str, variant: Variant, references: Mapping[str, int]
) -> None:
    if not variant.bases or set(variant.bases) == set(references):
        return
    extra = [f"{ref} ({variant.dockerfile}:{references[ref]})" for ref in references]
    raise ConfigError(
        f"{settings.root / 'pyproject.toml'}: [tool.careen.variants.{name}] bases = "
        f"{list(variant.bases)}, but its Dockerfile uses {', '.join(extra)}",
        hint="make the two agree, or remove `bases`",
    )


def _reason(source: Source, bases: Mapping[str, Base]) -> str:
    missing = [bases[ref] for ref in source.references if bases[ref].source == "missing"]
    if missing:
        return "; ".join(f"no {base.reference}: {base.reason}" for base in missing)
    absent = [ref for ref in source.frontends if bases[ref].source in {"missing", "stand-in"}]
    if absent:
        return (
            f"no {absent[0]}: the Dockerfile frontend that `# syntax=` asks for cannot be had "
            f"({bases[absent[0]].reason}); without that line the engine's own is used"
        )
    return ""


def _no_stand_in_for(foreign: Sequence[str], bases: Sequence[Base]) -> str:
    made = [base.reference for base in bases if base.is_stand_in]
    if not foreign or not made:
        return ""
    return f"no {made[0]} for {', '.join(foreign)}: a stand-in is of the engine's own platform"


def _tag(settings: Settings, name: str, options: Options) -> str:
    return f"{settings.image}:{name}{options.tag_suffix}"


def _target(
    settings: Settings,
    source: Source,
    bases: tuple[Base, ...],
    options: Options,
    names: Sequence[str],
    surroundings: Surroundings,
) -> dict[str, Any]:
    variant = settings.variants[source.name]
    args = dict(variant.args)
    if options.cache_namespace:
        args["BUILDKIT_CACHE_MOUNT_NS"] = options.cache_namespace
    context = options.context or settings.root / settings.build.context
    target: dict[str, Any] = {
        "context": str(context),
        "dockerfile": str(_dockerfile_in(settings, source, options)),
        "args": args,
        "tags": [_tag(settings, source.name, options)],
        "contexts": {base.reference: base.context for base in bases if base.context},
        "platforms": list(options.platforms or variant.platforms),
        "target": variant.target,
        "no-cache": options.no_cache,
        "labels": {LABEL_REVISION: surroundings.revision} if surroundings.revision else {},
        "secret": _secrets(surroundings.certificates),
        "attest": _attestations(options),
        "output": _output(variant, options, surroundings.image_store),
        **import_and_export(
            options.cache,
            source.name,
            names,
            image=settings.image,
            tag=_tag(settings, source.name, options),
        ),
    }
    return {key: value for key, value in target.items() if value}


def _dockerfile_in(settings: Settings, source: Source, options: Options) -> Path:
    """Give the Dockerfile, in the context that takes the project's place where there is one."""
    path = Path(source.dockerfile.path)
    if options.context is None:
        return path
    return options.context / path.relative_to(settings.root)


def _output(variant: Variant, options: Options, image_store: str) -> list[str]:
    kind = "type=registry" if options.push else "type=image"
    chosen = variant.compression
    if image_store != "containerd" or chosen.kind == "gzip":
        # The classic store keeps layers uncompressed: there is nothing to choose.
        return [kind] if options.push else []
    level = "" if chosen.level is None else f",compression-level={chosen.level}"
    return [f"{kind},compression={chosen.kind}{level}"]


def _secrets(certificates: Path | None) -> list[str]:
    return [f"id={SECRET_ID},src={certificates}"] if certificates else []


def _attestations(options: Options) -> list[str]:
    attest = ["type=sbom"] if options.sbom else []
    if options.provenance:
        attest.append(f"type=provenance,mode={options.provenance}")
    return attest
