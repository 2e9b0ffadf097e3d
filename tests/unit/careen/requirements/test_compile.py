"""What compiling leaves behind: whole locks, or the old ones; and when a set is compiled again."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.unit.careen.requirements.projects import project

from careen.engine.process import Completed
from careen.errors import CareenError, EngineError, ProcessError
from careen.requirements import compile as library
from careen.requirements.check import check
from careen.requirements.compile import compile_sets
from careen.requirements.lock import parse_lock, with_same
from careen.requirements.plan import plan

HASH = "--hash=sha256:00"


class PipTools:
    """Takes the place of the program; SEEN in a text becomes the versions of the locks below."""

    def __init__(self, texts: dict[str, str], fails: str = "") -> None:
        self.texts = texts
        self.fails = fails
        self.called: list[str] = []
        self.found: dict[str, str] = {}
        self.together = 0
        self.meeting: threading.Barrier | None = None

    def __call__(self, argv: list[object], *, cwd: Path, **_: object) -> Completed:
        words = tuple(map(str, argv))
        aside = Path(words[words.index("--output-file") + 1])
        name = aside.stem
        self.called.append(name)
        self.found[name] = aside.read_text() if aside.exists() else ""
        if self.meeting is not None:
            self.meeting.wait(10)
        below = [word.partition("=")[2] for word in words if word.startswith("--constraint=")]
        seen = [pin.version for one in below for pin in parse_lock((cwd / one).read_text()).pins]
        if name == self.fails:
            aside.write_text("half")
            raise ProcessError(words, 1, stderr="nobody knows this failure")
        aside.write_text(self.texts[name].replace("SEEN", "-".join(seen) or "0"))
        return Completed(words, 0, "", "", 1.0)


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> PipTools:
    made = PipTools({"core": f"a==1 {HASH}\n", "ml": f"b==SEEN {HASH}\n", "dev": f"c==1 {HASH}\n"})
    monkeypatch.setattr(library, "run", made)
    return made


def test_new_locks_are_fresh_and_say_what_they_were_made_of(
    tmp_path: Path, tools: PipTools
) -> None:
    settings = project(tmp_path, core=[], ml=["core"], dev=["core", "ml"])
    changed = compile_sets(plan(settings), tmp_path)
    assert changed == {"core": True, "ml": True, "dev": True}
    assert tools.called == ["core", "ml", "dev"]
    assert parse_lock((tmp_path / "locks/ml.txt").read_text()).pins[0].version == "1"
    assert check(settings) == ()


def test_the_same_again_is_no_change_and_every_set_is_compiled_once(
    tmp_path: Path, tools: PipTools
) -> None:
    settings = project(tmp_path, core=[], ml=["core"], dev=["core", "ml"])
    compile_sets(plan(settings), tmp_path)
    tools.called.clear()
    assert compile_sets(plan(settings), tmp_path) == {"core": False, "ml": False, "dev": False}
    assert sorted(tools.called) == ["core", "dev", "ml"]
    assert "a==1" in tools.found["core"]


def test_the_longest_lock_is_begun_first(tmp_path: Path, tools: PipTools) -> None:
    settings = project(tmp_path, core=[], ml=["core"], dev=["core", "ml"])
    tools.texts["dev"] += f"d==1 {HASH}\ne==1 {HASH}\n"
    compile_sets(plan(settings), tmp_path)
    tools.called.clear()
    compile_sets(plan(settings), tmp_path, workers=1)
    assert tools.called[0] == "dev"


def test_what_targets_have_in_common_is_forgotten_with_another_pin(
    tmp_path: Path, tools: PipTools
) -> None:
    settings = project(tmp_path, core=[])
    compile_sets(plan(settings), tmp_path)
    path = tmp_path / "locks/core.txt"
    path.write_text(with_same(path.read_text(), {"alpine": "0" * 16}))
    compile_sets(plan(settings), tmp_path)
    assert parse_lock(path.read_text()).same == {"alpine": "0" * 16}
    tools.texts["core"] = f"a==2 {HASH}\n"
    compile_sets(plan(settings), tmp_path)
    assert parse_lock(path.read_text()).same == {}


def test_sets_run_at_the_same_time_though_they_stand_on_each_other(
    tmp_path: Path, tools: PipTools
) -> None:
    settings = project(tmp_path, core=[], ml=["core"], dev=["core", "ml"])
    compile_sets(plan(settings), tmp_path)
    tools.meeting = threading.Barrier(3)  # broken unless all three are under way
    compile_sets(plan(settings), tmp_path, workers=3)


def test_a_set_is_compiled_again_where_what_it_stands_on_came_out_otherwise(
    tmp_path: Path, tools: PipTools
) -> None:
    settings = project(tmp_path, core=[], ml=["core"])
    compile_sets(plan(settings), tmp_path)
    tools.called.clear()
    tools.texts["core"] = f"a==2 {HASH}\n"
    assert compile_sets(plan(settings), tmp_path) == {"core": True, "ml": True}
    assert sorted(tools.called) == ["core", "ml", "ml"]
    assert parse_lock((tmp_path / "locks/ml.txt").read_text()).pins[0].version == "2"
    assert check(settings) == ()


def test_nothing_begins_early_where_new_versions_are_asked_for(
    tmp_path: Path, tools: PipTools
) -> None:
    settings = project(tmp_path, core=[], ml=["core"])
    compile_sets(plan(settings), tmp_path)
    tools.called.clear()
    tools.texts["core"] = f"a==2 {HASH}\n"
    compile_sets(plan(settings, upgrade=True), tmp_path, early=False)
    assert tools.called == ["core", "ml"]


@pytest.mark.parametrize("fails", ["core", "ml", "dev"])
def test_where_one_fails_all_old_locks_stay(tmp_path: Path, tools: PipTools, fails: str) -> None:
    settings = project(tmp_path, core=[], ml=["core"], dev=["core"])
    compile_sets(plan(settings), tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "locks").iterdir()}
    tools.texts["core"] = f"a==2 {HASH}\n"
    tools.fails = fails
    with pytest.raises(ProcessError, match=f"requirement set {fails}") as raised:
        compile_sets(plan(settings), tmp_path)
    assert "nobody knows" in str(raised.value)
    assert "old locks are as they were" in raised.value.hint
    assert {path: path.read_bytes() for path in (tmp_path / "locks").iterdir()} == before


def test_where_the_first_fails_there_is_no_lock_afterwards(tmp_path: Path, tools: PipTools) -> None:
    settings = project(tmp_path, core=[], ml=["core"])
    tools.fails = "ml"
    with pytest.raises(CareenError):
        compile_sets(plan(settings), tmp_path)
    assert not list((tmp_path / "locks").iterdir())


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://user:pw@mirror",
        "--extra-index-url https://mirror",
        "--find-links /wheels",
        "--trusted-host mirror",
        "x @ file:///home/me/x",
    ],
)
def test_a_lock_that_is_tied_to_this_machine_is_refused(
    tmp_path: Path, tools: PipTools, line: str
) -> None:
    settings = project(tmp_path, core=[])
    tools.texts["core"] = f"{line}\na==1 {HASH}\n"
    with pytest.raises(EngineError, match="this machine only") as raised:
        compile_sets(plan(settings), tmp_path)
    assert not (tmp_path / "locks/core.txt").exists()
    assert "pw" not in str(raised.value)
