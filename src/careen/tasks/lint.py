"""The task that checks Dockerfiles and build contexts before a build is spent on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from careen.tasks.adapter import careen_task, say, show_json, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from careen.config.model import LintSettings, Settings
    from careen.lint.context_check import CheckedContext
    from careen.lint.finding import Finding
    from careen.lint.run import File, Outcome


@careen_task(
    variadic="files",
    help={
        "files": "variants or paths of Dockerfiles; the Dockerfiles of all variants by default",
        "context": "show what of the build contexts is sent too: files, bytes, the reduction",
        "json": "print the findings as JSON",
        "sarif": "write them to this file as SARIF 2.1.0 as well",
        "github": "print them as annotations of a GitHub workflow",
        "markdown": "print Markdown for a pull request",
        "fix": "write the digests of bases into FROM lines first, as far as they can be had",
        "dry": "say what would be linted; with --fix which bases would be pinned",
    },
)
def lint(
    context_: Any,
    files: str = "",
    context: bool = False,
    json: bool = False,
    sarif: str = "",
    github: bool = False,
    markdown: bool = False,
    fix: bool = False,
    dry: bool = False,
) -> None:
    """Find what is wrong in Dockerfiles and in the .dockerignore of their build contexts.

    Exits with 1 where a finding is as grave as [tool.careen.lint] fail-on, with 3 where a linter
    failed and no finding is.

    Examples: careen lint; careen lint slim --json; careen lint ./Dockerfile --fix
    """
    from datetime import UTC, datetime

    from careen.config.load import load_if_any
    from careen.config.model import LintSettings
    from careen.lint.check import check_settings
    from careen.lint.context_rules import IDS
    from careen.lint.run import choose_files, lint_files

    project = load_if_any()
    settings = project.lint if project else LintSettings()
    check_settings(settings, IDS)
    chosen = choose_files(project, words(files), Path.cwd())
    if dry:
        show_json(_plan(chosen, settings, fix=fix))
        return
    if fix:
        _fix(chosen)
    today = datetime.now(UTC).date()
    contexts: list[CheckedContext] = []

    def found() -> list[Finding]:
        contexts.extend(_contexts(project, words(files)))
        return [finding for one in contexts for finding in one.findings]

    hadolint = _hadolint(settings)
    outcome = lint_files(chosen, settings, today=today, hadolint=hadolint, context=found)
    sent = [one.to_json() for one in contexts] if context else []
    _show(outcome, sent, json=json, sarif=sarif, github=github, markdown=markdown)
    _exit(outcome)


def lint_project(project: Settings) -> Outcome:
    """Lint all files and build contexts of a project."""
    from datetime import UTC, datetime

    from careen.lint.run import choose_files, lint_files

    return lint_files(
        choose_files(project, (), project.root),
        project.lint,
        today=datetime.now(UTC).date(),
        hadolint=_hadolint(project.lint),
        context=lambda: [found for one in _contexts(project, ()) for found in one.findings],
    )


def _contexts(project: Settings | None, names: Sequence[str]) -> tuple[CheckedContext, ...]:
    """Check the build contexts of the variants that are named, of all where nothing is named."""
    from careen.lint.context_check import check_variants

    wanted = [name for name in names or (project.variants if project else ()) if project]
    known = [name for name in wanted if project and name in project.variants]
    return check_variants(project, known) if project and known else ()


def _plan(files: Sequence[File], settings: LintSettings, *, fix: bool) -> dict[str, Any]:
    from careen.lint.pin import unpinned

    plan: dict[str, Any] = {"files": [file.name for file in files], "fail_on": settings.fail_on}
    if fix:
        plan["pin"] = [
            {"path": file.name, "line": base.line, "reference": base.reference}
            for file in files
            for base in unpinned(file.path.read_text(encoding="utf-8"), file.name)
            if not base.why_not
        ]
    return plan


def _hadolint(settings: LintSettings) -> Callable[[str], str] | str:
    from careen.engine.hadolint import MISSING, find_hadolint, run_hadolint

    if not settings.hadolint:
        return "[tool.careen.lint] hadolint is false"
    program = find_hadolint()
    if program is None:
        return MISSING
    limit = settings.hadolint_timeout_seconds
    return lambda text: run_hadolint(program, text, timeout_seconds=limit)


def _fix(files: Sequence[File]) -> None:
    """Pin the bases of files; say what was pinned and what was not, and why."""
    from careen.engine.digests import registry_digest
    from careen.engine.paths import write_atomically
    from careen.errors import CareenError
    from careen.lint.pin import pin, unpinned

    digests: dict[str, str] = {}
    refused: dict[str, str] = {}
    for file in files:
        text = file.path.read_bytes().decode()
        bases = [base.reference for base in unpinned(text, file.name) if not base.why_not]
        for reference in dict.fromkeys(bases):
            if reference in digests or reference in refused:
                continue
            try:
                digests[reference] = registry_digest(reference)
            except CareenError as error:
                refused[reference] = str(error.args[0])
        result = pin(text, digests, file.name)
        if result.text != text:
            write_atomically(file.path, result.text.encode())
        for base in result.pinned:
            say(f"{file.name}:{base.line}: {base.reference} is pinned")
        for base in result.left:
            why = base.why_not or refused.get(base.reference, "")
            say(f"{file.name}:{base.line}: {base.reference} is not pinned: {why}")


def _show(
    outcome: Outcome,
    contexts: Sequence[dict[str, Any]],
    *,
    json: bool,
    sarif: str,
    github: bool,
    markdown: bool,
) -> None:
    from careen.report import lint as report
    from careen.report.context import render_contexts

    data = outcome.to_json() | ({"contexts": list(contexts)} if contexts else {})
    if sarif:
        _write_sarif(data, sarif)
    if json:
        show_json(data)
    elif github:
        print(report.lint_annotations(data), end="")
    elif markdown:
        print(report.lint_markdown(data), end="")
    else:
        if contexts:
            # What is wrong with them stands among the other findings.
            print(render_contexts([one | {"findings": []} for one in contexts]))
        print(report.render_lint(data), end="")


def _write_sarif(data: dict[str, Any], path: str) -> None:
    import json

    from careen.engine.paths import write_atomically
    from careen.lint.rules import RULES
    from careen.report.lint_sarif import lint_sarif

    log = lint_sarif(data, {rule.id: rule.title for rule in RULES})
    write_atomically(Path(path), f"{json.dumps(log, indent=2)}\n".encode())
    say(f"written: {path}")


def _exit(outcome: Outcome) -> None:
    from invoke.exceptions import Exit

    from careen.errors import CheckFailedError, EngineError

    if outcome.status != "passed":
        failed = outcome.status == "failed"
        raise Exit(code=CheckFailedError.exit_code if failed else EngineError.exit_code)
