"""`# careen: ignore=RULE[,RULE] reason`: findings that a file accepts, with its reasons.

The comment stands on the line above an instruction (in its block of comments) or between the
instruction's own lines, and holds for that instruction. One without a reason, of an unknown rule,
or that ignores nothing is itself a finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from careen.errors import nearest
from careen.lint.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from careen.build.dockerfile import Dockerfile

IGNORE_RULES = ("ignore-without-reason", "ignore-of-unknown-rule", "ignore-unused")
_COMMENT = re.compile(r"\s*#\s*careen:\s*ignore\s*=\s*([^\s]*)\s*(.*?)\s*")
_HADOLINT = re.compile(r"(DL|SC)\d{4}")


@dataclass(frozen=True)
class Ignore:
    """A comment.

    Attributes:
        rules: the ids that it names.
        reason: empty where there is none.
        line: its own.
        first: the first line of the instruction that it holds for; 0 where there is none.
        last: its last line.
    """

    rules: tuple[str, ...]
    reason: str
    line: int
    first: int
    last: int

    def covers(self, finding: Finding) -> bool:
        """Tell whether it ignores a finding of its file."""
        return finding.rule in self.rules and self.first <= finding.line <= self.last


@dataclass(frozen=True)
class Ignored:
    """A finding that is accepted, with the reason, by a comment or by the settings."""

    finding: Finding
    reason: str
    by: Literal["comment", "settings"] = "comment"


def read_ignores(text: str, dockerfile: Dockerfile) -> tuple[Ignore, ...]:
    """Give the ignore comments of a Dockerfile."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    return tuple(_read(lines, dockerfile))


def apply_ignores(
    findings: Sequence[Finding],
    ignores: Sequence[Ignore],
    *,
    path: str,
    known: Collection[str],
    hadolint_ran: bool,
) -> tuple[list[Finding], list[Ignored]]:
    """Part the findings of one file: those that are left, with those about comments; the accepted.

    Args:
        findings: of one file.
        ignores: of the same file.
        path: of the file.
        known: all rules' ids.
        hadolint_ran: whether a comment that ignores none of its findings can be called unused.
    """
    valid = [ignore for ignore in ignores if ignore.reason]
    left: list[Finding] = []
    ignored: list[Ignored] = []
    used: set[tuple[int, str]] = set()
    for finding in findings:
        found = next((ignore for ignore in valid if ignore.covers(finding)), None)
        if found is None:
            left.append(finding)
            continue
        used.add((found.line, finding.rule))
        ignored.append(Ignored(finding, found.reason))
    for ignore in ignores:
        left += _about(ignore, path, known, used, hadolint_ran=hadolint_ran)
    return left, ignored


def is_hadolint(rule: str) -> bool:
    """Tell whether this is a code of hadolint's."""
    return _HADOLINT.fullmatch(rule) is not None


def _read(lines: Sequence[str], dockerfile: Dockerfile) -> Iterator[Ignore]:
    contents = {
        number
        for one in dockerfile.instructions
        for heredoc in one.heredocs
        for number in range(heredoc.line, heredoc.line + heredoc.text.count("\n"))
    }
    for number, line in enumerate(lines, 1):
        match = _COMMENT.fullmatch(line)
        if match is None or number in contents:
            continue
        rules = tuple(rule for rule in match[1].split(",") if rule)
        first, last = _instruction(lines, number, dockerfile)
        yield Ignore(rules, match[2], number, first, last)


def _instruction(lines: Sequence[str], number: int, dockerfile: Dockerfile) -> tuple[int, int]:
    """Give the lines of the instruction that a comment in this line holds for."""
    at = number
    while at <= len(lines) and lines[at - 1].lstrip().startswith("#"):
        at += 1
    for one in dockerfile.instructions:
        if one.line < number <= one.end_line or one.line == at:
            return one.line, one.end_line
    return 0, 0


def _about(
    ignore: Ignore,
    path: str,
    known: Collection[str],
    used: Collection[tuple[int, str]],
    *,
    hadolint_ran: bool,
) -> Iterator[Finding]:
    if not ignore.reason or not ignore.rules:
        yield Finding(
            "ignore-without-reason",
            path,
            ignore.line,
            "warning",
            "this comment ignores without a reason, so it ignores nothing",
            "# careen: ignore=RULE why it is right here",
        )
        return
    for rule in ignore.rules:
        if rule not in known and not is_hadolint(rule):
            yield Finding(
                "ignore-of-unknown-rule",
                path,
                ignore.line,
                "warning",
                f"there is no rule {rule}",
                nearest(rule, known),
            )
        elif (ignore.line, rule) not in used and (hadolint_ran or not is_hadolint(rule)):
            yield Finding(
                "ignore-unused",
                path,
                ignore.line,
                "warning",
                f"{rule} finds nothing here: there is nothing to ignore",
                "remove the comment",
            )
