"""A service's image before and after a change, for what compares and renders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from careen.image.compare.difference import Difference, compare
from careen.image.layer import Entry

from .trees import debian, file, image, layer, merge, pip, symlink, text

if TYPE_CHECKING:
    from careen.image.layer import Layer

SITE = "opt/venv/lib/python3.13/site-packages"
STAND_IN = {
    "io.careen.stand-in": "true",
    "io.careen.stand-in.recipe": "sha256:b523999e355cffff",
    "io.careen.stand-in.summary": "made from Debian packages",
}


def named(one: Layer, diff_id: str) -> Layer:
    return replace(one, diff_id=f"sha256:{diff_id}")


def numpy(version: str, size: int) -> list[Entry | tuple[Entry, bytes]]:
    record = "numpy/core.so,,\nnumpy/tests/t.py,,\nnumpy/__init__.py,,\n"
    return [
        text(f"{SITE}/numpy-{version}.dist-info/RECORD", record),
        file(f"{SITE}/numpy/core.so", size, size),
        file(f"{SITE}/numpy/tests/t.py", 40_000),
        file(f"{SITE}/numpy/__init__.py", 9_000),
    ]


def small(name: str, version: str, size: int) -> list[Entry | tuple[Entry, bytes]]:
    record = f"{name}.py,,\n"
    return [
        text(f"{SITE}/{name}-{version}.dist-info/RECORD", record),
        file(f"{SITE}/{name}.py", size, size),
    ]


def a_change(**options: Any) -> Difference:
    base = named(debian(), "base")
    tools = named(pip(), "pip")
    before = [
        base,
        tools,
        layer(*numpy("2.1.0", 18_000_000), *small("six", "1.16", 34_000), diff_id="sha256:old"),
        layer(
            file("srv/app/main.py", 4_000, 1),
            file("srv/app/start.sh", 100),
            file("srv/app/wheels/a.whl", 900_000),
            symlink("srv/current", "app"),
            Entry("srv/app", "d", mode=0o755),
            diff_id="sha256:app",
        ),
    ]
    after = [
        base,
        tools,
        layer(*numpy("2.2.0", 23_100_000), *small("tqdm", "4.67", 78_000), diff_id="sha256:new"),
        layer(
            file("srv/app/main.py", 5_200, 2),
            file("srv/app/start.sh", 100, mode=0o755),
            file("srv/app/static/index.js", 310_000),
            symlink("srv/current", "/srv/app"),
            Entry("srv/app", "d", mode=0o755, uid=1000, gid=1000),
            diff_id="sha256:app2",
        ),
    ]
    install = "RUN |1 PIP_TOKEN=hunter2 /bin/sh -c pip install -r requirements.txt # buildkit"
    steps = ["COPY / /", "RUN pip install idna", install]
    one = image(
        "pokertool:1",
        before,
        pull=[600_000, 200_000, 6_000_000, 500_000],
        instructions=[*steps, "COPY . /srv/app"],
        environment=["PATH=/opt/venv/bin", "API_TOKEN=hunter2"],
        labels=STAND_IN,
        config={"User": "0", "Cmd": ["python", "-m", "app"], "ExposedPorts": {"8000/tcp": {}}},
    )
    two = image(
        "pokertool:2",
        after,
        pull=[600_000, 200_000, 7_900_000, 120_000],
        instructions=[*steps, "COPY src /srv/app"],
        environment=["PATH=/opt/venv/bin", "API_TOKEN=hunter3", "PYTHONUNBUFFERED=1"],
        labels=STAND_IN,
        config={"User": "1000", "Entrypoint": ["tini", "--"], "Cmd": ["python", "-m", "app"]},
    )
    return compare(one, two, merge(before), merge(after), **options)


def a_hostile_change() -> Difference:
    """Names with everything that a terminal, a table, Markdown or HTML would take for its own."""
    evil = (
        "a|b`c<script>alert(1)</script>\x1b[31m\n| x | @octocat [l](javascript:1) &lt; \u202e\udcff"
    )
    before = [layer(file(f"srv/{evil[:-2]}", 5), diff_id="sha256:1")]
    after = [
        layer(
            file(f"srv/{evil}2", 6),
            *(
                text(f"s/{at}.dist-info/RECORD", "x") if at else file("s/\\|", 1)
                for at in (0, f"{evil[:12]}-1")
            ),
            diff_id="sha256:2",
        )
    ]
    one = image(evil, before, instructions=[f"RUN {evil}"], environment=[f"A={evil}"])
    two = image(
        f"{evil}2", after, instructions=[f"COPY {evil}\\"], labels={evil: evil}, estimated=True
    )
    return compare(one, two, merge(before), merge(after))


def no_change() -> Difference:
    layers = [named(debian(), "base"), layer(file("a"), diff_id="sha256:a")]
    same = image("a", layers)
    return compare(same, same, merge(layers), merge(layers), max_growth_bytes=0)
