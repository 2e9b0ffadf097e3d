"""What patterns mean; where it surprises, BuildKit was asked: tests/engine asks it again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.lint.ignore_patterns import Ignore, clean, ignore_file_names
from careen.lint.ignore_regexp import (
    PatternError,
    alternatives,
    go_expression,
    matcher,
    matches_slowly,
    python_expression,
)

_TEXT = st.text(st.sampled_from("ab/*?[]^-\\!#. {}|2,:é\n\r"), max_size=30)
_PATH = st.text(st.sampled_from("ab/.*[]-\\ {}|2é"), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("pattern", "matched", "others"),
    [
        ("app.py", ["app.py"], ["src/app.py", "app.pyc", "appxpy"]),
        ("*.pyc", ["a.pyc", ".pyc"], ["src/a.pyc", "a.py", "axpyc"]),
        ("**/*.pyc", ["a.pyc", "src/a.pyc", "src/app/a.pyc"], ["a.py"]),
        ("**.pyc", ["a.pyc", "src/a.pyc"], ["a.py"]),
        ("**", ["a", "a/b"], []),
        ("docs/**", ["docs/a", "docs/a/b"], ["docs", "doc", "src/docs/a"]),
        ("docs/*", ["docs/a"], ["docs", "docs/a/b"]),
        ("src/**/test", ["src/test", "src/a/test", "src/a/b/test"], ["src/xtest", "test"]),
        ("**/**/a", ["a", "b/a", "b/c/a"], ["ba"]),
        ("a**/b", ["a/b", "ax/b", "ab", "a/c/b"], ["axb", "a/cb/c"]),
        ("a?c", ["abc", "a☺c"], ["a/c", "ac", "abbc"]),
        ("[a-c]x", ["ax", "cx"], ["dx", "x"]),
        ("[^a-c]x", ["dx", "☺x"], ["ax", "x"]),
        ("[a-ζ]*", ["α", "αβ"], ["A"]),
        ("a\\*b", ["a*b"], ["axb", "a\\*b"]),
        ("[\\]a]", ["]", "a"], ["\\"]),
        # Go's regular expressions read these in their own way.
        ("[*]", ["[]", "^]", "]", "[^]"], ["*", "[*]"]),
        ("[?]", ["[]", "^]"], ["?", "x"]),
        ("[[:digit:]]*", ["1", "12a"], ["a1"]),
        ("\\d*", ["1", "12"], ["d", "dd"]),
        ("[\\w]?", ["ab", "_b"], ["-b"]),
        ("[\\D]?", ["ab"], ["1b"]),
        ("[\\d-z]?", ["1b", "-b", "zb"], ["yb"]),
        ("[[:^digit:]]?", ["ab"], ["1b"]),
        ("x\\x41?", ["xAb"], ["xx41b"]),
        ("x\\101?", ["xAb"], ["x101"]),
        ("\\t?", ["\tb"], ["tb"]),
        ("a^*", [], ["a^", "ab", "a"]),
        ("^a", ["^a"], ["a"]),
        ("^a*", ["ab", "a"], ["^a", "^ab"]),
        ("a|b", ["a|b"], ["a", "b"]),
        ("a|b*", ["a", "abc/d", "x/yb", "b"], ["c", "xb/c"]),
        ("a|*c|b", ["ax", "c", "xcx", "xb"], ["x"]),
        ("a{2}?", ["aab"], ["a{2}b", "ab"]),
        ("?a{1,}", ["ba", "baa"], ["b"]),
        ("?a{0,1}", ["b", "ba"], ["baa"]),
        ("^{0}a*", ["a"], ["b"]),
        ("*.{js,ts}", ["a.{js,ts}"], ["a.js"]),
        ("(a)+*", ["(a)+", "(a)+b"], ["a", "aa"]),
        ("***", ["a", "a/b"], []),
    ],
)
def test_what_a_pattern_matches(pattern: str, matched: list[str], others: list[str]) -> None:
    matches = matcher(pattern)
    assert [path for path in (*matched, *others) if matches(path)] == matched


@pytest.mark.parametrize(
    "pattern",
    [
        "[", "a[", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[^", "[^bc", "[a", "[a\\", "\\",
        "a\\", "[b-a]", "[a-\\d]", "\\y", "\\b*", "\\Q*", "\\8", "\\1", "\\é",
        "[[:none:]]", "*{2}", "a{2}{3}*", "a{1001}*", "a{3,2}*", "a|{2}*", "[:*:]{99999}",
    ],
)  # fmt: skip
def test_what_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        matcher(pattern)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a\n/b\n./c\nd/\n//e//\n", ["a", "b", "c", "d", "e"]),
        ("# a\n #b\n\n  \n#\n", ["#b"]),
        ("\ufeffa\n\ufeffb\n", ["a", "\ufeffb"]),
        ("a\r\nb\r\n", ["a", "b"]),
        (" a \t\nb c\n\x1cd\n", ["a", "b c", "\x1cd"]),
        ("!a\n! b\n!/c\n!!d\n", ["!a", "!b", "!c", "!!d"]),
        ("a/../b\n../a\n/../c\n.\n/\n", ["b", "../a", "c", ".", "/"]),
        # Read twice: the second time the mark belongs to the name.
        ("!../..\n!../../a\n!../a\n", [".", "a", "!../a"]),
        ("a /\n/ a\n/ /\n", ["a", "a"]),
        ("**/\na/**/\n", ["**", "a/**"]),
    ],
)
def test_how_lines_are_read(text: str, read: list[str]) -> None:
    ignore = Ignore.parse(text)
    marks = [("!" if one.exception else "") + one.cleaned for one in ignore.patterns]
    assert marks == read
    assert ignore.faults == ()


def test_lines_that_are_refused_have_their_numbers() -> None:
    ignore = Ignore.parse(f"a\n!\n\n[\n! \n!/\n{'x' * 65_536}\n{'y' * 65_535}\n")
    assert [fault.line for fault in ignore.faults] == [2, 4, 5, 6, 7]
    assert [pattern.line for pattern in ignore.patterns] == [1, 8]


@pytest.mark.parametrize(
    ("text", "sent", "left_out"),
    [
        ("", ["a", "a/b"], []),
        ("docs\n", ["src/docs/a"], ["docs/a", "docs/a/b"]),
        ("docs\n!docs/README.md\n", ["docs/README.md"], ["docs/a"]),
        ("docs/*\n!docs/README.md\n", ["docs/README.md"], ["docs/a", "docs/a/b"]),
        ("!a\n*\n", [], ["a", "b"]),
        ("*\n!src\nsrc/a\n!src/a/b\n", ["src/x", "src/a/b/c"], ["a", "src/a/x"]),
        ("**\n!a/b\na/b/c\n", ["a/b/x"], ["a/x", "a/b/c/d"]),
        ("*\n!**/*.py\n", ["a.py", "x/y/a.py"], ["a.txt", "x/y/a.txt"]),
        # What was not asked of a folder is not asked again of what lies in it.
        ("a/b\n!a\n", ["a/c"], ["a/b", "a/b/c"]),
        ("a\n!a/b\na\n", ["a/b"], ["a/c"]),
        # The walk does not enter a/b: it compares the exception without its wildcards.
        ("a\n!a/*/**\n", [], ["a/b", "a/b/c"]),
        ("a\n!a/**\n", ["a/b", "a/b/c"], ["a"]),
        ("a\n!a/b*/**\n", ["a/b/c"], ["a/b"]),
        ("[\n!\na\n", ["b"], ["a"]),
    ],
)
def test_what_is_sent(text: str, sent: list[str], left_out: list[str]) -> None:
    ignore = Ignore.parse(text)
    paths = [*sent, *left_out]
    assert [path for path in paths if not ignore.excluded(path)] == sent


def test_the_pattern_that_decided_is_told() -> None:
    ignore = Ignore.parse("*\n!src\n**/*.pyc\n")
    decided = [ignore.decide(path).pattern for path in ("a", "src/a.py", "src/x/a.pyc")]
    assert [pattern.line for pattern in decided if pattern] == [1, 2, 3]
    assert Ignore.parse("a").decide("b").pattern is None


@pytest.mark.parametrize(
    ("text", "path", "empty"),
    [
        ("a\n!a/b\na\n", "a/b", True),
        ("a\n!a/b\n", "a/b", False),
        ("a\n", "a/b", False),
        ("a/b\n!a\n", "a/c", False),
    ],
)
def test_a_file_may_arrive_without_its_bytes(text: str, path: str, empty: bool) -> None:
    assert Ignore.parse(text).arrives_empty(path) is empty


@pytest.mark.parametrize(
    ("pattern", "operator"),
    [
        ("a|b", False),
        ("a|b*", True),
        ("a\\|b*", False),
        ("a{2}?", True),
        ("*.{js,ts}", False),
        ("a\\{2}?", False),
        ("**/a|b", False),
        ("a|b/**", False),
    ],
)
def test_operators_beside_a_wildcard(pattern: str, operator: bool) -> None:
    assert Ignore.parse(pattern).patterns[0].has_operator is operator


def test_names_of_ignore_files() -> None:
    assert ignore_file_names("Dockerfile") == ("Dockerfile.dockerignore", ".dockerignore")
    assert [clean(path) for path in ("a//b/", "/../a", "./", "///")] == ["a/b", "/a", ".", "/"]


def test_a_path_with_empty_parts_is_the_path_without_them() -> None:
    ignore = Ignore.parse("//")
    assert ignore.decide("//", is_folder=True) == ignore.decide("", is_folder=True)
    assert ignore.decide("//a/") == ignore.decide("a")


@given(_TEXT, _PATH)
def test_nothing_raises_and_twice_is_the_same(text: str, path: str) -> None:
    first, second = Ignore.parse(text), Ignore.parse(text)
    asked = [(path, False), (path, True), (f"{path}/a", False)]
    given = [first.decide(one, is_folder=folder) for one, folder in asked]
    assert given == [second.decide(one, is_folder=folder) for one, folder in reversed(asked)][::-1]
    assert isinstance(first.arrives_empty(path), bool)
    assert len(first.patterns) + len(first.faults) <= text.count("\n") + 1


@given(_TEXT, _PATH)
def test_the_two_ways_to_match_agree(pattern: str, path: str) -> None:
    try:
        ways = alternatives(go_expression(pattern.rstrip("\\")))
    except PatternError:
        return
    quick = re.compile("|".join(map(python_expression, ways)))
    assert (quick.match(path) is not None) == any(matches_slowly(way, path) for way in ways)


def test_many_wildcards_take_no_time() -> None:
    assert not matcher("*a" * 40 + "b")("a" * 250)
    assert not matcher("**/a/" * 20 + "b*c")("a/" * 120)


def test_repetitions_do_not_grow_without_end() -> None:
    with pytest.raises(PatternError, match="too long"):
        matcher("a{1000}" * 101 + "*")


def test_paths_may_be_deep() -> None:
    assert Ignore.parse("a\n!a/b").excluded("a/" * 2000 + "b")
