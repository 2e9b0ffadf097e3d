"""Exceptions that except nothing: rules that lint is told to ignore, waivers of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.audit.finding import Finding
from careen.lint.comments import is_hadolint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from careen.lint.run import Outcome
    from careen.scan.waivers import Waiver

CHECK = "waivers"
_SETTINGS = "[tool.careen.lint.ignore]"


def of_lint(ignore: Mapping[str, str], outcome: Outcome) -> list[Finding]:
    """Give the rules that the settings ignore and no file breaks.

    Args:
        ignore: reasons by rule.
        outcome: of lint on all files of the project.
    """
    accepted = [one for file in outcome.files for one in file.ignored]
    met = {one.finding.rule for one in accepted if one.by == "settings"}
    hadolint_ran = any((part.name, part.status) == ("hadolint", "passed") for part in outcome.parts)
    found = []
    for rule in sorted(set(ignore) - met):
        if is_hadolint(rule) and not hadolint_ran:
            said = f"{_SETTINGS} {rule}: hadolint did not run, so nobody knows whether it is used"
            found.append(Finding(CHECK, "unknown", "pyproject.toml", said, "careen doctor"))
            continue
        said = f"{_SETTINGS} {rule}: no file breaks this rule"
        found.append(Finding(CHECK, "fault", "pyproject.toml", said, "take it out"))
    return found


def of_scans(
    path: str,
    waivers: Sequence[Waiver],
    records: Mapping[str, Mapping[str, Any] | None],
    today: date,
) -> list[Finding]:
    """Give the waivers that are expired, and those that no recorded scan has a finding for.

    Args:
        path: of the waivers, as it is shown.
        waivers: of it.
        records: the newest scan by variant that is built; None where there is none.
        today: in UTC.
    """
    unknown = sorted(name for name, record in records.items() if not _is_whole(record))
    found = []
    for one in waivers:
        where = f"{path}:{one.line}"
        if one.expires < today:
            said = f"the waiver of {one.id} expired on {one.expires}"
            found.append(Finding(CHECK, "fault", where, said, "upgrade, or give a new date"))
        elif any(_meets(one, record) for record in records.values()):
            continue
        elif unknown or not records:
            said = f"nobody knows whether the waiver of {one.id} is used: "
            said += f"no whole scan of {', '.join(unknown)}" if unknown else "no variant is built"
            found.append(Finding(CHECK, "unknown", where, said, "careen scan"))
        else:
            said = f"the waiver of {one.id} meets no finding of the newest scans"
            found.append(Finding(CHECK, "fault", where, said, "remove it"))
    return found


def _is_whole(record: Mapping[str, Any] | None) -> bool:
    return record is not None and set(record["scanners"].values()) <= {"ran", "skipped"}


def _meets(waiver: Waiver, record: Mapping[str, Any] | None) -> bool:
    return any(
        waiver.means((one["id"], *one["aliases"]), (one["package"], one["source"]))
        for one in (record["findings"] if record else ())
    )
