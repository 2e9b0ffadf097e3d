"""Compares a report with an earlier one: what grew, by how much, and what caused it."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SIZES = ("pull_bytes", "unpacked_bytes")


def compare(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    against: str,
    max_growth_bytes: int | None = None,
) -> dict[str, Any]:
    """Give what changed between two reports of `collect`.

    Args:
        before: the earlier one.
        after: this run's.
        against: what the earlier one is called.
        max_growth_bytes: how much larger to pull a variant may be; None asks nothing.

    Returns:
        The document of `careen report --json`. `outcome` is failed where a variant grew by more,
        unknown where two of one variant cannot be compared, else passed.
    """
    old, new = before["variants"], after["variants"]
    variants = {
        name: _variant(old.get(name), new.get(name), max_growth_bytes)
        for name in dict.fromkeys([*new, *old])
    }
    found = {one["status"] for one in variants.values()}
    worst = next((word for word in ("failed", "unknown") if word in found), "passed")
    return {
        "schema_version": 1,
        "outcome": worst,
        "against": against,
        "before": before["made"],
        "after": after["made"],
        "max_growth_bytes": max_growth_bytes,
        "variants": variants,
    }


def _variant(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, limit: int | None
) -> dict[str, Any]:
    if old is None or new is None:
        reason = "it is not in the earlier report" if old is None else "it was not looked at now"
        return {"status": "skipped", "reason": reason}
    if reason := _unlike(old, new):
        return {"status": "unknown", "reason": reason}
    growth = {key: new[key] - old[key] for key in _SIZES}
    grew = limit is not None and growth["pull_bytes"] > limit
    return {
        "status": "failed" if grew else "passed",
        "reason": "",
        "before": {key: old[key] for key in (*_SIZES, "build")},
        "after": {key: new[key] for key in (*_SIZES, "build")},
        "growth": growth,
        "stand_in": new["stand_in"],
        "distributions": _rows(old["distributions"], new["distributions"]),
        "packages": _rows(old["packages"], new["packages"]),
        "layers": _layers(old["layers"], new["layers"]),
        "findings": _findings(old.get("scan"), new.get("scan")),
    }


def _findings(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Give the findings that came and went; None where one of both was not scanned.

    One in another version of the same package is the same finding.
    """
    if old is None or new is None:
        return None
    before, after = (
        {(one["id"], one["package"]): one for one in scan["findings"]} for scan in (old, new)
    )
    return {
        "before": len(before),
        "after": len(after),
        "outcome": new["outcome"],
        "added": [after[key] for key in after if key not in before],
        "gone": [before[key] for key in before if key not in after],
    }


def _unlike(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Say why two sizes mean different things; "" where they do not."""
    if old["stand_in"] != new["stand_in"]:
        kinds = ["a stand-in" if one["stand_in"] else "a published base" for one in (old, new)]
        return f"it stood on {kinds[0]} and stands on {kinds[1]} now"
    if old["platform"] != new["platform"]:
        return f"it was for {old['platform']} and is for {new['platform']} now"
    return ""


def _rows(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Give the names whose versions or bytes differ, the largest growth first."""
    before, after = _by_name(old), _by_name(new)
    rows = []
    for name in dict.fromkeys([*before, *after]):
        (old_versions, old_bytes), (new_versions, new_bytes) = (
            before.get(name, ("", 0)),
            after.get(name, ("", 0)),
        )
        if (old_versions, old_bytes) != (new_versions, new_bytes):
            known = old_bytes is not None and new_bytes is not None
            rows.append(
                {
                    "name": name,
                    "before": old_versions,
                    "after": new_versions,
                    "growth_bytes": (new_bytes or 0) - (old_bytes or 0) if known else None,
                }
            )
    return sorted(rows, key=lambda row: (-abs(row["growth_bytes"] or 0), row["name"]))


def _by_name(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, int | None]]:
    """Join what has one name: its versions, and the bytes of all."""
    found: dict[str, tuple[str, int | None]] = {}
    for row in rows:
        versions, count = found.get(row["name"], ("", 0))
        joined = ", ".join(filter(None, [versions, row["version"]]))
        known = count is not None and row["bytes"] is not None
        found[row["name"]] = (joined, (count or 0) + (row["bytes"] or 0) if known else None)
    return found


def _layers(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Give the layers that are not in both, those of one instruction beside each other."""
    matcher = SequenceMatcher(
        None,
        [one["instruction"] for one in old],
        [one["instruction"] for one in new],
        autojunk=False,
    )
    rows = []
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            pairs = [(old[i + k], new[j + k]) for k in range(i_end - i)]
            rows += [_layer(a, b) for a, b in pairs if a["diff_id"] != b["diff_id"]]
        else:
            rows += [_layer(one, None) for one in old[i:i_end]]
            rows += [_layer(None, one) for one in new[j:j_end]]
    return rows


def _layer(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any]:
    one = new or old or {}
    return {
        "change": "changed" if old and new else "added" if new else "removed",
        "instruction": one["instruction"],
        "before_bytes": old["pull_bytes"] if old else None,
        "after_bytes": new["pull_bytes"] if new else None,
    }
