"""Bases get their digests; nothing else of a file changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careen.build.dockerfile import parse_dockerfile
from careen.errors import DockerfileError
from careen.lint.pin import pin, unpinned

DIGEST = "sha256:" + 64 * "a"
ALL = dict.fromkeys(("a:1", "b", "example.org:5000/c/d:2-slim", "e:1"), DIGEST)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("FROM a:1\n", f"FROM a:1@{DIGEST}\n"),
        ("from  a:1   as x # no comment", None),
        ("FROM a:1 AS a\nFROM a\n", f"FROM a:1@{DIGEST} AS a\nFROM a\n"),
        (
            "# c\n\tFROM --platform=linux/amd64\ta:1\tAS x\r\nRUN a:1\r\n",
            f"# c\n\tFROM --platform=linux/amd64\ta:1@{DIGEST}\tAS x\r\nRUN a:1\r\n",
        ),
        ("FROM example.org:5000/c/d:2-slim", f"FROM example.org:5000/c/d:2-slim@{DIGEST}"),
        ("ARG P=a:1\nFROM $P\n", f"ARG P=a:1@{DIGEST}\nFROM $P\n"),
        (
            'ARG XP=a:1 P="a:1" # x\nFROM ${P} AS x\nFROM "${P}"\n',
            f'ARG XP=a:1 P="a:1@{DIGEST}" # x\nFROM ${{P}} AS x\nFROM "${{P}}"\n',
        ),
        ("ARG A=1 \\\n  P=a:1\nFROM $P\n", f"ARG A=1 \\\n  P=a:1@{DIGEST}\nFROM $P\n"),
        ("FROM b\nFROM b:1\nFROM a:1\n", f"FROM b@{DIGEST}\nFROM b:1\nFROM a:1@{DIGEST}\n"),
        ("FROM \\\n  a:1 AS x\n", f"FROM \\\n  a:1@{DIGEST} AS x\n"),
        ("FROM a:${V}\n", None),
        ("ARG V=1\nFROM a:${V}\n", None),
        ("ARG P\nFROM $P\n", None),
        ("ARG V=1\nARG P=a:$V\nFROM $P\n", None),
        (f"FROM a:1@{DIGEST}\n", None),
        ("FROM scratch\nRUN <<EOF\nFROM a:1\nEOF\n", None),
        ("FROM unknown:1\n", None),
    ],
)
def test_lines_change_where_they_have_to(text: str, wanted: str | None) -> None:
    if text.endswith("# no comment"):
        with pytest.raises(DockerfileError):
            pin(text, ALL)
        return
    result = pin(text, ALL)
    assert result.text == (text if wanted is None else wanted)
    assert bool(result.pinned) == (wanted is not None)


def test_what_is_left_says_why() -> None:
    text = "ARG P\nARG V=1\nFROM $P\nFROM a:$V\nFROM 'a:1'\nFROM none:1\n"
    left = pin(text, ALL).left
    assert [(one.line, one.reference) for one in left] == [
        (3, "$P"),
        (4, "a:$V"),
        (5, "'a:1'"),
        (6, "none:1"),
    ]
    assert [bool(one.why_not) for one in left] == [True, True, True, False]
    assert "no default" in left[0].why_not


def test_what_is_no_digest_is_refused() -> None:
    with pytest.raises(ValueError, match="no digest"):
        pin("FROM a:1\n", {"a:1": "latest\nRUN evil"})


LINES = st.sampled_from([
    "ARG P=a:1", "ARG Q='b'", "FROM a:1", "FROM a:1 AS x", "FROM x", "FROM $P", "FROM ${Q} AS q",
    "FROM e:1@" + DIGEST, "FROM example.org:5000/c/d:2-slim AS y", "RUN echo a:1", "# FROM a:1", "",
    "FROM \\", "  b AS z", "COPY --from=a:1 /x /x", "FROM e:1\r",
])  # fmt: skip


@given(st.lists(LINES, max_size=8).map("\n".join))
def test_only_digests_come_in_and_the_stages_stay(text: str) -> None:
    try:
        before = parse_dockerfile(text)
    except DockerfileError:
        return
    result = pin(text, ALL)
    assert result.text.replace(f"@{DIGEST}", "") == text.replace(f"@{DIGEST}", "")
    after = parse_dockerfile(result.text)
    assert [(one.name, one.line) for one in after.stages] == [
        (one.name, one.line) for one in before.stages
    ]
    again = pin(result.text, ALL)
    assert again.text == result.text
    pinned = {base.line for base in result.pinned}
    assert not pinned & {base.line for base in unpinned(result.text) if not base.why_not}
