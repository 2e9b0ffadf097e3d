"""pip-audit: the image's Python distributions, asked of a vulnerability service.

pip-audit calls it success where the service knows a distribution not at all; here it is unknown.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from careen.engine.scanner_programs import Call, ScannerProgram, run_program
from careen.image.tree import merge
from careen.image.weigh.distributions import distributions, normalised
from careen.image.weigh.view import View
from careen.scan.attempt import SkippedError, Tool, attempt, output_of, understood, work_folder
from careen.scan.fixed import first_fix
from careen.scan.json_fields import one_line
from careen.scan.model import Database, Package, ScannerReport, Vulnerability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.scan.model import How, Target

NAME = "pip-audit"
PROGRAM = ScannerProgram("pip-audit", package="pip-audit")
BLIND_TO = (
    "all that is no Python distribution",
    "distributions that are on no public index",
    "how grave a vulnerability is: the service does not say it",
)
SERVICE = "the vulnerability service of the Python Package Index"
_FOUND = frozenset({0, 1})  # 1: it has found something
_SERVICE_SECONDS = 15
_MOST_NAMES = 3


@dataclass(frozen=True)
class PipAudit:
    """The scanner, see https://github.com/pypa/pip-audit."""

    name: str = NAME
    tool: Tool = field(default_factory=lambda: Tool(PROGRAM, frozenset({2})))
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    # What was asked in this run: several variants have the same distributions.
    _answers: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)

    def scan(self, target: Target, how: How) -> ScannerReport:
        """Ask the service for every distribution of the image."""
        return attempt(self.name, BLIND_TO, lambda: self._look(target, how))

    def update(self, how: How) -> str:
        """Say that there is nothing to fetch."""
        del how
        return "it asks a service; there is nothing to fetch"

    def _look(self, target: Target, how: How) -> ScannerReport:
        view = View(merge(target.image.layers), target.image.layers)
        installed = [
            Package("python", one.name, one.version, path=one.metadata)
            for one in distributions(view)
            if one.version
        ]
        if not installed:
            raise SkippedError("the image has no Python distributions")
        program, version = self.tool.ready(how)
        report = ScannerReport(self.name, "ran", version=version, database=Database(None, SERVICE))
        if how.offline:
            return replace(report, status="unknown", reason=f"it asks {SERVICE}: --offline")
        pins = tuple(sorted({f"{normalised(one.name)}=={one.version}" for one in installed}))
        with self._lock:
            if pins not in self._answers:
                with work_folder() as work:
                    requirements, output = work / "requirements.txt", work / "found.json"
                    requirements.write_text("".join(f"{pin}\n" for pin in pins))
                    call = Call(
                        arguments(str(requirements), str(output)),
                        work,
                        reads=(requirements,),
                        network=True,
                        timeout_seconds=how.timeout_seconds,
                    )
                    done = run_program(program, call)
                    self._answers[pins] = output_of(output, done, fine=_FOUND)
        text = self._answers[pins]
        found, unknown = understood(f"pip-audit {version}", text, lambda one: read(one, installed))
        report = replace(report, vulnerabilities=found)
        if unknown:
            return replace(report, status="unknown", reason=_unanswered(unknown, len(pins)))
        return replace(report, covers=frozenset({"python"}))


def arguments(requirements: str, output: str) -> tuple[str, ...]:
    """Give the arguments: nothing is resolved or installed, what stands in the file is asked."""
    return (
        *("--requirement", requirements, "--no-deps", "--disable-pip"),
        *("--format", "json", "--output", output, "--progress-spinner", "off"),
        *("--timeout", str(_SERVICE_SECONDS)),
    )


def read(
    text: str, installed: Sequence[Package]
) -> tuple[tuple[Vulnerability, ...], dict[str, str]]:
    """Read pip-audit's JSON.

    Args:
        text: the document.
        installed: what was asked for.

    Returns:
        What was found, and by name the distributions that nobody knows anything of, with why.

    Raises:
        ValueError: it is not of the form that is known.
    """
    packages: dict[tuple[str, str], list[Package]] = {}
    for package in installed:
        packages.setdefault((normalised(package.name), package.version), []).append(package)
    unanswered = {f"{name} {version}": "it was not asked for" for name, version in packages}
    found: list[Vulnerability] = []
    for row in _rows(text):
        name = normalised(_text(row, "name"))
        if "skip_reason" in row:
            for key in [key for key in packages if key[0] == name]:
                unanswered[" ".join(key)] = _text(row, "skip_reason")
            continue
        key = (name, _text(row, "version"))
        unanswered.pop(" ".join(key), None)
        for one in _list(row, "vulns"):
            found += [_vulnerability(one, package) for package in packages.get(key, ())]
    return tuple(found), unanswered


def _vulnerability(row: Any, package: Package) -> Vulnerability:
    fixes = ", ".join(str(fix) for fix in _list(row, "fix_versions"))
    return Vulnerability(
        _text(row, "id"),
        package,
        "UNKNOWN",
        fixed_version=first_fix(package.version, fixes),
        aliases=tuple(str(alias) for alias in _list(row, "aliases")),
        title=one_line(str(row.get("description", "")))[:200],
    )


def _unanswered(unknown: dict[str, str], asked: int) -> str:
    names = sorted(unknown)
    shown = ", ".join(names[:_MOST_NAMES]) + (" and others" if len(names) > _MOST_NAMES else "")
    return (
        f"{len(names)} of {asked} distributions were not answered by {SERVICE}: {shown}\n"
        f"{one_line(unknown[names[0]])}"
    )


def _rows(text: str) -> list[dict[str, Any]]:
    try:
        rows = json.loads(text)["dependencies"]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"it has no dependencies: {error!r}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("its dependencies are no list of objects")
    return rows


def _text(row: Any, key: str) -> str:
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, str):
        raise ValueError(f"a row's {key} is no text")  # noqa: TRY004 - of what was read
    return value


def _list(row: Any, key: str) -> list[Any]:
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, list):
        raise ValueError(f"a row's {key} is no list")  # noqa: TRY004 - likewise
    return value
