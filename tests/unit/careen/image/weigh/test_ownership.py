from __future__ import annotations

from typing import TYPE_CHECKING

from careen.image.tree import merge
from careen.image.weigh.ownership import Ownership, ownership
from careen.image.weigh.view import View

from ..trees import debian, file, hard_link, layer, pip, symlink, text, view

if TYPE_CHECKING:
    from careen.image.layer import Layer

SITE = "opt/venv/lib/python3.13/site-packages"
STATUS = "Package: a\nStatus: install ok installed\nVersion: 1\n"


def owners(*layers: Layer) -> dict[str, str]:
    seen = view(*layers)
    return names(seen, ownership(seen))


def names(seen: View, owned: Ownership) -> dict[str, str]:
    found = {}
    for folder, children in seen.merged.folders.items():
        for name, node in children.items():
            owner = owned.of(node)
            if owner is not None:
                found[f"{folder}/{name}".lstrip("/")] = owner.name
    return found


def test_a_package_comes_before_the_distribution_that_it_holds() -> None:
    seen = view(debian(), pip())
    owned = ownership(seen)
    assert [owner.name for owner in owned.owners] == [
        "libyaml-0-2",
        "python3-yaml",
        "zlib1g",
        "idna",
    ]
    assert [one.name for one in owned.held[1]] == ["PyYAML"]
    found = names(seen, owned)
    assert found["usr/lib/x86_64-linux-gnu/libz.so.1.2.13"] == "zlib1g"
    cached = "usr/lib/python3/dist-packages/yaml/__pycache__/nodes.cpython-311.pyc"
    assert found[cached] == "python3-yaml"
    assert found["opt/venv/bin/idna"] == "idna"
    assert "usr/lib/os-release" not in found
    assert "usr/lib/x86_64-linux-gnu/libz.so.1" not in found  # a link has no bytes to own


def test_an_upgrade_in_place_keeps_what_the_package_lists() -> None:
    found = owners(
        layer(
            text("var/lib/dpkg/status", STATUS),
            text("var/lib/dpkg/info/a.list", f"/{SITE}/m.py\n/etc/gone\n"),
            file(f"{SITE}/m.py"),
            file(f"{SITE}/n.py"),
            text(f"{SITE}/m-2.dist-info/RECORD", "m.py,,\nn.py,,\nm-2.dist-info/RECORD,,\n"),
        )
    )
    assert found == {
        f"{SITE}/m.py": "a",
        f"{SITE}/n.py": "m",
        f"{SITE}/m-2.dist-info/RECORD": "m",
    }


def test_what_is_vendored_is_a_part_of_what_vendors_it() -> None:
    vendored = "setuptools/_vendor/wheel-1.dist-info"
    seen = view(
        layer(
            text(
                f"{SITE}/setuptools-80.dist-info/RECORD",
                f"setuptools/_vendor/wheel.py\n{vendored}/RECORD\n{vendored}/METADATA\n",
            ),
            text(f"{SITE}/{vendored}/RECORD", "wheel.py\n"),
            text(f"{SITE}/{vendored}/METADATA", "Name: wheel\n"),
            file(f"{SITE}/setuptools/_vendor/wheel.py"),
        )
    )
    owned = ownership(seen)
    assert [owner.name for owner in owned.owners] == ["setuptools"]
    assert owned.held == {}


def test_bytecode_that_no_list_has() -> None:
    cache = f"{SITE}/m/__pycache__"
    found = owners(
        layer(
            text(f"{SITE}/m-1.dist-info/RECORD", "m/a.py\nm/b.b.py\n"),
            file(f"{SITE}/m/a.py"),
            file(f"{SITE}/m/b.b.py"),
            file(f"{SITE}/m/c.py"),
            *(
                file(f"{cache}/{name}")
                for name in (
                    "a.cpython-313.pyc",
                    "a.cpython-313.opt-2.pyc",
                    "b.b.cpython-313.pyc",
                    "c.cpython-313.pyc",
                    "gone.cpython-313.pyc",
                    "a.cpython-313.txt",
                    "pyc",
                )
            ),
        )
    )
    assert [path.rpartition("/")[2] for path in found if path.startswith(cache)] == [
        "a.cpython-313.pyc",
        "a.cpython-313.opt-2.pyc",
        "b.b.cpython-313.pyc",
    ]


def test_without_a_record_the_modules_are_taken_as_far_as_nobody_has_them() -> None:
    found = owners(
        layer(
            text(f"{SITE}/m-1.egg-info/top_level.txt", "m\n_m\n"),
            file(f"{SITE}/m/a.py"),
            file(f"{SITE}/m/deep/b.py"),
            file(f"{SITE}/m/other.py"),
            file(f"{SITE}/_m.cpython-313-x86_64-linux-gnu.so"),
            file(f"{SITE}/_m.py"),
            file(f"{SITE}/_mm.py"),
            text(f"{SITE}/other-1.dist-info/RECORD", "m/other.py\n"),
        )
    )
    assert found == {
        f"{SITE}/m-1.egg-info/top_level.txt": "m",
        f"{SITE}/m/a.py": "m",
        f"{SITE}/m/deep/b.py": "m",
        f"{SITE}/m/other.py": "other",
        f"{SITE}/_m.cpython-313-x86_64-linux-gnu.so": "m",
        f"{SITE}/_m.py": "m",
        f"{SITE}/other-1.dist-info/RECORD": "other",
    }


def test_all_names_of_a_file_have_its_owner() -> None:
    found = owners(
        layer(
            text("var/lib/dpkg/status", STATUS),
            text("var/lib/dpkg/info/a.list", "/usr/bin/perl5.36.0\n"),
            file("usr/bin/perl"),
            hard_link("usr/bin/perl5.36.0", "usr/bin/perl"),
        )
    )
    assert found == {"usr/bin/perl": "a", "usr/bin/perl5.36.0": "a"}


def test_a_record_through_a_loop_of_links_owns_nothing() -> None:
    found = owners(
        layer(
            text(f"{SITE}/m-1.dist-info/RECORD", "loop/a.py\n../../../../../../../etc/passwd\n"),
            symlink(f"{SITE}/loop", "loop"),
            file("etc/passwd"),
        )
    )
    assert found == {f"{SITE}/m-1.dist-info/RECORD": "m", "etc/passwd": "m"}


def test_what_is_no_path_of_the_image_has_no_owner() -> None:
    info = "var/lib/dpkg/info/a.list"
    base = layer(
        text("var/lib/dpkg/status", STATUS),
        text(info, "/etc/.wh.x\n/etc/..\n/etc/a/../b\n/etc/y\n"),
        file("etc/x"),
        file("etc/y"),
    )
    # One layer whose order makes no difference, and one with names that no tar reader gives.
    upper = [layer(file("etc/.wh.x")), layer(file("etc/.."), file("etc/y", 5), file("etc/y", 7))]
    seen = View(merge([base, *upper]), [base, *upper])
    owned = ownership(seen)

    assert names(seen, owned) == {"etc/y": "a"}
    assert len(owned.by_inode) == 1
