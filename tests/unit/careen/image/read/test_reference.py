"""References are read as Docker reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.errors import UsageError
from careen.image.read.reference import parse

HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("python", "docker.io/library/python:latest"),
        ("python:3.13-slim", "docker.io/library/python:3.13-slim"),
        ("user/app", "docker.io/user/app:latest"),
        ("docker.io/python", "docker.io/library/python:latest"),
        ("index.docker.io/a/b", "docker.io/a/b:latest"),
        ("gcr.io/distroless/python3-debian13:nonroot", None),
        ("localhost/a", "localhost/a:latest"),
        ("localhost:5000/a/b/c:v1", None),
        ("127.0.0.1:5000/a:1", None),
        ("[::1]:5000/a:1", None),
        (f"a@sha256:{HEX}", f"docker.io/library/a@sha256:{HEX}"),
        (f"r.example/a:1@sha256:{HEX}", None),
        ("A/b", "A/b:latest"),
        ("a__b/c.d-e---f", "docker.io/a__b/c.d-e---f:latest"),
    ],
)
def test_what_is_left_out_is_filled_in(text: str, full: str | None) -> None:
    found = parse(text)
    assert str(found) == (full or text)
    assert parse(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":tag",
        "a/B",
        "a:",
        "a/",
        "/a",
        "a//b",
        "a:b:c",
        "a b",
        "../a",
        "a/../b",
        "r.example:port/a",
        "a@sha256:12",
        "a@",
        "a:" + "t" * 129,
        "a" * 300,
        "a\n",
        "https://r.example/a",
        "user:secret@r.example/a",
    ],
)
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(UsageError, match="no image reference"):
        parse(text)


@given(st.text(max_size=40))
def test_any_text_is_a_reference_or_an_error(text: str) -> None:
    try:
        found = parse(text)
    except UsageError:
        return
    assert parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "is_loopback"),
    [
        ("localhost:5000/a", True),
        ("127.0.0.9/a", True),
        ("[::1]:5000/a", True),
        ("localhost.example/a", False),
        ("127.0.0.1.example/a", False),
        ("python", False),
    ],
)
def test_only_this_machine_is_loopback(text: str, is_loopback: bool) -> None:
    assert parse(text).is_loopback == is_loopback
