"""The task that checks what goes into a build before a build is spent on it."""

from __future__ import annotations

from typing import Any

from careen.tasks.adapter import careen_task, show_json, words


@careen_task(
    variadic="variants",
    help={
        "variants": "whose build contexts to check, bare or separated by commas; all by default",
        "context": "show what is sent too: files, bytes, the largest, the reduction",
        "json": "print contexts and findings as JSON",
        "dry": "say which Dockerfiles would be looked at",
    },
)
def lint(
    context_: Any,
    variants: str = "",
    context: bool = False,
    json: bool = False,
    dry: bool = False,
) -> None:
    """Check what is sent to a build, and the .dockerignore that decides it.

    Exits with 1 where a finding is an error or a warning.

    Examples: careen lint; careen lint slim --context; careen lint --json
    """
    from invoke.exceptions import Exit

    from careen.config.load import choose, load
    from careen.errors import CheckFailedError
    from careen.lint.context_check import check_variants
    from careen.lint.finding import at_least
    from careen.report.context import render_contexts, render_findings

    settings = load().settings
    names = choose(settings, words(variants))
    if dry:
        show_json({"dockerfiles": [settings.variants[name].dockerfile for name in names]})
        return
    contexts = check_variants(settings, names)
    data = [one.to_json() for one in contexts]
    if json:
        show_json({"contexts": data})
    else:
        print(render_contexts(data) if context else render_findings(data))
    if any(at_least(found.severity, "warning") for one in contexts for found in one.findings):
        raise Exit(code=CheckFailedError.exit_code)
