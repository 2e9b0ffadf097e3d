"""What distributions need, and what each would take with it, on graphs and on a small image."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from careen.image.weigh.distributions import distributions
from careen.image.weigh.requires import edges, reachable, vendored, weigh_needs
from careen.image.weigh.view import View
from careen.report.weight import render_weight

from ..trees import file, image, layer, merge, text

ENVIRONMENT = {"python_version": "3.13", "sys_platform": "linux", "platform_machine": "x86_64"}
SITE = "opt/venv/lib/python3.13/site-packages"
NAMES = st.sampled_from("abcdef")


def test_markers_extras_and_what_is_not_there() -> None:
    found = edges(
        {
            "web": ["server[fast]>=1", 'old; python_version < "3.9"', "absent"],
            "server": ["loop; extra == 'fast'", "never; extra == 'slow'"],
            "loop": [],
            "never": [],
            "old": [],
        },
        ENVIRONMENT,
    )
    assert found == {
        "web": {"server"},
        "server": {"loop"},
        "loop": set(),
        "never": set(),
        "old": set(),
    }


def test_what_is_no_requirement_is_left_out() -> None:
    assert edges({"a": ["!!", "a", "b ; unknown_name == '1'"], "b": []}, ENVIRONMENT)["a"] == set()


@given(st.dictionaries(NAMES, st.sets(NAMES)), st.sets(NAMES), NAMES)
def test_reachable_is_closed_and_never_goes_through(
    graph: dict[str, set[str]], starts: set[str], without: str
) -> None:
    found = reachable(graph, starts, without=without)
    assert without not in found
    assert starts - {without} <= found
    assert all(graph.get(name, set()) - {without} <= found for name in found)


def distribution(name: str, size: int, *requires: str, library: int = 0) -> list[object]:
    lines = [f"Name: {name}", "Version: 1", *(f"Requires-Dist: {one}" for one in requires)]
    record = f"{name}/code.py,,\n{name}.libs/libz-{name}ab.so.1,,\n"
    rows: list[object] = [
        text(f"{SITE}/{name}-1.dist-info/METADATA", "\n".join(lines) + "\n\nlong text"),
        text(f"{SITE}/{name}-1.dist-info/RECORD", record),
        file(f"{SITE}/{name}/code.py", size),
    ]
    return rows + ([file(f"{SITE}/{name}.libs/libz-{name}ab.so.1", library)] if library else [])


def test_a_small_image() -> None:
    one = layer(
        *distribution("web", 1_000_000, "common", "own"),  # type: ignore[arg-type]
        *distribution("tool", 2_000_000, "common", library=700),  # type: ignore[arg-type]
        *distribution("common", 4_000_000),  # type: ignore[arg-type]
        *distribution("own", 8_000_000, library=900),  # type: ignore[arg-type]
    )
    merged = merge([one])
    view = View(merged, [one])
    found = distributions(view)
    rows = {row.name: row for row in weigh_needs(merged, [one], view, found)}
    web = rows["web"]
    assert web.needs == ("common", "own")
    assert 9_000_000 < web.exclusive_bytes < 9_010_000  # itself and own, not what tool needs too
    assert 13_000_000 < web.closure_bytes < 13_010_000
    assert web.shared_bytes == rows["common"].own_bytes
    assert rows["common"].needed_by == ("tool", "web")
    assert rows["common"].exclusive_bytes == rows["common"].own_bytes
    [library] = vendored(view, found)
    assert (library.library, library.duplicate_bytes) == ("libz", 700)

    whole = image("app", [one])
    data = {
        "image": whole.name,
        "stand_in": False,
        "distributions": [vars(row) for row in rows.values()],
        "vendored": [vars(library)],
        "alternatives": [],
    }
    shown = render_weight(json.loads(json.dumps(data)))
    assert "libz comes 2 times, with own, tool: 700 B twice" in shown
