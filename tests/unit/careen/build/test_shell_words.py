from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.build.shell_words import BLANKS, expand, unquoted, words

VALUES = {"TAG": "3.13", "EMPTY": "", "OTHER": "x", "IMAGE": "host/a/b:1"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("python:$TAG-slim", "python:3.13-slim"),
        ("python:${TAG}", "python:3.13"),
        ("a${NONE}b$NONE", "ab"),
        ("${NONE:-d}", "d"),
        ("${NONE-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${TAG:-d}", "3.13"),
        ("${TAG:+alt}", "alt"),
        ("${EMPTY:+alt}", ""),
        ("${EMPTY+alt}", "alt"),
        ("${NONE+alt}", ""),
        ("${TAG:?no tag}", "3.13"),
        ("${EMPTY?none}", ""),
        ("${NONE:-${TAG:-1}-${OTHER}}", "3.13-x"),
        ("${NONE:-'a}b'}", "a}b"),
        ("${TAG#*.}", "13"),
        ("${IMAGE##*/}", "b:1"),
        ("${IMAGE#*/}", "a/b:1"),
        ("${IMAGE%:*}", "host/a/b"),
        ("${IMAGE%%/*}", "host"),
        ("${IMAGE%/?:1}", "host/a"),
        ("${IMAGE#none}", "host/a/b:1"),
        ("${NONE%x}", ""),
        ("'$TAG'", "$TAG"),
        ('"$TAG"', "3.13"),
        ('"a \\$TAG \\" \\n"', 'a $TAG " \\n'),
        ("\\$TAG", "$TAG"),
        ("100$", "100$"),
        ("$.", "$."),
        ("'open", "open"),
        ('"open', "open"),
        ("end\\", "end"),
    ],
)
def test_expand(word: str, expected: str) -> None:
    assert expand(word, VALUES.get) == expected


@pytest.mark.parametrize(
    "word",
    [
        "${TAG",
        "${}",
        "${TAG/3/4}",
        "${TAG#3",
        "${TAG:",
        "${NONE:?no tag}",
        "${NONE?x}",
        "${A:-" * 60,
    ],
)
def test_what_cannot_be_expanded(word: str) -> None:
    with pytest.raises(ValueError, match=r".{5}"):
        expand(word, VALUES.get)


def test_the_escape_character_can_be_another() -> None:
    assert expand("C:\\$TAG`$", VALUES.get, "`") == "C:\\3.13$"


def test_words_keep_their_quotes() -> None:
    text = """ a "b c"  'd "e' f\\ g "h \\" i" 'j\\' k\\"""
    assert list(words(text)) == ["a", '"b c"', "'d \"e'", "f\\ g", '"h \\" i"', "'j\\'", "k\\"]
    assert list(words(" \t")) == []


@given(st.text())
def test_words_lose_nothing_but_blanks(text: str) -> None:
    found = list(words(text))
    assert all(found)
    blanks = str.maketrans("", "", BLANKS)
    assert "".join(found).translate(blanks) == text.translate(blanks)


@given(st.text(alphabet="abc $"))
def test_plain_text_stays(text: str) -> None:
    assert unquoted(text) == text


@given(st.text(alphabet="$'\"\\{}:-+?aA "))
def test_only_value_errors(text: str) -> None:
    try:
        expand(text, VALUES.get)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - both ends are right
