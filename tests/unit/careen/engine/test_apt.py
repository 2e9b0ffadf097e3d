"""What the host's apt sources say, in both of their forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from careen.engine.apt import Host, Source, parse_sources, read_host
from careen.engine.packages import release_sources
from careen.errors import EngineError

DEB822 = """\
Types: deb deb-src
# a comment
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Enabled: no
"""


def machine(root: Path, release: str, sources: dict[str, str]) -> Path:
    (root / "etc/apt/sources.list.d").mkdir(parents=True)
    (root / "etc/os-release").write_text(release)
    for name, text in sources.items():
        (root / "etc/apt" / name).write_text(text)
    return root


def test_deb822_sources_without_the_disabled_ones() -> None:
    assert parse_sources(DEB822) == [
        ("http://mirror.example/debian", "bookworm"),
        ("http://mirror.example/debian", "bookworm-updates"),
        ("http://security.example/debian-security", "bookworm-security"),
    ]


def test_one_line_sources_with_options_and_comments() -> None:
    text = (
        "# deb http://no x main\n"
        "deb [arch=amd64 signed-by=/k] http://a/d/ trixie main\n"
        "deb-src http://s y\n"
    )
    assert parse_sources(text) == [("http://a/d", "trixie")]


def test_deb822_fields_go_on_in_further_lines_and_have_no_case() -> None:
    text = (
        "types: deb\nuris:\n http://a\n http://b\nsuites: trixie\n# no\n\ttrixie-updates\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n Suites: no\n"
        " \nTypes: deb\nURIs: http://c\nSuites: trixie\n"
    )
    assert parse_sources(text) == [
        ("http://a", "trixie"),
        ("http://a", "trixie-updates"),
        ("http://b", "trixie"),
        ("http://b", "trixie-updates"),
        ("http://c", "trixie"),
    ]


@pytest.mark.parametrize("word", ["no", "No", "false", "off", "without", "disable", "0"])
def test_every_word_that_apt_takes_for_no(word: str) -> None:
    stanza = f"Types: deb\nURIs: http://a\nSuites: trixie\nEnabled: {word}\n"
    assert parse_sources(stanza) == []
    assert parse_sources(stanza.replace(word, "yes")) == [("http://a", "trixie")]


def test_a_debian_host(tmp_path: Path) -> None:
    release = 'ID=debian\nVERSION_CODENAME="bookworm"\n'
    root = machine(tmp_path, release, {"sources.list.d/debian.sources": DEB822})
    host = read_host(root)
    assert host == Host(
        "debian",
        "bookworm",
        "http://mirror.example/debian",
        "http://security.example/debian-security",
    )
    assert host.keyring == Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    assert [source.suite for source in release_sources(host, "trixie")] == [
        "trixie",
        "trixie-updates",
        "trixie-security",
    ]


def test_an_ubuntu_host_needs_universe(tmp_path: Path) -> None:
    line = "deb http://u.example/ubuntu noble main universe\n"
    root = machine(tmp_path, "ID=ubuntu\nVERSION_CODENAME=noble\n", {"sources.list": line})
    host = read_host(root)
    sources = release_sources(host, host.codename)
    assert {source.components for source in sources} == {("main", "universe")}


def test_another_system_is_told_what_to_install(tmp_path: Path) -> None:
    root = machine(tmp_path, "ID=fedora\nVERSION_ID=41\n", {})
    with pytest.raises(EngineError, match=r"fedora(.|\n)*install Docker Engine"):
        read_host(root)


def test_a_debian_without_sources_is_told_where_to_look(tmp_path: Path) -> None:
    root = machine(tmp_path, "ID=debian\nVERSION_CODENAME=bookworm\n", {})
    with pytest.raises(EngineError, match=r"sources\.list"):
        read_host(root)


def test_a_source_is_a_line_with_its_key() -> None:
    source = Source("http://m/debian", "trixie", ("main",), Path("/k.gpg"))
    assert source.line() == "deb [signed-by=/k.gpg] http://m/debian trixie main"
