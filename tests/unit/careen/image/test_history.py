from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careen.image.history import clean_instruction, instructions


@pytest.mark.parametrize(
    ("created_by", "expected"),
    [
        # The classic builder.
        ('/bin/sh -c #(nop)  CMD ["python3"]', 'CMD ["python3"]'),
        ("/bin/sh -c #(nop) ADD file:0a1b2c3d4e5f in / ", "ADD /"),
        ("/bin/sh -c #(nop) COPY --chown=a:b multi:0a1b2c3d in /x/ ", "COPY --chown=a:b /x/"),
        ("/bin/sh -c apt-get update && apt-get upgrade", "RUN apt-get update && apt-get upgrade"),
        ("|1 VERSION=3.1 /bin/sh -c make $VERSION", "RUN make $VERSION"),
        ("|2 A=one word B= /bin/sh -c make", "RUN make"),
        ("/bin/bash -o pipefail -c a | b", "RUN a | b"),
        ("cmd /S /C #(nop) ENV A=b", "ENV A=b"),
        # BuildKit.
        ("RUN /bin/sh -c pip install . # buildkit", "RUN pip install ."),
        ("RUN |1 A=b /bin/sh -c echo $A # buildkit", "RUN echo $A"),
        ("RUN |1 A=b python3 -m x # buildkit", "RUN python3 -m x"),
        ("RUN /bin/bash -euxo pipefail -c a # buildkit", "RUN a"),
        ("RUN python3 -c 'print(1)' # buildkit", "RUN python3 -c 'print(1)'"),
        ('RUN sh -c "a" # buildkit', 'RUN sh -c "a"'),
        ("COPY --link /src /dst # buildkit", "COPY --link /src /dst"),
        ("WORKDIR /app", "WORKDIR /app"),
        # Others.
        ("# debian.sh --arch 'amd64' out/ 'trixie'", "# debian.sh --arch 'amd64' out/ 'trixie'"),
        ("bazel build ...", "bazel build ..."),
        ("|x", "|x"),
        ("|9 A=b", "|9 A=b"),
        ("", ""),
        # One line, nothing that a terminal obeys.
        ("RUN /bin/sh -c set -eux; \\\n\tpip  install x", "RUN set -eux; \\ pip install x"),
        ("RUN echo \x1b[31;1mred\x1b[0m\x07\u202edne", "RUN echo red dne"),
    ],
)
def test_instructions_are_as_the_dockerfile_has_them(created_by: str, expected: str) -> None:
    assert clean_instruction(created_by) == expected


@given(st.text(max_size=200) | st.from_regex(r"(RUN )?\|\d A=.{0,20} ?/bin/(ba)?sh -c .{0,20}"))
@settings(max_examples=300, deadline=None)
def test_any_text_becomes_one_printable_line(text: str) -> None:
    clean = clean_instruction(text)

    assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in clean)
    assert clean == clean.strip()


def test_a_long_hostile_text_takes_no_time() -> None:
    assert clean_instruction("|1 " + " /bin/sh" * 100_000)
    assert clean_instruction("RUN /bin/sh -" + "c" * 1_000_000)


def step(created_by: object, *, empty: bool = False) -> dict[str, object]:
    return {"created_by": created_by} | ({"empty_layer": True} if empty else {})


def test_history_is_aligned_with_the_layers() -> None:
    history = [
        step("/bin/sh -c #(nop) ADD file:0a1b2c3d in / "),
        step("ENV A=b", empty=True),
        step("RUN /bin/sh -c pip install x # buildkit"),
        step('CMD ["x"]', empty=True),
    ]

    assert instructions({"history": history}, 2) == ["ADD /", "RUN pip install x"]


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"history": None},
        {"history": "RUN x"},
        {"history": [step("RUN x")]},
        {"history": [step("a"), step("b"), step("c")]},
        {"history": ["a", "b"]},
    ],
)
def test_a_history_that_does_not_fit_says_nothing(config: dict[str, Any]) -> None:
    assert instructions(config, 2) == ["", ""]


def test_a_step_without_words_has_none() -> None:
    assert instructions({"history": [step(None), {}, step("RUN a")]}, 3) == ["", "", "RUN a"]
