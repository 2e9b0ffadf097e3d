"""The task that builds the variants."""

from __future__ import annotations

from typing import Any

from careen.tasks.adapter import careen_task, say, show_json, words


@careen_task(
    variadic="variants",
    help={
        "variants": "which to build, bare or separated by commas; all by default",
        "cache": "none, inline, local=FOLDER, registry=REFERENCE or gha: import and export there",
        "push": "push the images",
        "platform": "such as linux/amd64,linux/arm64, in place of the variants' own",
        "sbom": "attach an SBOM attestation",
        "provenance": "attach a provenance attestation: min or max",
        "set": "override of the bake definition, such as slim.args.X=1; may be repeated",
        "no_cache": "build every step anew; this empties the cache mounts of these builds",
        "json": "print the records as JSON",
        "dry": "print the plan, build nothing",
    },
    iterable=["set"],
)
def build(
    context: Any,
    variants: str = "",
    cache: str = "none",
    push: bool = False,
    platform: str = "",
    sbom: bool = False,
    provenance: str = "",
    set: Any = None,  # noqa: A002 - the option's name is buildx's
    no_cache: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Build the variants' images, in parallel, and record what came out.

    Examples: careen build; careen build slim distroless; careen build --cache local=build/cache
    """
    from careen.build.cache import parse_cache
    from careen.build.plan import Options
    from careen.build.run import build_variants
    from careen.config.load import choose, load
    from careen.report.build import render_build

    settings = load().settings
    options = Options(
        cache=parse_cache(cache),
        push=push,
        platforms=words(platform),
        sbom=sbom,
        provenance=provenance,
        set_values=tuple(set or ()),
        no_cache=no_cache,
    )
    names = choose(settings, words(variants))
    outcome = build_variants(settings, names, options, asked=bool(variants), dry=dry, say=say)
    if dry:
        show_json(outcome.plan.to_json())
    elif json:
        show_json(outcome.to_json())
    else:
        print(render_build([record.to_json() for record in outcome.records], outcome.skipped))
