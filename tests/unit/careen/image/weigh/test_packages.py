from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from careen.image.weigh.packages import APK, DEB, Package, Release, packages, release

from ..trees import DATA, debian, document, file, layer, symlink, text, view

FOLDER = "var/lib/dpkg/status.d"


def test_captured_dpkg() -> None:
    found = {package.name: package for package in packages(view(debian()))}
    assert [(name, one.version, one.kind) for name, one in found.items()] == [
        ("libyaml-0-2", "0.2.5-1", DEB),
        ("python3-yaml", "6.0-3+b2", DEB),
        ("zlib1g", "1:1.2.13.dfsg-1", DEB),
    ]
    zlib = found["zlib1g"]
    assert zlib.architecture == "amd64"
    assert zlib.paths is not None
    assert "/lib/x86_64-linux-gnu/libz.so.1.2.13" in zlib.paths
    listed = (DATA / "debian" / "python3-yaml.list").read_text().splitlines()
    assert found["python3-yaml"].paths == tuple(listed)


def test_captured_release() -> None:
    expected = Release("debian", "12", "Debian GNU/Linux 12 (bookworm)", "bookworm")
    assert release(view(debian())) == expected


@pytest.mark.parametrize(
    ("text_", "expected"),
    [
        ("", Release("", "", "")),
        ("# ID=no\nID='alpine'\nVERSION_ID=3.22.1\n\nrubbish\n", Release("alpine", "3.22.1", "")),
        ('PRETTY_NAME="a \\"b\\" \\$c"\nID="\n', Release('"', "", 'a "b" $c')),
    ],
)
def test_release_of_other_systems(text_: str, expected: Release) -> None:
    assert release(view(layer(text("usr/lib/os-release", text_)))) == expected


def test_no_release() -> None:
    assert release(view(layer(file("a")))) is None


def test_what_is_not_installed_is_left_out_and_what_is_on_hold_is_not() -> None:
    status = "\n\n".join(
        f"Package: {name}\nStatus: {status}\nVersion: 1"
        for name, status in {
            "a": "install ok installed",
            "b": "deinstall ok config-files",
            "c": "hold ok installed",
            "d": "install ok half-installed",
            "e": "",
            "f": "install ok unpacked",
            "g": "install ok triggers-awaited",
            "h": "install reinstreq half-configured",
            "i": "install ok triggers-pending",
        }.items()
    )
    seen = view(layer(text("var/lib/dpkg/status", status)))
    assert [package.name for package in packages(seen)] == [*"acfghi"]


def test_without_a_list_the_files_are_unknown_and_sums_are_the_second_best() -> None:
    status = (
        "Package: a\nStatus: install ok installed\n\nPackage: b\nStatus: install ok installed\n"
    )
    seen = view(
        layer(
            text("var/lib/dpkg/status", status + "\nVersion: of nobody\n"),
            text("var/lib/dpkg/info/a.md5sums", "0" * 32 + "  usr/bin/a\nrubbish\n"),
        )
    )
    assert [package.paths for package in packages(seen)] == [("usr/bin/a",), None]


def test_an_empty_list_is_known_to_be_empty() -> None:
    seen = view(
        layer(
            text("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\n"),
            text("var/lib/dpkg/info/a.list", ""),
        )
    )
    assert packages(seen) == [Package("a", "", "", DEB, ())]


def test_two_architectures_have_a_list_each() -> None:
    stanza = "Package: libc6\nStatus: install ok installed\nArchitecture: {}\n\n"
    seen = view(
        layer(
            text("var/lib/dpkg/status", stanza.format("amd64") + stanza.format("i386")),
            text("var/lib/dpkg/info/libc6:amd64.list", "/a"),
            text("var/lib/dpkg/info/libc6:i386.list", "/b"),
        )
    )
    found = [(package.architecture, package.paths) for package in packages(seen)]
    assert found == [("amd64", ("/a",)), ("i386", ("/b",))]


def test_distroless() -> None:
    seen = view(
        layer(
            document("distroless/zlib1g", f"{FOLDER}/zlib1g"),
            document("distroless/zlib1g.md5sums", f"{FOLDER}/zlib1g.md5sums"),
            document("distroless/libyaml-0-2", f"{FOLDER}/libyaml-0-2"),
            text(f"{FOLDER}/nameless", "Version: 1\nno field\n"),
        )
    )
    yaml, zlib = packages(seen)
    assert (yaml.name, yaml.version, yaml.paths) == ("libyaml-0-2", "0.2.5-1", None)
    assert zlib.paths is not None
    assert zlib.paths[0] == "lib/x86_64-linux-gnu/libz.so.1.2.13"
    assert len(zlib.paths) == 4


def test_a_package_in_both_places_is_one_and_a_list_beats_none() -> None:
    stanza = "Package: a\nStatus: install ok installed\n"
    one = view(
        layer(
            text("var/lib/dpkg/status", stanza),
            text(f"{FOLDER}/a", stanza),
            text(f"{FOLDER}/a.md5sums", "0  x"),
        )
    )
    assert [package.paths for package in packages(one)] == [("x",)]
    other = view(
        layer(
            text("var/lib/dpkg/status", stanza),
            text("var/lib/dpkg/info/a.list", "/y"),
            text(f"{FOLDER}/a", stanza),
        )
    )
    assert [package.paths for package in packages(other)] == [("/y",)]


@pytest.mark.parametrize("database", ["lib/apk/db/installed", "usr/lib/apk/db/installed"])
def test_alpine(database: str) -> None:
    assert packages(view(layer(document("alpine/installed", database)))) == [
        Package(
            "musl",
            "1.2.5-r9",
            "x86_64",
            APK,
            ("lib/ld-musl-x86_64.so.1", "lib/libc.musl-x86_64.so.1"),
        ),
        Package(
            "alpine-baselayout",
            "3.6.8-r1",
            "x86_64",
            APK,
            ("etc/motd", "etc/profile.d/color_prompt.sh.disabled"),
        ),
    ]


def test_alpine_with_lib_as_a_link_counts_once() -> None:
    seen = view(
        layer(symlink("lib", "usr/lib"), document("alpine/installed", "usr/lib/apk/db/installed"))
    )
    assert len(packages(seen)) == 2


def test_files_in_the_root_of_alpine_and_a_stanza_without_a_name() -> None:
    installed = "V:1\nF:\nR:x\n\nP:a\nF:\nR:init\nrubbish\n"
    seen = view(layer(text("lib/apk/db/installed", installed)))
    assert packages(seen) == [Package("a", "", "", APK, ("/init",))]


def test_bytes_that_are_no_text() -> None:
    status = b"Package: a\nStatus: install ok installed\nVersion: \xff\n"
    seen = view(
        layer(text("var/lib/dpkg/status", status), text("var/lib/dpkg/info/a.list", b"/\xff"))
    )
    assert packages(seen) == [Package("a", "\udcff", "", DEB, ("/\udcff",))]


odd = st.lists(
    st.sampled_from(
        [b"Package: a", b"Status: install ok installed", b"", b" x", b"P:a", b"F:", b"R:b", b"F:c"]
    )
    | st.binary(max_size=8),
    max_size=12,
).map(b"\n".join)


@settings(deadline=None)
@given(odd, odd, odd)
def test_no_record_stops_the_reading(status: bytes, listed: bytes, installed: bytes) -> None:
    seen = view(
        layer(
            text("var/lib/dpkg/status", status),
            text("var/lib/dpkg/info/a.list", listed),
            text(f"{FOLDER}/b", status),
            text(f"{FOLDER}/b.md5sums", listed),
            text("lib/apk/db/installed", installed),
            text("etc/os-release", status),
        )
    )
    release(seen)
    for package in packages(seen):
        assert package.name
        assert package.kind in {DEB, APK}
