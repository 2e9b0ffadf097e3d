"""What images do and do not do: variants across, checks down; what failed first, with its log.

The data is what `careen validate --json` prints. Reasons and logs are a stranger's text.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from careen.report.markdown import code, escaped, table
from careen.report.terminal import clean, render_table

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAGGER = "†"
STAND_IN = f"{_DAGGER} on a stand-in base that careen made"
_SIGNS = {"passed": "ok", "failed": "FAILED", "unknown": "UNKNOWN", "skipped": "-"}
_ORDER = ("failed", "unknown", "passed", "skipped")
_MOST_LETTERS = 22  # of a measurement in a cell


def render_validation(data: Mapping[str, Any]) -> str:
    """Give the table, then each failure with what was expected, measured, and the last lines."""
    variants = data["variants"]
    checks = _by_check(data)
    headers = ["check", *(_named(name, one) for name, one in variants.items())]
    rows = [[name, *(_cell(found.get(one)) for one in variants)] for name, found in checks]
    notes = [STAND_IN] if any(one["stand_in"] for one in variants.values()) else []
    lines = [render_table(headers, rows, notes, "the contract").rstrip(), ""]
    for name, one in variants.items():
        lines += [line for check in one["checks"] for line in _fault(name, check)]
    lines += _skipped(data)
    return "\n".join([*lines, _verdict(data)]) + "\n"


def validation_markdown(data: Mapping[str, Any]) -> str:
    """Give the same for a pull request."""
    variants = data["variants"]
    headers = ["check", *(_named(name, one) for name, one in variants.items())]
    rows = [
        [code(name), *(escaped(_cell(found.get(one))) for one in variants)]
        for name, found in _by_check(data)
    ]
    parts = [f"### {_verdict(data)}\n", table(headers, rows)]
    parts += [f"{STAND_IN}\n"] if any(one["stand_in"] for one in variants.values()) else []
    faults = [
        f"- {code(name)}, {code(check['name'])}: {check['status']}: {escaped(check['reason'])}\n"
        for name, one in variants.items()
        for check in one["checks"]
        if check["status"] in {"failed", "unknown"}
    ]
    parts += ["".join(faults)] if faults else []
    return "\n".join(parts)


def validation_suites(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give one suite per variant for `careen.report.junit.junit`."""
    return [
        {
            "name": name,
            "cases": [
                {
                    "name": check["name"],
                    "status": check["status"],
                    "message": check["reason"],
                    "text": "\n".join([_numbers(check), *check["log"]]),
                    "seconds": check["seconds"],
                }
                for check in one["checks"]
            ],
        }
        for name, one in data["variants"].items()
    ]


def _by_check(data: Mapping[str, Any]) -> list[tuple[str, dict[str, Mapping[str, Any]]]]:
    """Give the checks by name, each with the variants' results; the gravest first."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for variant, one in data["variants"].items():
        for check in one["checks"]:
            found.setdefault(check["name"], {})[variant] = check
    return sorted(
        found.items(),
        key=lambda item: min(_ORDER.index(check["status"]) for check in item[1].values()),
    )


def _cell(check: Mapping[str, Any] | None) -> str:
    if check is None:
        return ""
    sign = _SIGNS[check["status"]]
    measured = clean(check["measured"]).replace("\n", " ")
    if check["status"] == "skipped" or not measured:
        return sign
    short = measured if len(measured) <= _MOST_LETTERS else f"{measured[: _MOST_LETTERS - 1]}…"
    return f"{sign} {short}"


def _named(name: str, one: Mapping[str, Any]) -> str:
    return f"{name} {_DAGGER}" if one["stand_in"] else name


def _fault(variant: str, check: Mapping[str, Any]) -> list[str]:
    if check["status"] not in {"failed", "unknown"}:
        return []
    lines = [f"{variant}: {check['name']}: {_SIGNS[check['status']]}: {clean(check['reason'])}"]
    lines += [f"    {_numbers(check)}"] if _numbers(check) else []
    lines += [f"    | {clean(line)}" for line in check["log"]]
    return [*lines, ""]


def _numbers(check: Mapping[str, Any]) -> str:
    parts = [f"{word} {clean(check[word])}" for word in ("expected", "measured") if check.get(word)]
    return ", ".join(parts)


def _skipped(data: Mapping[str, Any]) -> list[str]:
    """Give the checks that were not made, those of one reason together."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for variant, one in data["variants"].items():
        for check in one["checks"]:
            if check["status"] == "skipped":
                reasons.setdefault((check["name"], check["reason"]), []).append(variant)
    return [
        f"not made for {', '.join(variants)}: {name}: {clean(reason)}"
        for (name, reason), variants in reasons.items()
    ]


def _verdict(data: Mapping[str, Any]) -> str:
    counts = Counter(
        check["status"] for one in data["variants"].values() for check in one["checks"]
    )
    told = ", ".join(f"{counts[status]} {status}" for status in _ORDER if counts[status])
    word = "passed" if data["outcome"] == "passed" else "FAILED"
    return f"{len(data['variants'])} validated, {told or 'nothing was checked'}: {word}"
