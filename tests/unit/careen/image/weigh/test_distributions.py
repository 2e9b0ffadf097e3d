from __future__ import annotations

import csv
import io

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from careen.image.weigh.distributions import Distribution, distributions, normalised

from ..trees import DATA, debian, file, layer, pip, text, view

SITE = "usr/local/lib/python3.13/site-packages"


def test_captured_pip() -> None:
    (idna,) = distributions(view(pip()))
    site = "opt/venv/lib/python3.11/site-packages"
    assert (idna.name, idna.key, idna.version, idna.folder) == ("idna", "idna", "3.20", site)
    with (DATA / "pip" / "idna.RECORD").open(newline="") as lines:
        assert idna.paths == tuple(f"{site}/{row[0]}" for row in csv.reader(lines))
    assert f"{site}/../../../bin/idna" in idna.paths


def test_captured_debian() -> None:
    (yaml,) = distributions(view(debian()))
    assert (yaml.name, yaml.key, yaml.version) == ("PyYAML", "pyyaml", "6.0")


@pytest.mark.parametrize(
    ("record", "paths"),
    [
        (b"", ()),
        (b'"a,b.py",sha256=x,1\n"q""q.py",,\n', (f"{SITE}/a,b.py", f'{SITE}/q"q.py')),
        (b"/opt/x/script,,\n\n,,\nb\n", ("/opt/x/script", f"{SITE}/b")),
        (b"\xff.py,,\n\0c.py,,\n", (f"{SITE}/\udcff.py", f"{SITE}/c.py")),
        (b"a.py,,\n" + b"x" * 200_000 + b",,\n", (f"{SITE}/a.py",)),
        (b'a.py,,\n"never closed\nb.py,,\n', (f"{SITE}/a.py", f"{SITE}/never closed\nb.py,,\n")),
    ],
)
def test_records(record: bytes, paths: tuple[str, ...]) -> None:
    (found,) = distributions(view(layer(text(f"{SITE}/a-1.dist-info/RECORD", record))))
    assert found == Distribution("a", "1", SITE, f"{SITE}/a-1.dist-info", paths)


def test_the_metadata_names_it_and_its_description_does_not() -> None:
    data = "Metadata-Version: 2.1\nname:  Foo.Bar \nName: second\nVersion:\n\nVersion: 9\n"
    folder = f"{SITE}/foo_bar-1.0.dist-info"
    (found,) = distributions(view(layer(text(f"{folder}/METADATA", data))))
    assert (found.name, found.key, found.version) == ("Foo.Bar", "foo-bar", "1.0")
    assert (found.paths, found.modules) == (None, ("foo_bar",))


def test_leftovers_and_empty_folders_are_no_distributions() -> None:
    seen = view(
        layer(
            text(f"{SITE}/~ip-23.0.dist-info/RECORD", "a"),
            text(f"{SITE}/.x-1.dist-info/RECORD", "a"),
            file(f"{SITE}/empty-1.dist-info/WHEEL"),
            file(f"{SITE}/a.py"),
        )
    )
    assert distributions(seen) == []


def test_eggs() -> None:
    seen = view(
        layer(
            text(f"{SITE}/a-1.0-py3.13.egg-info/PKG-INFO", "Name: A\nVersion: 1.0.1\n"),
            text(f"{SITE}/a-1.0-py3.13.egg-info/top_level.txt", "a\n\n_a\nx/y\n..\n"),
            file(f"{SITE}/perf-0.1.egg-info"),
            file("srv/not-in-a-library-1.egg-info"),
            file("srv/app/app.egg-info/SOURCES.txt"),
        )
    )
    assert distributions(seen) == [
        Distribution("app", "", "srv/app", "srv/app/app.egg-info", None, ("app",)),
        Distribution("A", "1.0.1", SITE, f"{SITE}/a-1.0-py3.13.egg-info", None, ("a", "_a")),
        Distribution("perf", "0.1", SITE, f"{SITE}/perf-0.1.egg-info", None, ("perf",)),
    ]


def test_names_are_compared_as_pep_503_says() -> None:
    assert {normalised(name) for name in ("Foo.Bar", "foo__bar", "FOO-_.bar")} == {"foo-bar"}


# Before Python 3.13 the csv module writes a carriage return that it does not read again.
names = st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), min_size=1, max_size=9)


@settings(deadline=None)
@given(st.lists(names.filter(lambda name: not name.startswith("/")), max_size=9))
def test_a_record_is_read_as_it_is_written(paths: list[str]) -> None:
    data = io.StringIO(newline="")
    csv.writer(data, lineterminator="\n").writerows((path, "sha256=x", 1) for path in paths)
    (found,) = distributions(view(layer(text(f"{SITE}/a-1.dist-info/RECORD", data.getvalue()))))
    assert found.paths == tuple(f"{SITE}/{path}" for path in paths)


@settings(deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_metadata_stops_the_reading(record: bytes, metadata: bytes) -> None:
    seen = view(
        layer(
            text(f"{SITE}/a-1.dist-info/RECORD", record),
            text(f"{SITE}/a-1.dist-info/METADATA", metadata),
            text(f"{SITE}/b.egg-info/PKG-INFO", metadata),
            text(f"{SITE}/b.egg-info/top_level.txt", record),
        )
    )
    assert len(distributions(seen)) == 2
