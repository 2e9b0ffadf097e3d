"""pip-audit: the image's Python distributions, asked of a vulnerability service.

pip-audit calls it success where the service knows a distribution not at all; here it is unknown.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from careen.engine.scanner_programs import Call, FoundProgram, ScannerProgram, run_program
from careen.image.tree import merge
from careen.image.weigh.distributions import distributions, normalised
from careen.image.weigh.view import View
from careen.scan.attempt import SkippedError, Tool, attempt, output_of, understood, work_folder
from careen.scan.json_fields import one_line
from careen.scan.model import Database, Package, ScannerReport, Vulnerability
from careen.scan.version_order import lowest_fix

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")  # a normalised name of PEP 503


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
        rows: list[dict[str, Any]] = []
        for pins in rounds(installed):
            answer = self._asked(pins, program, how)
            rows += understood(f"pip-audit {version}", answer, _rows)
        found, unknown = read(rows, installed)
        report = replace(report, vulnerabilities=found)
        if unknown:
            return replace(report, status="unknown", reason=_unanswered(unknown))
        return replace(report, covers=frozenset({"python"}))

    def _asked(self, pins: tuple[str, ...], program: FoundProgram, how: How) -> str:
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
            return self._answers[pins]


def rounds(installed: Iterable[Package]) -> list[tuple[str, ...]]:
    """Give the pins of each run: an image may hold several versions, pip-audit takes one a run.

    What is no name and no version of PEP 440 is left out, and stays unanswered: one such line
    ends pip-audit's run, and an image's metadata may hold an option of a requirements file there.

    >>> versions = ("6.1", "6.0")
    >>> rounds([Package("python", "Six", version) for version in versions])
    [('six==6.0',), ('six==6.1',)]
    """
    versions: dict[str, set[str]] = {}
    for package in filter(_can_be_asked, installed):
        versions.setdefault(normalised(package.name), set()).add(package.version)
    ordered = {name: sorted(found) for name, found in sorted(versions.items())}
    return [
        tuple(f"{name}=={found[at]}" for name, found in ordered.items() if at < len(found))
        for at in range(max(map(len, ordered.values()), default=0))
    ]


def _can_be_asked(package: Package) -> bool:
    try:
        Version(package.version)
    except InvalidVersion:
        return False
    return _NAME.fullmatch(normalised(package.name)) is not None


def arguments(requirements: str, output: str) -> tuple[str, ...]:
    """Give the arguments: nothing is resolved or installed, what stands in the file is asked."""
    return (
        *("--requirement", requirements, "--no-deps", "--disable-pip"),
        *("--format", "json", "--output", output, "--progress-spinner", "off"),
        *("--timeout", str(_SERVICE_SECONDS)),
    )


def read(
    rows: Iterable[dict[str, Any]], installed: Sequence[Package]
) -> tuple[tuple[Vulnerability, ...], dict[str, str]]:
    """Read what pip-audit says of each distribution.

    Args:
        rows: the `dependencies` of its JSON.
        installed: what was asked for.

    Returns:
        What was found, and by name and version what nobody knows anything of, with why.

    Raises:
        ValueError: a row is not of the form that is known.
    """
    packages: dict[tuple[str, str], list[Package]] = {}
    for package in installed:
        packages.setdefault((normalised(package.name), package.version), []).append(package)
    unanswered = {
        key: "the answer does not have it"
        if _can_be_asked(same[0])
        else "its name or version is not one that can be asked for"
        for key, same in packages.items()
    }
    found: list[Vulnerability] = []
    for row in rows:
        name = normalised(_text(row, "name"))
        if "skip_reason" in row:
            # No version stands in such a row but in its reason.
            skipped = [key for key in unanswered if key[0] == name]
            unanswered |= dict.fromkeys(skipped, _text(row, "skip_reason"))
            continue
        key = (name, _text(row, "version"))
        unanswered.pop(key, None)
        for one in _list(row, "vulns"):
            found += [_vulnerability(one, package) for package in packages.get(key, ())]
    return tuple(found), {" ".join(key): why for key, why in unanswered.items()}


def _vulnerability(row: Any, package: Package) -> Vulnerability:
    fixes = map(str, _list(row, "fix_versions"))
    return Vulnerability(
        _text(row, "id"),
        package,
        "UNKNOWN",
        fixed_version=lowest_fix(package.kind, package.version, fixes),
        aliases=tuple(str(alias) for alias in _list(row, "aliases")),
        title=one_line(str(row.get("description", "")))[:200],
    )


def _unanswered(unknown: dict[str, str]) -> str:
    names = sorted(unknown)
    shown = ", ".join(names[:_MOST_NAMES]) + (" and others" if len(names) > _MOST_NAMES else "")
    return (
        f"distributions that {SERVICE} did not answer for: {len(names)}: {shown}\n"
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
