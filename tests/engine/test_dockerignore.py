"""What careen says of an ignore file is what BuildKit does: asked in random build contexts."""

from __future__ import annotations

import itertools
import json
import os
import re
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from careen.engine.process import run
from careen.errors import ProcessError
from careen.lint.context import Count
from careen.lint.context_check import Build, check_contexts
from careen.lint.ignore_patterns import Ignore

from .ignore_cases import Case, cases, known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from careen.engine.obtain import Engine

SEED = int(os.environ.get("CAREEN_TEST_SEED", "20261125"))
CASES = int(os.environ.get("CAREEN_TEST_CASES", "500"))
BATCH = 50
ALL = "FROM scratch\nCOPY . /\n"


def test_what_buildkit_sends_is_what_we_say(engine: Engine, tmp_path: Path) -> None:
    wrong = []
    made = itertools.islice(cases(SEED), CASES)
    number = 0
    while batch := list(itertools.islice(made, BATCH)):
        for case, sent in zip(
            batch, built(engine, batch, tmp_path / f"batch-{number}"), strict=True
        ):
            if sent != case.sent():
                wrong.append(difference(case, sent))
        number += 1
    assert number * BATCH >= CASES
    assert not wrong, f"seed {SEED}, {len(wrong)} of {CASES} differ:\n" + "\n".join(wrong[:20])


def test_what_surprised_once_is_so_still(engine: Engine, tmp_path: Path) -> None:
    asked = known()
    for case, sent in zip(asked, built(engine, asked, tmp_path), strict=True):
        assert sent == case.sent(), difference(case, sent)


def built(engine: Engine, batch: Sequence[Case], folder: Path) -> list[dict[str, str]]:
    """Let BuildKit copy each whole context; give what it copied, with the text of each file."""
    targets = {}
    for index, case in enumerate(batch):
        context = folder / f"in-{index}"
        case.write(context)
        targets[f"case-{index}"] = {
            "context": str(context),
            "dockerfile-inline": ALL,
            "output": [f"type=local,dest={folder / f'out-{index}'}"],
        }
    definition = {"group": {"default": {"targets": list(targets)}}, "target": targets}
    run(
        [*engine.buildx, "bake", "-f", "-", "--progress=plain"],
        # buildx leaves what it writes of an inline Dockerfile in the temporary folder.
        env={**engine.environment, "TMPDIR": str(folder)},
        stdin=json.dumps(definition).encode(),
        cwd=folder,
    )
    return [found(folder / f"out-{index}") for index in range(len(batch))]


def found(root: Path) -> dict[str, str]:
    return {
        os.path.relpath(path, root): path.read_bytes().decode()
        if path.is_file() and not path.is_symlink()
        else ""
        for above, folders, files in os.walk(root)
        for path in (Path(above, name) for name in (*folders, *files))
    }


def difference(case: Case, sent: dict[str, str]) -> str:
    alone = [
        sorted(one.items() - other.items()) for one, other in permutations((sent, case.sent()))
    ]
    return f"{case!r}\n  BuildKit alone: {alone[0]}\n  careen alone: {alone[1]}"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("!\n", "a", id="nothing behind the exclamation mark"),
        pytest.param("!/\n", "a", id="only a slash behind it"),
        pytest.param("a[\n", "a", id="no end of a bracket"),
        pytest.param("[]a]\n", "a", id="an empty bracket"),
        pytest.param("[a-]\n", "a", id="a range without its end"),
        pytest.param("[b-a]\n", "a", id="a range backwards"),
        pytest.param("a\\\n", "a", id="a backslash at the end"),
        pytest.param("\\y\n", "a", id="an escape that Go does not know"),
        pytest.param("[[:none:]]\n", "a", id="a class that Go does not know"),
        pytest.param("[a]\\8\n", "a", id="a reference back"),
        pytest.param(f"{'a' * 65_536}\n", "a", id="a line that is too long"),
    ],
)
def test_what_careen_says_is_refused_is_refused(
    engine: Engine, tmp_path: Path, text: str, path: str
) -> None:
    case = Case((), (path,), (), text)
    assert Ignore.parse(text).faults
    with pytest.raises(ProcessError):
        built(engine, [case], tmp_path)


def test_a_line_of_the_longest_length_is_read(engine: Engine, tmp_path: Path) -> None:
    case = Case((), ("a", "b"), (), f"{'a' * 65_534}*\nb\n")
    assert not Ignore.parse(case.ignore).faults
    assert built(engine, [case], tmp_path) == [case.sent()]


def test_which_ignore_file_is_read(engine: Engine, tmp_path: Path) -> None:
    """That of the Dockerfile, where the context has one too, and where it is empty."""
    for name, own in (("own", "a\n"), ("empty", ""), ("comment", "# a\n")):
        folder = tmp_path / name
        Case((), ("a", "b"), (), "b\n").write(folder)
        (folder / "Dockerfile").write_text(ALL)
        (folder / "Dockerfile.dockerignore").write_text(own)
        output = f"type=local,dest={tmp_path / name}-out"
        run(
            [*engine.buildx, "build", "--output", output, str(folder)],
            env=engine.environment,
            cwd=tmp_path,
        )
    read = {
        name: {"a", "b"} & found(tmp_path / f"{name}-out").keys()
        for name in ("own", "empty", "comment")
    }
    assert read == {"own": {"b"}, "empty": {"a", "b"}, "comment": {"a", "b"}}


@pytest.mark.parametrize(
    ("copy", "reached"),
    [
        pytest.param("COPY src/*.bin /", {"src/a.bin"}, id="a wildcard"),
        pytest.param("COPY src /", {"src/a.bin", "src/b/c.bin"}, id="a folder"),
        pytest.param("COPY . /", {"src/a.bin", "src/b/c.bin", "other.bin"}, id="all"),
    ],
)
def test_buildkit_is_sent_what_is_reached_and_no_more(
    engine: Engine, tmp_path: Path, copy: str, reached: set[str]
) -> None:
    sizes = {"src/a.bin": 1_000_000, "src/b/c.bin": 2_000_000, "other.bin": 4_000_000}
    for path, size_bytes in {**sizes, "out.bin": 8_000_000}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(os.urandom(size_bytes))
    (tmp_path / ".dockerignore").write_text("out.bin\nDockerfile\n.dockerignore\n")
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\n{copy}\n")
    (checked,) = check_contexts(tmp_path, [Build("one", tmp_path / "Dockerfile", {})])
    assert checked.measured.reached == Count(len(reached), sum(sizes[path] for path in reached))

    done = run(
        [*engine.buildx, "build", "--progress=plain", "--output=type=cacheonly", str(tmp_path)],
        env=engine.environment,
        cwd=tmp_path,
    )

    told = re.findall(r"transferring context: ([0-9.]+)MB .*done", done.stderr)
    sent = float(told[-1]) * 10**6
    expected = checked.measured.reached.bytes
    # The protocol adds a little, and the figure has two digits behind the point.
    assert expected - 10_000 <= sent <= expected * 1.01 + 10_000
