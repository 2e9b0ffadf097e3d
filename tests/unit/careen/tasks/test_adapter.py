"""What every task shares: errors become exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from careen.engine import process
from careen.errors import (
    BaseMissingError,
    BuildFailedError,
    CareenError,
    CheckFailedError,
    ConfigError,
    DiskFullError,
    DockerfileError,
    EngineError,
    EngineMissingError,
    UsageError,
)
from careen.tasks.adapter import careen_task, say, show_json, words

if TYPE_CHECKING:
    from collections.abc import Callable


def failing(error: BaseException) -> Callable[[Any], None]:
    @careen_task()
    def body(context: Any) -> NoReturn:
        raise error

    made: Callable[[Any], None] = body
    return made


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (CareenError, 1),
        (CheckFailedError, 1),
        (UsageError, 2),
        (ConfigError, 2),
        (DockerfileError, 2),
        (EngineError, 3),
        (EngineMissingError, 3),
        (BuildFailedError, 3),
        (DiskFullError, 3),
        (BaseMissingError, 3),
    ],
)
def test_an_error_becomes_a_message_with_its_exit_code(kind: type[CareenError], code: int) -> None:
    with pytest.raises(Exit) as raised:
        failing(kind("no engine", hint="start one"))(Context())
    assert raised.value.code == code
    assert raised.value.message == "error: no engine\n  -> start one"


def test_an_interrupted_task_ends_what_it_runs_and_exits_with_130(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(process, "end_all", lambda: ended.append(True))
    with pytest.raises(Exit) as raised:
        failing(KeyboardInterrupt())(Context())
    assert (raised.value.code, raised.value.message) == (130, "interrupted")
    assert ended


def test_a_reader_that_went_away_is_no_failure() -> None:
    with pytest.raises(Exit) as raised:
        failing(BrokenPipeError())(Context())
    assert raised.value.code == 0


def test_a_defect_of_careen_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())(Context())


def test_what_goes_on_is_told_on_standard_error_and_results_on_standard_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say("fetching engine")
    show_json({"b": 1, "a": (2,)})
    told = capsys.readouterr()
    assert told.err == "fetching engine\n"
    assert told.out == '{\n  "b": 1,\n  "a": [\n    2\n  ]\n}\n'


def test_words_are_split_at_commas() -> None:
    assert words(" slim, guide ,,") == ("slim", "guide")
    assert words("") == ()
