"""What pip said, as it really said it, becomes one line with the set, the file and the line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.careen.requirements.projects import project

from careen.errors import CareenError, ConfigError, EngineError, ProcessError
from careen.requirements.explain import explained, warnings
from careen.requirements.plan import Compilation, plan

DATA = Path(__file__).resolve().parents[3] / "data" / "requirements"


def run_of(root: Path, wanted: str) -> Compilation:
    settings = project(root, core=[], ml=["core"])
    (root / "ml.in").write_text(f"# what it is for\n{wanted}\n")
    (root / "locks").mkdir()
    (root / "locks/core.txt").write_text(
        "starlette==0.20.0 --hash=sha256:00\n    # via -r core.in\n"
    )
    return plan(settings)[1]


def meaning(root: Path, wanted: str, file: str) -> CareenError:
    stderr = (DATA / file).read_text()
    error = ProcessError(("python", "-m", "piptools"), 1, stderr=stderr)
    return explained(run_of(root, wanted), root, error)


@pytest.mark.parametrize(
    ("file", "wanted", "kind", "said"),
    [
        (
            "missing.txt",
            "no-such-dist-xyzzy-123",
            ConfigError,
            (
                "ml.in:2: requirement set ml: no package index that is configured has "
                "no-such-dist-xyzzy-123"
            ),
        ),
        (
            "no-version.txt",
            "idna==99",
            ConfigError,
            "ml.in:2: requirement set ml: no version satisfies idna==99; the newest are ",
        ),
        (
            "unreachable.txt",
            "idna",
            EngineError,
            (
                "ml.in:2: requirement set ml: the package index cannot be reached, "
                "so nobody knows idna"
            ),
        ),
        (
            "mismatch.txt",
            "idna==3.7",
            ConfigError,
            "ml.in:2: requirement set ml: idna==3.7 is not what its hash says",
        ),
    ],
)
def test_one_line_a_cause(
    tmp_path: Path, file: str, wanted: str, kind: type[CareenError], said: str
) -> None:
    error = meaning(tmp_path, wanted, file)
    assert type(error) is kind
    assert str(error.args[0]).startswith(said)
    assert "\n" not in str(error.args[0])
    assert error.hint == "the old locks are as they were"


def test_a_conflict_between_layers_names_both_sides_and_the_chain(tmp_path: Path) -> None:
    error = meaning(tmp_path, "fastapi==0.115.0", "conflict.txt")
    assert type(error) is ConfigError
    assert str(error.args[0]).splitlines() == [
        "ml.in: requirement set ml: no versions of starlette satisfy all of these:",
        (
            "  starlette<0.39.0,>=0.37.2, wanted by fastapi 0.115.0, which comes from ml.in:2: "
            "requirement set ml"
        ),
        "  starlette==0.20.0, pinned in locks/core.txt:1, there for -r core.in",
    ]


def test_what_nobody_knows_is_shown_as_it_is(tmp_path: Path) -> None:
    error = ProcessError(("python", "-m", "piptools"), 1, stderr="a new kind of failure")
    found = explained(run_of(tmp_path, "idna"), tmp_path, error)
    assert isinstance(found, ProcessError)
    assert "a new kind of failure" in str(found)
    assert "requirement set ml" in str(found)


def test_a_yanked_pin_is_told_though_it_compiles(tmp_path: Path) -> None:
    run = run_of(tmp_path, "cryptography==37.0.3")
    assert warnings(run, tmp_path, (DATA / "yanked.txt").read_text()) == [
        "ml.in:2: requirement set ml: cryptography 37.0.3 was yanked: its author withdrew it"
    ]
