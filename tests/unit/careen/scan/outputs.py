"""What the tests of scanners share: captured outputs, a target, and damage of every kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from careen.image.model import Image, LayerFacts
from careen.scan.model import How, Target

DATA = Path(__file__).resolve().parents[3] / "data" / "scan"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([])
)


def output(name: str) -> str:
    return (DATA / name).read_text()


def document(name: str) -> Any:
    return json.loads(output(name))


def how(databases: Path, **more: Any) -> How:
    return How(databases, NOW, **more)


def target(archive: Path, **more: Any) -> Target:
    return Target("scanned:1", archive, "docker-archive", image(), **more)


def image(*facts: LayerFacts) -> Image:
    return Image("scanned:1", "docker-archive", "linux/amd64", "", {}, 0, facts, ())


@st.composite
def damaged(draw: st.DrawFn, name: str) -> str:
    """An output with one value, anywhere, replaced by one of another type, or taken away."""
    whole = document(name)
    node: Any = whole
    while True:
        keys = sorted(node) if isinstance(node, dict) else list(range(len(node)))
        key = draw(st.sampled_from(keys))
        below = node[key]
        if not isinstance(below, (dict, list)) or not below or draw(st.integers(0, 3)) == 0:
            break
        node = below
    if isinstance(node, dict) and draw(st.booleans()):
        del node[key]
    else:
        node[key] = draw(st.one_of(SCALARS, st.just({})))
    return json.dumps(whole)
