"""Why pip-compile failed, in one line each: the set, the file, the line, and who wants what.

Source: what pip 23 to 26 and pip-tools 7 write to standard error; see tests/data/requirements.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from careen.errors import CareenError, ConfigError, EngineError, ProcessError
from careen.requirements.lock import parse_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from careen.requirements.plan import Compilation

_NOT_FOUND = re.compile(
    r"Could not find a version that satisfies the requirement (?P<wanted>.+?) "
    r"\((?:from [^()]*?; )?(?:from )?(?:from )?versions: (?P<versions>[^)]*)\)"
)
_CAUSE = re.compile(
    r"RequirementInformation\(requirement=\w+\((?P<wanted>'[^']*'|\"[^\"]*\")\), "
    r"parent=(?:None|\w+\('(?P<parent>[^']*)'\))"
)
_UNREACHABLE = re.compile(
    r"(NewConnectionError|NameResolutionError|ConnectTimeoutError|Max retries exceeded|"
    r"Connection refused|SSLError|ProxyError|Could not fetch URL|Failed to establish)"
)
_MISMATCH = re.compile(r"THESE PACKAGES DO NOT MATCH THE HASHES.*", re.DOTALL)
_MISMATCHED = re.compile(r"^\s+(?P<wanted>[\w.-]+(?:==\S+)?) from ", re.MULTILINE)
_YANKED = re.compile(
    r"The candidate selected for download or install is a yanked version: '(?P<name>[^']+)' "
    r"candidate \(version (?P<version>\S+)"
)
_MOST_VERSIONS = 3
_UNREACHED = "the package index cannot be reached"


def explained(run: Compilation, root: Path, error: ProcessError, *, where: str = "") -> CareenError:
    """Give the error again with what it means; its output's tail where nobody knows.

    What the requirements themselves cause is a ConfigError, all else an EngineError.

    Args:
        run: that failed.
        root: the project's folder.
        error: pip-tools' own.
        where: it ran, if that was not here, such as `in python:3.13-alpine`.
    """
    said = [*_causes(run, root, error.stderr)]
    if said and where:
        said[0] = f"{said[0]} ({where})"
    hint = "the old locks are as they were"
    if said:
        kind = EngineError if _UNREACHED in said[0] else ConfigError
        return kind("\n".join(said), hint=hint)
    return ProcessError(
        error.argv,
        error.returncode,
        stdout=error.stdout,
        stderr=error.stderr,
        reason=f"requirement set {run.name} ({run.source}) does not compile {where}".rstrip(),
        hint=f"the lines above name the requirement; {hint}",
    )


def warnings(run: Compilation, root: Path, stderr: str) -> list[str]:
    """Give what a run that did not fail should be told of: pins that were yanked."""
    return [
        f"{_where(run, root, match['name'])}: {match['name']} {match['version']} was yanked: "
        "its author withdrew it"
        for match in _YANKED.finditer(stderr)
    ]


def _causes(run: Compilation, root: Path, stderr: str) -> Iterator[str]:
    text = stderr.replace("\n", " ") if "ResolutionImpossible" in stderr else ""
    conflicts = list(dict.fromkeys(_conflicts(text)))
    if _MISMATCH.search(stderr):
        for match in _MISMATCHED.finditer(stderr):
            where = _where(run, root, re.split("==", match["wanted"])[0])
            yield f"{where}: {match['wanted']} is not what its hash says"
    elif (missing := _NOT_FOUND.search(stderr)) is not None:
        yield from _missing(run, root, missing, stderr)
    elif conflicts:
        yield from _conflict(run, root, conflicts)
    elif _UNREACHABLE.search(stderr):
        yield f"{_whole(run, root)}: {_UNREACHED}"


def _missing(run: Compilation, root: Path, found: re.Match[str], stderr: str) -> Iterator[str]:
    wanted, versions = found["wanted"], found["versions"]
    where = _where(run, root, _name(wanted))
    if versions != "none":
        newest = ", ".join(versions.split(", ")[-_MOST_VERSIONS:])
        yield f"{where}: no version satisfies {wanted}; the newest are {newest}"
    elif _UNREACHABLE.search(stderr):
        yield f"{where}: {_UNREACHED}, so nobody knows {wanted}"
    else:
        yield f"{where}: no package index that is configured has {wanted}"


def _conflicts(text: str) -> Iterator[tuple[str, str]]:
    """Give (requirement, the distribution that wants it or "") of resolvelib's causes."""
    for match in _CAUSE.finditer(text):
        yield match["wanted"][1:-1], _distribution(match["parent"] or "")


def _conflict(run: Compilation, root: Path, conflicts: list[tuple[str, str]]) -> Iterator[str]:
    names = dict.fromkeys(_name(wanted) for wanted, _ in conflicts)
    yield f"{_whole(run, root)}: no versions of {', '.join(names)} satisfy all of these:"
    for wanted, parent in conflicts:
        if parent:
            asked = _where(run, root, parent.partition(" ")[0])
            yield f"  {wanted}, wanted by {parent}, which comes from {asked}"
        else:
            yield f"  {wanted}, wanted by {_where(run, root, _name(wanted))}"
    for path in run.constraints:
        lock = parse_lock(path.read_text(encoding="utf-8")) if path.is_file() else None
        for pin in lock.pins if lock else ():
            if pin.name in {canonicalize_name(name) for name in names}:
                via = f", there for {', '.join(pin.via)}" if pin.via else ""
                place = f"{path.relative_to(root)}:{pin.line}"
                yield f"  {pin.name}=={pin.version}, pinned in {place}{via}"


def _where(run: Compilation, root: Path, name: str) -> str:
    """Give the line of the input that names a distribution, or the input."""
    wanted = canonicalize_name(name)
    for line in run.lines:
        if canonicalize_name(_name(line.text)) == wanted:
            path = line.path.relative_to(root) if line.path.is_relative_to(root) else line.path
            return f"{path}:{line.number}: requirement set {run.name}"
    return _whole(run, root)


def _whole(run: Compilation, root: Path) -> str:
    return f"{run.source.relative_to(root)}: requirement set {run.name}"


def _name(wanted: str) -> str:
    try:
        return Requirement(wanted).name
    except InvalidRequirement:
        return re.split(r"[^\w.-]", wanted, maxsplit=1)[0]


def _distribution(link: str) -> str:
    """Give `name version` of a distribution's file address; the text itself of anything else."""
    file = link.partition("#")[0].partition(" (")[0].rpartition("/")[2]
    try:
        if file.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(file)
        else:
            name, version = parse_sdist_filename(file)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return file
    return f"{name} {version}"
