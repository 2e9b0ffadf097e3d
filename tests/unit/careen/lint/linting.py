"""Lints a text as the tests of the rules do it: on a fixed day, by careen's rules alone."""

from __future__ import annotations

from datetime import date
from textwrap import dedent
from typing import TYPE_CHECKING

from careen.config.model import LintSettings
from careen.lint.check import Linted, check_dockerfile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from careen.lint.finding import Finding

DAY = date(2026, 11, 25)


def lint(
    text: str,
    *,
    args: Mapping[str, str] | None = None,
    targets: Sequence[str] = (),
    settings: LintSettings | None = None,
    hadolint: Sequence[Finding] | None = None,
    today: date = DAY,
) -> Linted:
    """Lint a text; its indentation is removed."""
    return check_dockerfile(
        dedent(text).lstrip("\n"),
        "Dockerfile",
        settings=settings or LintSettings(),
        today=today,
        args=args,
        targets=targets,
        hadolint=hadolint,
    )


def lines_of(
    rule: str,
    text: str,
    *,
    args: Mapping[str, str] | None = None,
    targets: Sequence[str] = (),
) -> list[int]:
    """Give the lines on which a rule finds something."""
    findings = lint(text, args=args, targets=targets).findings
    return [finding.line for finding in findings if finding.rule == rule]
