"""What differs between two scans or two SBOMs, for a terminal.

The data is what `careen.scan.difference` gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.markdown import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def render_scan_difference(data: Mapping[str, Any]) -> str:
    """Give findings new, fixed and still there, then the packages."""
    lines = []
    for part in ("new", "fixed", "still"):
        lines.append(f"{part}: {len(data[part])}")
        for one in data[part]:
            package = f"{one['package']['name']} {one['package']['version']}"
            lines.append(one_line(f"{one['severity']} {one['id']} in {package}"))
    if not data["sure"]:
        lines.append("the new scan has unknowns: what is not found in it may be there")
    return "\n".join(lines) + "\n" + render_package_changes(data["packages"])


def render_package_changes(data: Mapping[str, Any]) -> str:
    """Give a line for each package that was added, removed or changed."""
    lines = [
        one_line(f"{sign} {one['kind']} {one['name']} {_versions(one)}")
        for part, sign in _SIGNS.items()
        for one in data[part]
    ]
    counts = ", ".join(f"{len(data[part])} {part}" for part in _SIGNS)
    return "\n".join([*lines, f"packages: {counts}"]) + "\n"


def _versions(one: Mapping[str, Any]) -> str:
    sides = (", ".join(one[side]) for side in ("old", "new"))
    return " -> ".join(side for side in sides if side)
