"""What is counted of a build context, and what of it a Dockerfile reads."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from careen.build.dockerfile import parse_dockerfile
from careen.lint.context import Count, Entry, Reach, measure, place, walk
from careen.lint.context_sources import context_sources
from careen.lint.ignore_patterns import Ignore

from .contexts import entries

if TYPE_CHECKING:
    from pathlib import Path


def test_a_walk_gives_all_kinds_in_order_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "b/c").mkdir(parents=True)
    (tmp_path / "b/a.txt").write_text("12345")
    (tmp_path / "a b").write_text("1")
    (tmp_path / "link").symlink_to("b")
    os.mkfifo(tmp_path / "pipe")
    # A name of its own: the path of a socket is short.
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(tmp_path)
        os.mknod("socket", 0o140600)
        assert made
    assert list(walk(tmp_path)) == [
        Entry("a b", "file", 1),
        Entry("b", "folder"),
        Entry("b/a.txt", "file", 5),
        Entry("b/c", "folder"),
        Entry("link", "link"),
        Entry("pipe", "other"),
    ]


def test_a_walk_ends_one_beyond_its_limit(tmp_path: Path) -> None:
    for name in "abcde":
        (tmp_path / name).touch()
    assert [entry.path for entry in walk(tmp_path, most=2)] == ["a", "b", "c"]
    assert place(walk(tmp_path, most=2), Ignore(""), most=2).cut
    assert not place(walk(tmp_path, most=5), Ignore(""), most=5).cut


def test_a_folder_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        list(walk(tmp_path / "none"))


def test_before_after_and_reached() -> None:
    paths = ["app.py", "docs/a", "docs/b/c", "src/a.py", "src/a.pyc", ".git/x"]
    ignore = Ignore.parse(".git\ndocs\n!docs/b\n**/*.pyc\n")

    measured = measure(place(entries(paths), ignore), ["src", "app.py"])

    placement = measured.placement
    assert placement.before == Count(6, 60)
    assert placement.after == Count(3, 30)
    assert measured.reached == Count(2, 20)
    assert measured.reduction == 0.5
    assert [entry.path for entry in placement.files] == ["app.py", "docs/b/c", "src/a.py"]
    assert placement.folders == {
        ".": (Count(1, 10), Count(1, 10)),
        ".git": (Count(1, 10), Count(0, 0)),
        "docs": (Count(2, 20), Count(1, 10)),
        "src": (Count(2, 20), Count(1, 10)),
    }


def test_the_json_form_has_the_largest_first() -> None:
    given = [Entry("a", "folder"), Entry("a/b", "folder"), Entry("a/b/c", "file", 5)]
    measured = measure(place([*given, Entry("d", "file", 9), Entry("e", "link")], Ignore("")))
    assert measured.to_json() == {
        "before": {"files": 3, "bytes": 14},
        "after": {"files": 3, "bytes": 14},
        "reached": None,
        "reduction": 0.0,
        "largest_files": [
            {"path": "d", "bytes": 9},
            {"path": "a/b/c", "bytes": 5},
            {"path": "e", "bytes": 0},
        ],
        "largest_folders": [
            {"path": "a", "files": 1, "bytes": 5},
            {"path": "a/b", "files": 1, "bytes": 5},
        ],
        "folders": [
            {
                "path": ".",
                "before": {"files": 2, "bytes": 9},
                "after": {"files": 2, "bytes": 9},
            },
            {
                "path": "a",
                "before": {"files": 1, "bytes": 5},
                "after": {"files": 1, "bytes": 5},
            },
        ],
        "complete": True,
        "unreadable": [],
    }


def test_nothing_has_no_reduction_and_an_unreadable_folder_is_told() -> None:
    given = [Entry("a", "unreadable"), Entry("b", "unreadable")]
    measured = measure(place(given, Ignore.parse("b")))
    assert measured.reduction is None
    assert measured.placement.unreadable == ("a",)
    assert not measured.to_json()["complete"]


@pytest.mark.parametrize(
    ("sources", "path", "reached"),
    [
        (["."], "a/b", True),
        (["/"], "a/b", True),
        ([], "a", False),
        (["a"], "a", True),
        (["/a/"], "a/b", True),
        (["a"], "ab", False),
        (["*.txt"], "a.txt", True),
        (["*.txt"], "b/a.txt", False),
        (["a?"], "ab/c", True),
        (["!a", "#b"], "!a", True),
        (["!a", "#b"], "#b/c", True),
    ],
)
def test_what_is_reached(sources: list[str], path: str, reached: bool) -> None:
    assert Reach(sources).has(path) is reached


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("COPY a b /x/", ["a", "b"]),
        ('COPY ["a b", "/c/", "/x/"]', ["a b", "c"]),
        ("COPY --chown=1:1 ./a/../b /x", ["b"]),
        ("COPY ../../a /x", ["a"]),
        ("COPY . .", ["."]),
        ("COPY --from=other a /x", []),
        ("ADD https://a.example/x git@a.example:x.git b /x/", ["b"]),
        ("COPY <<END a /x/\ntext\nEND", ["a"]),
        ("RUN --mount=type=bind,source=a,target=/a --mount=type=cache,target=/b true", ["a"]),
        ("RUN --mount=target=/src true", ["."]),
        ("RUN --mount=type=bind,from=other,src=a,target=/a true", []),
        ("ARG NAME=a\nCOPY $NAME.txt ${NAME} /x/", ["a.txt", "a"]),
        ("ARG GIVEN=a\nCOPY $GIVEN /x/", ["given"]),
        ("ARG NAME\nCOPY $NAME /x/", ["."]),
        ("ENV NAME=a\nENV NAME=$NAME/b\nCOPY $NAME /x/", ["."]),
        ('COPY "a b" /x/', ["a b"]),
    ],
)
def test_what_a_dockerfile_reads(text: str, paths: list[str]) -> None:
    dockerfile = parse_dockerfile(f"FROM scratch AS other\nFROM scratch\n{text}\n")
    sources = context_sources(dockerfile, {"GIVEN": "given"})
    assert [source.path for source in sources] == paths


def test_stages_that_the_target_does_not_need_read_nothing() -> None:
    text = "FROM scratch AS a\nCOPY a /\nFROM scratch AS b\nCOPY b /\nFROM a\nCOPY --from=b b /\n"
    dockerfile = parse_dockerfile(text)
    assert [one.path for one in context_sources(dockerfile)] == ["a", "b"]
    assert [one.path for one in context_sources(dockerfile, target="a")] == ["a"]
