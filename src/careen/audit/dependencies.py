"""Dependencies that the code does not use, imports without declaring, or has in the wrong set.

Source of the codes: deptry's documentation, "Rules and Violations", DEP001 to DEP004.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from careen.audit.finding import Finding
from careen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from careen.requirements.inputs import Line

CHECK = "dependencies"
_MISSING, _UNUSED, _TRANSITIVE, _MISPLACED = "DEP001", "DEP002", "DEP003", "DEP004"


def parse_deptry(text: str) -> list[Mapping[str, Any]]:
    """Read what deptry writes.

    Raises:
        EngineError: it is not of the form that careen knows.
    """
    try:
        rows = json.loads(text)
        for row in rows:
            _ = (row["error"]["code"] + row["module"], row["location"]["file"])
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(
            f"deptry wrote what careen does not know: {error!r}", hint="is deptry 0.20 or newer?"
        ) from None
    return list(rows)


def findings(
    rows: Iterable[Mapping[str, Any]],
    lines: Sequence[tuple[str, Line]],
    used: Mapping[str, str],
    weights: Mapping[str, int],
) -> list[Finding]:
    """Say what deptry's rows mean for the requirement sets.

    Args:
        rows: of `parse_deptry`.
        lines: of the inputs, each with the path that it is shown by.
        used: reasons why a distribution is needed that no code imports, by name.
        weights: installed bytes in an image, by distribution.
    """
    reasons: dict[str, str] = {canonicalize_name(name): reason for name, reason in used.items()}
    found = []
    imports: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        code, module = row["error"]["code"], row["module"]
        if code == _UNUSED:
            found.append(_unused(module, lines, reasons, weights))
        else:
            imports.setdefault((code, module), []).append(_place(row["location"]))
    found += [_import(*key, places) for key, places in imports.items()]
    wanted = {canonicalize_name(name) for name in used}
    unused = {canonicalize_name(row["module"]) for row in rows if row["error"]["code"] == _UNUSED}
    found += [
        Finding(
            CHECK,
            "fault",
            "pyproject.toml",
            f"[tool.careen.audit] used names {name}, which the code imports, or no set has",
            "take it out",
        )
        for name in sorted(wanted - unused)
    ]
    return found


def _unused(
    module: str,
    lines: Sequence[tuple[str, Line]],
    reasons: Mapping[str, str],
    weights: Mapping[str, int],
) -> Finding:
    name = canonicalize_name(module)
    where = next(
        (f"{path}:{line.number}" for path, line in lines if _names(line.text) == name), module
    )
    if reason := reasons.get(name):
        said = f"{module} is imported nowhere, and needed: {reason}"
        return Finding(CHECK, "note", where, said, "", weights.get(name))
    advice = "remove it, or give the reason in [tool.careen.audit] used"
    said = f"{module} is imported nowhere"
    return Finding(CHECK, "fault", where, said, advice, weights.get(name))


def _names(text: str) -> str:
    for at, letter in enumerate(text):
        if not (letter.isalnum() or letter in "._-"):
            return canonicalize_name(text[:at])
    return canonicalize_name(text)


def _place(location: Mapping[str, Any]) -> str:
    line = location.get("line")
    return f"{location['file']}:{line}" if line else str(location["file"])


def _import(code: str, module: str, places: list[str]) -> Finding:
    more = f" here and in {len(places) - 1} other places" if len(places) > 1 else " here"
    said, advice = {
        _MISSING: ("no set has it", "add it to the set that the code needs"),
        _TRANSITIVE: (
            "it is there only because something else wants it",
            "add it to the set that the code needs",
        ),
        _MISPLACED: ("only a set of development has it", "add it to a set that the code needs"),
    }.get(code, (f"deptry says {code}", "see deptry's documentation"))
    return Finding(CHECK, "fault", places[0], f"{module} is imported{more}: {said}", advice)
