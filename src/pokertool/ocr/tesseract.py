"""The tesseract program: whether it is there, and what it reads in an image."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore

from pokertool.problems import invalid, unavailable

VERSION_SECONDS = 3.0
READ_SECONDS = 20.0
READERS = 2  # each takes a core and tens of megabytes


@dataclass(frozen=True, slots=True)
class Completed:
    """A process that ended by itself."""

    returncode: int
    stdout: bytes
    stderr: bytes


Runner = Callable[[Sequence[str], bytes, float], Completed]
"""Runs an argument list with bytes on its standard input; raises TimeoutError or OSError."""


def run_process(argv: Sequence[str], stdin: bytes, seconds: float) -> Completed:
    """Run a program without a shell; it is killed when its time is over.

    Raises:
        TimeoutError: It took longer than the seconds allowed.
        OSError: It could not be started.
    """
    # More threads than one gain little on a screenshot and lose much in a small container.
    environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(
            list(argv), input=stdin, capture_output=True, timeout=seconds, check=False,
            env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{argv[0]} took longer than {seconds:g} s") from error
    return Completed(done.returncode, done.stdout, done.stderr)


class Tesseract:
    """One tesseract program, by name or path.

    Args:
        program: Its path, or a name to look up in PATH.
        run: How a process is run; tests give another.
        which: How a name becomes a path; tests give another.
    """

    def __init__(
        self,
        program: str = "tesseract",
        run: Runner = run_process,
        which: Callable[[str], str | None] = shutil.which,
    ) -> None:
        self._program = program
        self._run = run
        self._which = which
        self._version: str | None = None
        self._readers = BoundedSemaphore(READERS)

    def version(self) -> str:
        """The program's version, kept once it is known.

        Raises:
            ProblemError: 503; the program is missing or does not answer.
        """
        if self._version is None:
            done = self._call(["--version"], b"", VERSION_SECONDS)
            lines = (done.stdout or done.stderr).decode(errors="replace").splitlines()
            if done.returncode != 0 or not lines:
                raise unavailable("tesseract does not tell its version")
            self._version = lines[0].removeprefix("tesseract").strip()
        return self._version

    def read(self, image: bytes) -> str:
        """The text of a PNG or JPEG, read as one block of lines.

        Raises:
            ProblemError: 422 for an image that cannot be read; 503 where tesseract is
                missing, busy or too slow.
        """
        if not self._readers.acquire(timeout=READ_SECONDS):
            raise unavailable("all readers of screenshots are busy; try again later")
        try:
            done = self._call(["stdin", "stdout", "--psm", "6", "-l", "eng"], image, READ_SECONDS)
        finally:
            self._readers.release()
        if done.returncode != 0:
            self._check_language(done.stderr)
            raise invalid("image", "the image cannot be read; it may be damaged")
        return done.stdout.decode(errors="replace").replace("\f", "").strip()

    @staticmethod
    def _check_language(stderr: bytes) -> None:
        if b"Failed loading language" in stderr:
            raise unavailable("tesseract has no data for English")

    def _call(self, arguments: Sequence[str], stdin: bytes, seconds: float) -> Completed:
        path = self._which(self._program)
        if path is None:
            raise unavailable("tesseract is not installed, so screenshots cannot be read")
        try:
            return self._run([path, *arguments], stdin, seconds)
        except TimeoutError as error:
            raise unavailable(f"tesseract took longer than {seconds:g} s") from error
        except OSError as error:
            raise unavailable("tesseract cannot be started") from error
