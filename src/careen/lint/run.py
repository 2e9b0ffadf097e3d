"""Lints the Dockerfiles of a project: which files, with which arguments, and what comes out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from careen import __version__
from careen.errors import CareenError, DockerfileError, UsageError, nearest
from careen.image.redaction import redacted
from careen.lint.check import Linted, check_dockerfile, settled
from careen.lint.finding import Finding, Severity, at_least, ordered
from careen.lint.hadolint import parse_hadolint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future
    from datetime import date
    from pathlib import Path

    from careen.config.model import LintSettings, Settings
    from careen.lint.comments import Ignored

Status = Literal["passed", "failed", "skipped"]
_AT_ONCE = 2  # runs of hadolint
_MOST_TEXT = 200  # letters of a line that a report shows


@dataclass(frozen=True)
class Way:
    """One way in which a file is built: its arguments and its target."""

    args: Mapping[str, str]
    target: str = ""


@dataclass(frozen=True)
class File:
    """A Dockerfile to be linted.

    Attributes:
        path: where it is.
        name: as findings name it, relative to the project.
        ways: how it is built; a file of no variant has one, without arguments.
    """

    path: Path
    name: str
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Part:
    """A linter: whether it did its work, and why not.

    Attributes:
        name: careen or hadolint.
        status: passed: it looked at every file, whatever it found; failed; skipped.
        reason: of the latter two; may be several lines.
    """

    name: str
    status: Status
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What lint says of all files.

    Attributes:
        files: in the order of their names.
        parts: the linters.
        fail_on: the severity from which on a finding fails.
        texts: the lines of each file, by its name.
    """

    files: tuple[Linted, ...]
    parts: tuple[Part, ...]
    fail_on: Severity
    texts: Mapping[str, Sequence[str]]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all files."""
        return ordered(finding for file in self.files for finding in file.findings)

    @property
    def status(self) -> Literal["passed", "failed", "unknown"]:
        """`unknown` where a linter failed: what it would have found nobody knows."""
        if any(at_least(finding.severity, self.fail_on) for finding in self.findings):
            return "failed"
        return "unknown" if any(part.status == "failed" for part in self.parts) else "passed"

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form, see lint.schema.json; secrets in the lines are taken out."""
        ignored = [one for file in self.files for one in file.ignored]
        return {
            "schema_version": 1,
            "careen": __version__,
            "outcome": self.status,
            "fail_on": self.fail_on,
            "parts": [dict(vars(part)) for part in self.parts],
            "files": sorted({file.path for file in self.files}),
            "findings": [self._finding(finding) for finding in self.findings],
            "ignored": [
                self._finding(one.finding) | {"reason": one.reason, "by": one.by} for one in ignored
            ],
        }

    def _finding(self, finding: Finding) -> dict[str, Any]:
        lines = self.texts.get(finding.path, ())
        text = lines[finding.line - 1].strip() if 0 < finding.line <= len(lines) else ""
        shown = "(redacted)" if finding.rule == "secret-in-image" else redacted(text)
        return finding.to_json() | {"text": shown[:_MOST_TEXT]}


def choose_files(settings: Settings | None, names: Iterable[str], folder: Path) -> tuple[File, ...]:
    """Give the files that names mean: variants, or paths; all variants' where none is named.

    Args:
        settings: None outside a project.
        names: as they were given.
        folder: that paths are relative to.

    Raises:
        UsageError: a name is neither, or there is nothing to lint.
    """
    variants = settings.variants if settings else {}
    wanted = list(dict.fromkeys(names)) or list(variants)
    found: dict[Path, list[Way]] = {}
    for name in wanted:
        if settings and name in variants:
            one = variants[name]
            path = settings.root / one.dockerfile
            found.setdefault(path, []).append(Way(one.args, one.target))
        elif (folder / name).is_file():
            found.setdefault((folder / name).absolute(), _ways(settings, folder / name))
        else:
            hint = nearest(name, variants) if variants else "give the path of a Dockerfile"
            raise UsageError(f"{name} is neither a variant nor a file", hint=hint)
    if not found:
        raise UsageError("there is nothing to lint", hint="give the path of a Dockerfile")
    root = settings.root if settings else folder.absolute()
    files = [File(path, _name(path, root), tuple(ways)) for path, ways in found.items()]
    return tuple(sorted(files, key=lambda file: file.name))


def lint_files(
    files: Sequence[File],
    settings: LintSettings,
    *,
    today: date,
    hadolint: Callable[[str], str] | str,
    context: Callable[[], Sequence[Finding]] = tuple,
) -> Outcome:
    """Lint files by our rules and by hadolint.

    Args:
        files: the Dockerfiles.
        settings: `[tool.careen.lint]`.
        today: for ends of life.
        hadolint: gives the JSON that it prints for a text, and raises CareenError where it fails;
            a text says why it is skipped.
        context: gives findings on the lists of build contexts; the settings hold for them too. It
            is asked while hadolint is at work.

    Raises:
        DockerfileError: a file is missing or no text.
    """
    texts = {file.name: _read(file.path) for file in files}
    pool = ThreadPoolExecutor(_AT_ONCE, "hadolint")
    try:
        begun = {} if isinstance(hadolint, str) else _begin(pool, texts, hadolint)
        of_contexts = context()
        others, part = _gathered(begun)
    finally:
        # Nobody waits here: all is done, or the caller is interrupted and ends what runs.
        pool.shutdown(wait=False, cancel_futures=True)
    if isinstance(hadolint, str):
        part = Part("hadolint", "skipped", hadolint)
    linted = [
        _lint(file, texts[file.name], settings, today, others.get(file.name)) for file in files
    ]
    for path, found in groupby(ordered(of_contexts), key=lambda finding: finding.path):
        linted.append(settled(path, list(found), settings))
    lines = {name: [line.rstrip("\r") for line in text.split("\n")] for name, text in texts.items()}
    return Outcome(tuple(linted), (Part("careen", "passed"), part), settings.fail_on, lines)


def _ways(settings: Settings | None, path: Path) -> list[Way]:
    """Give how the variants of a project build a file, or one way without arguments."""
    found = [
        Way(one.args, one.target)
        for one in (settings.variants.values() if settings else ())
        if settings and (settings.root / one.dockerfile).resolve() == path.resolve()
    ]
    return found or [Way({})]


def _lint(
    file: File,
    text: str,
    settings: LintSettings,
    today: date,
    hadolint: Sequence[Finding] | None,
) -> Linted:
    """Lint a file in all ways in which it is built; what any of them finds is found."""
    results = [
        check_dockerfile(
            text,
            file.name,
            settings=settings,
            today=today,
            args=way.args,
            targets=(way.target,) if way.target else (),
            hadolint=hadolint,
        )
        for way in file.ways
    ]
    every = set.intersection(*(set(result.findings) for result in results))
    findings = {
        finding
        for result in results
        for finding in result.findings
        # A comment is unused where it is so in every way.
        if finding.rule != "ignore-unused" or finding in every
    }
    ignored: dict[Ignored, None] = dict.fromkeys(
        one for result in results for one in result.ignored
    )
    return Linted(file.name, ordered(findings), tuple(ignored))


def _begin(
    pool: ThreadPoolExecutor, texts: Mapping[str, str], hadolint: Callable[[str], str]
) -> dict[str, Future[str]]:
    return {name: pool.submit(hadolint, text) for name, text in texts.items()}


def _gathered(begun: Mapping[str, Future[str]]) -> tuple[dict[str, tuple[Finding, ...]], Part]:
    found: dict[str, tuple[Finding, ...]] = {}
    for name, printed in begun.items():
        try:
            found[name] = parse_hadolint(printed.result(), name)
        except (CareenError, ValueError) as error:
            return found, Part("hadolint", "failed", f"{name}: {error}")
    return found, Part("hadolint", "passed")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise DockerfileError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DockerfileError(f"{path}: it is no UTF-8 text: {error}") from error


def _name(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path)
