from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from pokertool.ocr import tesseract as tesseract_module
from pokertool.ocr.tesseract import Completed, Tesseract, run_process
from pokertool.problems import ProblemError

if TYPE_CHECKING:
    from tests.unit.pokertool.conftest import FakeRunner


def status_of(caught: pytest.ExceptionInfo[ProblemError]) -> int:
    return caught.value.status_code


def test_the_image_goes_to_standard_input(tesseract: Tesseract, runner: FakeRunner) -> None:
    assert tesseract.read(b"image") == "Pot: $1,250\nStack: 980"
    argv = ["/usr/bin/tesseract", "stdin", "stdout", "--psm", "6", "-l", "eng"]
    assert runner.calls == [(argv, b"image", 20.0)]


def test_the_version(tesseract: Tesseract, runner: FakeRunner) -> None:
    assert tesseract.version() == tesseract.version() == "5.3.0"
    assert len(runner.calls) == 1


def test_a_missing_program_is_looked_up_again(runner: FakeRunner) -> None:
    found: list[str | None] = [None, "/usr/bin/tesseract"]
    tesseract = Tesseract("tesseract", runner, which=lambda _: found.pop(0))

    with pytest.raises(ProblemError, match="not installed") as caught:
        tesseract.version()
    assert status_of(caught) == 503
    assert tesseract.version() == "5.3.0"


@pytest.mark.parametrize("done", [Completed(1, b"", b"broken"), Completed(0, b"", b"")])
def test_a_program_that_does_not_tell_its_version(done: Completed) -> None:
    tesseract = Tesseract("x", run=lambda *_: done, which=str)

    with pytest.raises(ProblemError, match="version") as caught:
        tesseract.version()
    assert status_of(caught) == 503


def test_an_unreadable_image(tesseract: Tesseract, runner: FakeRunner) -> None:
    runner.returncode = 1

    with pytest.raises(ProblemError) as caught:
        tesseract.read(b"image")
    assert status_of(caught) == 422
    assert caught.value.problems[0].field == "image"


@pytest.mark.parametrize(
    ("failure", "message"),
    [(TimeoutError(), "took longer than 20 s"), (PermissionError(), "cannot be started")],
)
def test_a_program_that_fails(
    tesseract: Tesseract, runner: FakeRunner, failure: Exception, message: str
) -> None:
    runner.failure = failure

    with pytest.raises(ProblemError, match=message) as caught:
        tesseract.read(b"image")
    assert status_of(caught) == 503


def test_missing_language_data(tesseract: Tesseract, runner: FakeRunner) -> None:
    runner.returncode, runner.stderr = 1, b"Failed loading language 'eng'"

    with pytest.raises(ProblemError, match="no data for English") as caught:
        tesseract.read(b"image")
    assert status_of(caught) == 503


def test_too_many_readers(tesseract: Tesseract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract_module, "READ_SECONDS", 0.01)
    for _ in range(tesseract_module.READERS):
        tesseract._readers.acquire()

    with pytest.raises(ProblemError, match="busy") as caught:
        tesseract.read(b"image")
    assert status_of(caught) == 503


def test_a_reader_is_free_again_after_a_failure(tesseract: Tesseract, runner: FakeRunner) -> None:
    runner.returncode = 1
    for _ in range(tesseract_module.READERS + 1):
        with pytest.raises(ProblemError):
            tesseract.read(b"image")


def test_a_process_gets_a_list_and_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def run(argv: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        asked.update(options, argv=argv)
        return subprocess.CompletedProcess(argv, 3, b"out", b"err")

    monkeypatch.setattr(subprocess, "run", run)

    assert run_process(("tesseract", "stdin"), b"in", 2.5) == Completed(3, b"out", b"err")
    assert asked["argv"] == ["tesseract", "stdin"]
    assert (asked["input"], asked["timeout"]) == (b"in", 2.5)
    assert "shell" not in asked
    assert asked["env"]["OMP_THREAD_LIMIT"] == "1"


def test_a_process_that_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(argv: list[str], **options: Any) -> None:
        raise subprocess.TimeoutExpired(argv, 2.5)

    monkeypatch.setattr(subprocess, "run", run)

    with pytest.raises(TimeoutError, match=r"longer than 2\.5 s"):
        run_process(["tesseract"], b"", 2.5)
