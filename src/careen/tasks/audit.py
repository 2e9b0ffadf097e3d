"""The task that looks at what should be looked at from time to time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.tasks.adapter import careen_task, say, show_json, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from careen.audit.run import Outside
    from careen.config.model import Settings


@careen_task(
    variadic="checks",
    help={
        "checks": "dependencies, releases, base-images, actions, waivers; all by default",
        "monthly": "what is due each month: dependencies and releases",
        "quarterly": "what is due each quarter: base-images, actions and waivers",
        "image": "the image whose installed bytes are shown; the first built variant by default",
        "markdown": "print Markdown for an issue",
        "json": "print the findings as JSON",
        "dry": "say what would be looked at",
    },
)
def audit(
    context: Any,
    checks: str = "",
    monthly: bool = False,
    quarterly: bool = False,
    image: str = "",
    markdown: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Find unused dependencies, old pins, bases at their end of life, actions without a commit.

    Exits with 1 where there is something to change, or something could not be looked at.

    Examples: careen audit; careen audit --monthly --markdown; careen audit actions
    """
    from datetime import UTC, datetime

    from careen.audit.finding import document
    from careen.audit.run import audit as library
    from careen.audit.run import choose_checks
    from careen.config.load import load

    settings = load().settings
    chosen = choose_checks(monthly=monthly, quarterly=quarterly, names=words(checks))
    if dry:
        show_json({"checks": chosen, "image": image or _built(settings)})
        return
    today = datetime.now(UTC).date()
    found = library(settings, chosen, _outside(settings, image), today)
    _show(document(found, chosen, today.isoformat()), markdown=markdown, json=json)


def _built(settings: Settings) -> str:
    """Give the first variant that is built with a set that the code needs; "" without one."""
    folder = settings.root / settings.build.records
    for name, variant in settings.variants.items():
        if set(variant.sets) & set(settings.audit.sets) and (folder / f"{name}.json").is_file():
            return f"{settings.image}:{name}"
    return ""


def _outside(settings: Settings, image: str) -> Outside:
    from careen.audit.run import Outside
    from careen.engine.deptry import MISSING, find_deptry, run_deptry
    from careen.engine.digests import registry_digest
    from careen.engine.package_index import files_of
    from careen.errors import EngineError
    from careen.tasks.lint import lint_project

    def deptry(code: Sequence[str], needed: Sequence[str], others: Sequence[str]) -> str:
        program = find_deptry()
        if program is None:
            raise EngineError(MISSING, hint="pip install careen[audit]")
        return run_deptry(program, settings.root, code, needed, others)

    weights = _weights(image or _built(settings))
    return Outside(deptry, files_of, registry_digest, weights, lambda: lint_project(settings))


def _weights(image: str) -> Mapping[str, int]:
    from careen.engine.images import open_image
    from careen.errors import CareenError
    from careen.image.tree import merge
    from careen.image.weigh.distributions import normalised
    from careen.image.weigh.weight import weigh

    if not image:
        return {}
    try:
        opened = open_image(image, say=say)
    except CareenError as error:
        say(f"installed bytes are not shown: {error.args[0]}")
        return {}
    found = weigh(merge(opened.layers), opened.layers).distributions
    return {normalised(one.name): one.bytes for one in found}


def _show(data: dict[str, Any], *, markdown: bool, json: bool) -> None:
    from invoke.exceptions import Exit

    from careen.errors import CheckFailedError
    from careen.report.audit import audit_markdown, render_audit

    if json:
        show_json(data)
    else:
        print(audit_markdown(data) if markdown else render_audit(data), end="")
    if data["outcome"] != "passed":
        raise Exit(code=CheckFailedError.exit_code)
