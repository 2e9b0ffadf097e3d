"""Lighter alternatives fit what is asked for, and their figures come from installing both."""

from __future__ import annotations

import pytest

from careen.errors import EngineError
from careen.report.weight import render_weight
from careen.requirements.alternatives import alternatives, fitting, measure


def test_every_row_is_whole() -> None:
    assert len({one.name for one in alternatives()}) == len(alternatives())
    assert all(one.name and one.lighter and one.when for one in alternatives())


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["opencv_python==4"], ["opencv-python-headless"]),
        (["uvicorn[standard]>=0.3"], ["uvicorn"]),
        (["uvicorn"], []),
        (["-r other.in", "./local", "idna"], []),
    ],
)
def test_what_fits(wanted: list[str], found: list[str]) -> None:
    assert [one.lighter for one in fitting(wanted)] == found


def test_both_are_measured_and_what_cannot_be_installed_is_said() -> None:
    def install(name: str) -> int:
        if name == "psycopg2":
            raise EngineError("pip: exit status 1\n  command: ...")
        return {"uvicorn": 2_000_000, "uvicorn[standard]": 9_000_000}.get(name, 5_000_000)

    pairs = fitting(["uvicorn[standard]", "psycopg2-binary"])
    measured = {one.alternative.name: one for one in measure(pairs, install)}
    assert measured["uvicorn[standard]"].lighter_bytes == 2_000_000
    assert measured["psycopg2-binary"].lighter_bytes is None
    data = {
        "image": "app",
        "stand_in": True,
        "distributions": [],
        "vendored": [],
        "alternatives": [one.to_json() for one in measured.values()],
    }
    shown = render_weight(data)
    assert (
        "uvicorn in place of uvicorn[standard]: 2.0 MB in place of 9.0 MB, installed here" in shown
    )
    assert "(not measured: psycopg2: pip: exit status 1)" in shown
