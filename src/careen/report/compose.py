"""What runs in Compose for a terminal: a row a service, its address, what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careen.report.terminal import render_table

if TYPE_CHECKING:
    from collections.abc import Mapping

DAGGER = "†"


def render_up(data: Mapping[str, Any]) -> str:
    """Give a table of the services that run, stand-ins marked, and where they answer."""
    stand_ins = {one["service"]: one for one in data["images"] if one["stand_in"]}
    rows = [
        [
            one["service"],
            f"{one['image']} {DAGGER}" if one["service"] in stand_ins else one["image"],
            one["health"] or one["state"],
            ", ".join(one["ports"].values()),
        ]
        for one in data["services"]
    ]
    notes = [_note(one) for one in stand_ins.values()]
    if data["volumes"]:
        notes.append(
            f"data: {', '.join(data['volumes'])}; `careen down` keeps it, `careen down --volumes` "
            "and `careen clean` remove it"
        )
    headers = ["service", "image", "state", "published at"]
    table = render_table(headers, rows, notes, f"Up: {data['project']}")
    return f"{table}{data['base_url']}\n" if data["base_url"] else table


def render_down(data: Mapping[str, Any]) -> str:
    """Give a line for each thing that went or stays."""
    verb = "would remove" if data["dry"] else "removed"
    lines = [f"{verb} {name}" for name in data["removed"]]
    lines += [
        f"{'would keep' if data['dry'] else 'kept'} {name}: its data goes with --volumes"
        for name in data["kept"]
    ]
    return "\n".join(lines or ["nothing is up"]) + "\n"


def _note(one: Mapping[str, Any]) -> str:
    what = f"{DAGGER} {one['service']}: {one['summary']}; not the published image; "
    return f"{what}recipe {one['recipe']}; {one['reason']}"
