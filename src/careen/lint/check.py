"""Lints the text of one Dockerfile by all rules: pure, text and settings in, findings out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.build.dockerfile import parse_dockerfile
from careen.errors import ConfigError, DockerfileError, nearest
from careen.lint.comments import IGNORE_RULES, Ignored, apply_ignores, is_hadolint, read_ignores
from careen.lint.finding import Finding, ordered
from careen.lint.hadolint import join
from careen.lint.rules import RULES
from careen.lint.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from careen.config.model import LintSettings

PARSE = "does-not-parse"
KNOWN_RULES = frozenset({*(rule.id for rule in RULES), *IGNORE_RULES, PARSE})


@dataclass(frozen=True)
class Linted:
    """What lint says of one file.

    Attributes:
        path: the file.
        findings: those that are left, in order.
        ignored: those that comments or settings accept.
    """

    path: str
    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]


def check_settings(settings: LintSettings, more: Sequence[str] = ()) -> None:
    """Check that the rules that settings name exist; *more* are those of other files than ours.

    Raises:
        ConfigError: one does not.
    """
    known = KNOWN_RULES | set(more)
    wrong = [rule for rule in (*settings.ignore, *settings.severity) if rule not in known]
    wrong = [rule for rule in wrong if not is_hadolint(rule)]
    if wrong:
        raise ConfigError(
            f"[tool.careen.lint] names an unknown rule: {wrong[0]}", hint=nearest(wrong[0], known)
        )


def check_dockerfile(
    text: str,
    path: str,
    *,
    settings: LintSettings,
    today: date,
    args: Mapping[str, str] | None = None,
    targets: Sequence[str] = (),
    hadolint: Sequence[Finding] | None = None,
) -> Linted:
    """Lint a Dockerfile.

    Args:
        text: the file's text.
        path: as findings name it.
        settings: `[tool.careen.lint]`.
        today: for ends of life.
        args: build arguments that it is built with.
        targets: the stages that become images; the last one where none is given.
        hadolint: its findings on this file; None where it did not run.
    """
    try:
        dockerfile = parse_dockerfile(text, path)
    except DockerfileError as error:
        return Linted(path, (_unparsed(error, path), *(hadolint or ())), ())
    subject = Subject(dockerfile, today, dict(args or {}), tuple(targets))
    own = [
        Finding(rule.id, path, fault.line, rule.severity, fault.message, fault.advice)
        for rule in RULES
        for fault in rule.check(subject)
    ]
    found = join(ordered(own), hadolint or (), dockerfile, RULES)
    ignores = read_ignores(text, dockerfile)
    left, ignored = apply_ignores(
        found, ignores, path=path, known=KNOWN_RULES, hadolint_ran=hadolint is not None
    )
    return settled(path, left, settings, ignored)


def settled(
    path: str, findings: Sequence[Finding], settings: LintSettings, ignored: Sequence[Ignored] = ()
) -> Linted:
    """Give what the settings leave of a file's findings, graded as they say."""
    kept = [_graded(one, settings) for one in findings if one.rule not in settings.ignore]
    accepted = [
        Ignored(one, settings.ignore[one.rule], "settings")
        for one in findings
        if one.rule in settings.ignore
    ]
    return Linted(path, ordered(kept), (*ignored, *accepted))


def _graded(finding: Finding, settings: LintSettings) -> Finding:
    severity = settings.severity.get(finding.rule, finding.severity)
    return Finding(**(vars(finding) | {"severity": severity}))


def _unparsed(error: DockerfileError, path: str) -> Finding:
    message = error.args[0].removeprefix(f"{path}:")
    line, colon, rest = message.partition(":")
    at = int(line) if colon and line.isdecimal() else 1
    what = rest.strip() if colon and line.isdecimal() else message.strip()
    return Finding(PARSE, path, max(at, 1), "error", what, error.hint or "see its message")
