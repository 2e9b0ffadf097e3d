"""The task that runs images and sees that the service keeps its contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.tasks.adapter import careen_task, say, show_json, words

if TYPE_CHECKING:
    from careen.config.contract import ContractSettings
    from careen.config.model import Settings
    from careen.contract.model import Verdict
    from careen.contract.workbench import ImageUnderTest


@careen_task(
    variadic="variants",
    help={
        "variants": "those to validate; all that are built by default",
        "variant": "one of them, as `--variant distroless`",
        "load": "send the contract's load with locust, and measure it; --no-load leaves it out",
        "rounds": "send the load in so many rounds, each variant once a round, and compare with "
        "[tool.careen.benchmark] baseline",
        "jobs": "images at the same time; all by default",
        "junit": "write the checks to this file as JUnit's XML as well",
        "markdown": "print Markdown for a pull request",
        "json": "print the checks as JSON",
        "dry": "say which images would be run, and what would be asked",
    },
)
def validate(
    context: Any,
    variants: str = "",
    variant: str = "",
    load: bool = True,
    rounds: int = 0,
    jobs: int = 6,
    junit: str = "",
    markdown: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Run the built images, and check that each does what the contract wants and nothing else.

    Exits with 1 where a check fails, or could not be made.

    Examples: careen validate; careen validate --variant distroless --json
    """
    from careen.config.load import load as load_settings
    from careen.contract.document import document
    from careen.contract.file import load_contract

    check_counts(rounds=rounds, jobs=jobs)
    settings = load_settings().settings
    contract = load_contract(settings)
    targets = _targets(settings, (*words(variants), *words(variant)))
    if dry:
        _show_plan(targets, contract)
        return
    verdicts = _validate(settings, contract, targets, load=load, rounds=rounds, jobs=jobs)
    _show(document(verdicts), junit=junit, markdown=markdown, json=json)


def check_counts(*, rounds: int, jobs: int) -> None:
    """See that the counts are some.

    Raises:
        UsageError: they are not.
    """
    from careen.errors import UsageError

    if rounds < 0:
        raise UsageError(
            f"--rounds {rounds}: there are no rounds below 0", hint="0 sends no rounds"
        )
    if jobs < 1:
        raise UsageError(f"--jobs {jobs}: at least one image has to be run at a time")


def _targets(settings: Settings, names: tuple[str, ...]) -> list[ImageUnderTest]:
    from careen.config.load import built_variants, choose
    from careen.contract.workbench import ImageUnderTest
    from careen.errors import UsageError

    chosen = choose(settings, dict.fromkeys(names)) if names else built_variants(settings)
    if not chosen:
        raise UsageError("no variant is built", hint="`careen build` builds them")
    return [ImageUnderTest(name, f"{settings.image}:{name}") for name in chosen]


def _show_plan(targets: list[ImageUnderTest], contract: ContractSettings) -> None:
    from careen.contract.probing import asked

    limits = {one.variant: contract.of(one.variant).limits for one in targets}
    shown = {name: one.model_dump(mode="json", by_alias=True) for name, one in limits.items()}
    images = {one.variant: one.tag for one in targets}
    show_json({"images": images, "asked": asked(contract), "limits": shown})


def _validate(
    settings: Settings,
    contract: ContractSettings,
    targets: list[ImageUnderTest],
    *,
    load: bool,
    rounds: int,
    jobs: int,
) -> list[Verdict]:
    from careen.contract.probing import further_probes, load_of, probes, structure_probes
    from careen.contract.run import LoadRounds, validate_images
    from careen.engine.obtain import obtain

    budgets = {name: variant.budgets for name, variant in settings.variants.items()}
    engine = obtain(settings.engine.kind, say=say)
    with engine.client:
        return validate_images(
            targets,
            contract,
            budgets,
            engine,
            say=say,
            probes=probes(load=load and not rounds),
            rounds=LoadRounds(load_of, rounds, settings.benchmark.baseline) if rounds else None,
            later=further_probes(settings.root),
            beside=structure_probes(settings.root),
            workers=jobs,
        )


def _show(data: dict[str, Any], *, junit: str, markdown: bool, json: bool) -> None:
    from invoke.exceptions import Exit

    from careen.engine.paths import write_atomically
    from careen.errors import CheckFailedError
    from careen.report.junit import junit as junit_xml
    from careen.report.validate import (
        render_validation,
        validation_markdown,
        validation_suites,
    )

    if junit:
        write_atomically(Path(junit), junit_xml(validation_suites(data)).encode())
        say(f"written: {junit}")
    if json:
        show_json(data)
    else:
        print(validation_markdown(data) if markdown else render_validation(data), end="")
    if data["outcome"] != "passed":
        raise Exit(code=CheckFailedError.exit_code)
