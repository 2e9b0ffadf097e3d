"""What is not fresh about locks, for a terminal.

The data is what `careen compile --check --json` prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

# What makes each fault go away.
_ADVICE = {
    "missing": "`invoke compile` makes it",
    "no-fingerprint": "`invoke compile` writes one",
    "edited": "`invoke compile` brings back what the input asks for",
    "no-hash": "`invoke compile` adds it",
    "input": "`invoke compile`",
    "options": "`invoke compile`",
    "order": "`invoke compile`",
    "python": "compile all sets with one Python",
    "target": "`invoke compile --target all`",
}


def render_targets(targets: Mapping[str, Any]) -> str:
    """Give a line for each target: what is the same there, and what has a file of its own.

    >>> one = {"image": "python:3.13", "platform": "", "stand_in": True, "skipped": ""}
    >>> one["locks"] = {"core": {"lock": "core.txt", "differs": False}}
    >>> print(render_targets({"trixie": one}))
    trixie (python:3.13 †): core.txt is the same
    † a stand-in took the image's place
    """
    lines = []
    for name, one in targets.items():
        mark = " †" if one["stand_in"] else ""
        platform = f", {one['platform']}" if one["platform"] else ""
        said = [
            f"{lock['lock']} {'is its own' if lock['differs'] else 'is the same'}"
            for lock in one["locks"].values()
        ]
        about = f"skipped: {one['skipped']}" if one["skipped"] else "; ".join(said)
        lines.append(clean(f"{name} ({one['image']}{mark}{platform}): {about}"))
    if any(one["stand_in"] for one in targets.values()):
        lines.append("† a stand-in took the image's place")
    return "\n".join(lines)


def render_check(data: Mapping[str, Any]) -> str:
    """Give a line for each thing that is wrong, and one that sums up.

    >>> print(render_check({"outcome": "passed", "locks": ["core.txt"], "stale": []}))
    1 lock: fresh
    """
    count = len(data["locks"])
    locks = f"{count} lock{'s' * (count != 1)}"
    if data["outcome"] == "passed":
        return f"{locks}: fresh"
    lines = []
    for one in data["stale"]:
        where = one["path"] if one["line"] is None else f"{one['path']}:{one['line']}"
        said = f"{where}: {one['fault']}: requirement set {one['set_name']}: {one['message']}"
        lines += [clean(said), f"  -> {_ADVICE[one['fault']]}"]
    stale = len({one["path"] for one in data["stale"]})
    return "\n".join([*lines, f"{locks}, {stale} not fresh"])
