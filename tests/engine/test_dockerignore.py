"""What careen says of an ignore file is what BuildKit does: asked in random build contexts."""

from __future__ import annotations

import itertools
import json
import os
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from careen.engine.process import run
from careen.errors import ProcessError
from careen.lint.ignore_patterns import Ignore

from .ignore_cases import Case, cases

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
        env=engine.environment,
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
