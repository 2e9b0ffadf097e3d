"""What a base's name tells."""

from __future__ import annotations

from datetime import date

import pytest

from careen.lint.base_facts import BaseFacts, base_facts
from careen.lint.end_of_life import ends, known

DIGEST = "sha256:" + 64 * "0"


@pytest.mark.parametrize(
    ("reference", "family", "release", "libc", "python", "prefix"),
    [
        ("python:3.13-slim-trixie", "debian", "13", "glibc", "3.13", "/usr/local"),
        ("python:3.13.1-alpine3.20", "alpine", "3.20", "musl", "3.13", "/usr/local"),
        ("python:3", "debian", "", "glibc", "", "/usr/local"),
        ("docker.io/library/python:3.12@" + DIGEST, "debian", "", "glibc", "3.12", "/usr/local"),
        ("debian:12-slim", "debian", "12", "glibc", "3.11", "/usr"),
        ("debian:trixie", "debian", "13", "glibc", "3.13", "/usr"),
        ("ubuntu:24.04", "ubuntu", "24.04", "glibc", "3.12", "/usr"),
        ("ubuntu:jammy-20240101", "ubuntu", "22.04", "glibc", "3.10", "/usr"),
        ("alpine:3.22.1", "alpine", "3.22", "musl", "", "/usr"),
        ("node:22-bookworm-slim", "debian", "12", "glibc", "3.11", "/usr"),
        ("gcr.io/distroless/python3-debian12:nonroot", "distroless", "12", "glibc", "3.11", "/usr"),
        ("gcr.io/distroless/cc-debian12", "distroless", "12", "glibc", "", ""),
        ("python:3.13-windowsservercore", "", "", "", "3.13", ""),
    ],
)  # fmt: skip
def test_references(
    reference: str, family: str, release: str, libc: str, python: str, prefix: str
) -> None:
    facts = base_facts(reference)
    got = (facts.family, facts.release, facts.libc, facts.python, facts.prefix)
    assert got == (family, release, libc, python, prefix)


@pytest.mark.parametrize(
    "reference", [None, "", "scratch", "Not A Reference", "example.org/python:3"]
)
def test_of_others_nothing_is_known(reference: str | None) -> None:
    assert base_facts(reference) == BaseFacts()


def test_the_list_of_ends_says_its_day_and_its_sources() -> None:
    table = dict(known())
    day = table.pop("as-of")
    assert isinstance(day, date)
    for product, one in table.items():
        assert one["source"].startswith("https://"), product
        assert all(isinstance(end, date) for end in one["ends"].values())


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        ("node:18-alpine3.19", [("Node 18", "2025-04-30"), ("Alpine 3.19", "2025-11-01")]),
        ("python:3.9-slim-bookworm", [("Python 3.9", "2025-10-31"), ("Debian 12", "2028-06-30")]),
        ("debian:11.7", [("Debian 11", "2026-08-31")]),
        ("node:lts", []),
        ("gcr.io/distroless/static-debian11", [
            ("distroless/static-debian11 (distroless on Debian 11)", "2024-06-10"),
        ]),
    ],
)  # fmt: skip
def test_ends_of_what_a_base_is_made_of(reference: str, wanted: list[tuple[str, str]]) -> None:
    assert [(what, str(end)) for what, end in ends(base_facts(reference))] == wanted
