"""Faults of an ignore file's lines: refused, without effect, at the root alone, out of order."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from careen.lint.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from careen.lint.context_view import View
    from careen.lint.finding import Severity
    from careen.lint.ignore_patterns import Pattern

# What comes and goes in a working copy: a line for it is a precaution, and means every depth.
LEFTOVERS = frozenset({
    "__pycache__", "*.pyc", "*.pyo", "*.pyd", "*.py[cod]", "*.py[co]", "*.py[cdo]", "*$py.class",
    ".DS_Store", "Thumbs.db", "node_modules", ".git", ".svn", ".hg", ".venv", "venv", ".env",
    ".env.*", "*.log", "*.swp", "*.swo", "*.swn", "*.sw[a-p]", "*~", "*.bak", "*.orig", "*.tmp",
    "*.backup", "*.old", "*.local", ".cache", ".pytest_cache", ".mypy_cache", ".ruff_cache",
    ".hypothesis", ".tox", ".nox", ".coverage", ".coverage.*", "coverage.xml", "htmlcov",
    "nosetests.xml", "*.cover", "*.egg-info", "*.egg", ".eggs", ".Python", ".idea", ".vscode",
    ".npm", ".eslintcache", ".ipynb_checkpoints", "npm-debug.log*", "yarn-debug.log*",
    "yarn-error.log*", "pip-log.txt", "pip-delete-this-directory.txt", ".next", ".nuxt", ".turbo",
    ".parcel-cache", ".terraform", "*.pem", "*.key", "*.p12", "id_rsa", ".aws", ".ssh", ".npmrc",
    ".netrc",
})  # fmt: skip
# The same kind, but such a name is often a package's own: at other depths it may be source.
_PRECAUTIONS = frozenset({
    "build", "dist", "env", "ENV", "target", "out", "logs", "tmp", "coverage",
})  # fmt: skip
_WILD = frozenset("*?[]\\")
_ALL = frozenset({"*", "**", "**/*"})
_EXAMPLES = 3
_MOST_COMPARED = 1000  # patterns, each with all others


def refused(view: View) -> Iterator[Finding]:
    """Find lines for which BuildKit fails the whole build.

    Example: `[a-` has no end.
    """
    for fault in view.ignore.faults:
        yield Finding(
            "ignore-pattern-refused", view.ignore.path, fault.line, "error",
            f"the pattern {fault.text} is refused: {fault.reason}",
            "correct or remove the line; a build with it fails",
        )  # fmt: skip


def operators(view: View) -> Iterator[Finding]:
    """Find patterns in which BuildKit reads a letter as an operator, by a fault of its own.

    Example: `a|b*` leaves out all that begins with `a`, and all that holds a `b` (`src/lib`). In a
    pattern without `*`, `?`, `[` or a backslash these letters are what they look like.
    """
    for pattern in view.ignore.patterns:
        if pattern.has_operator:
            yield _finding(
                view, "ignore-operator", pattern, "warning",
                f"{pattern.text}: BuildKit reads | and {{2}} as operators beside a wildcard",
                "write a backslash before | and {, or a line for each",
            )  # fmt: skip


def root_only(view: View) -> Iterator[Finding]:
    """Find patterns that match at the context's root alone, where the like lies deeper and is sent.

    Example: `__pycache__/` leaves out `__pycache__`, and sends `src/app/__pycache__`; a
    .gitignore's line would mean both. Names that may be source deeper down (`build/`, `docs/`) are
    let be, and so is a pattern that begins with a slash: it says what it means.
    """
    for pattern in view.ignore.patterns:
        name = pattern.cleaned
        if pattern.exception or "/" in name or name.startswith("**") or not name.strip("*?"):
            continue
        leftover = name in LEFTOVERS or name in view.git_ignored_deep
        if pattern.text.startswith("/") or not (leftover or not _WILD.isdisjoint(name)):
            continue
        if found := view.deeper(pattern):
            severity: Severity = "warning" if leftover else "info"
            yield _finding(
                view, "ignore-root-only", pattern, severity,
                f"{pattern.text} matches at the root alone: {some(found)} "
                f"{'is' if len(found) == 1 else 'are'} sent",
                f"write **/{name}, or /{name} where the root alone is meant",
            )  # fmt: skip


def shadowed(view: View) -> Iterator[Finding]:
    """Find patterns that another one makes useless, and exceptions without effect.

    Example: `.git` and `.git/`; `*` and then `docs`; `!README.md` above `*.md`, which leaves it out
    again; `!assets/logo.png` behind `*.png`, which never left it out.
    """
    for pattern in view.ignore.patterns:
        if pattern.exception:
            yield from _idle_exception(view, pattern)
        elif cover := _cover(view, pattern):
            yield _finding(
                view, "ignore-shadowed", pattern, "info",
                f"{pattern.text} does nothing: {cover.text} (line {cover.line}) covers it",
                "remove the line",
            )  # fmt: skip


def matches_nothing(view: View) -> Iterator[Finding]:
    """Find patterns that match nothing, precautions excepted, and those that never can.

    Example: `../secrets` lies outside the context; `!requirments.txt` is misspelt. A line for what
    comes and goes needs no match today: what Git ignores or tools leave behind, hidden names, and
    wildcards.
    """
    for pattern in view.ignore.patterns:
        if pattern.cleaned in {".", "/", ".."} or pattern.cleaned.startswith("../"):
            yield _finding(
                view, "ignore-matches-nothing", pattern, "warning",
                f"{pattern.text} never matches: BuildKit compares names below the context's root",
                "write a path from the context's root on; * for all of it",
            )  # fmt: skip
        elif not view.measured.complete or _precaution(pattern, view.git_ignored):
            continue
        elif not _matched(pattern, view) and not _cover(view, pattern):
            yield _finding(
                view, "ignore-matches-nothing", pattern, "info",
                f"{pattern.text} matches nothing",
                "correct the name, or remove the line",
            )  # fmt: skip


def arrives_empty(view: View) -> Iterator[Finding]:
    """Find files that BuildKit sends without their bytes, and tells nobody.

    Example: `docs`, `!docs/guide.md`, `docs`: docs/guide.md is copied, and is empty. The walk over
    the context does not ask the last line again, the reading of the file does.
    """
    if not any(pattern.exception for pattern in view.ignore.patterns):
        return
    found: dict[Pattern, list[str]] = {}
    for one in view.measured.placement.sent:
        path, pattern = one.entry.path, one.pattern
        if pattern is not None and one.entry.counts and view.ignore.arrives_empty(path):
            found.setdefault(pattern, []).append(path)
    for pattern, paths in found.items():
        yield _finding(
            view, "ignore-sends-empty", pattern, "error",
            f"{some(paths)} would arrive with no bytes: a later line leaves the folder out again",
            "put the exception behind all patterns that match its folder",
        )  # fmt: skip


def some(paths: Iterable[str]) -> str:
    """Name a few paths and the number of the others.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    names = list(paths)
    more = len(names) - _EXAMPLES
    return ", ".join(names[:_EXAMPLES]) + (f" and {more} more" if more > 0 else "")


def _finding(
    view: View, rule: str, pattern: Pattern, severity: Severity, message: str, advice: str
) -> Finding:
    return Finding(rule, view.ignore.path, pattern.line, severity, message, advice)


def _cover(view: View, pattern: Pattern) -> Pattern | None:
    """Give a pattern that makes another one useless: no exception between them may matter."""
    patterns = view.ignore.patterns
    if pattern.exception or len(patterns) > _MOST_COMPARED:
        return None
    index = patterns.index(pattern)
    before = takewhile(lambda one: _apart(one, pattern), reversed(patterns[:index]))
    after = takewhile(lambda one: _apart(one, pattern), patterns[index + 1 :])
    # Of two equal lines the second is the useless one.
    others = [*before, *(one for one in after if one.cleaned != pattern.cleaned)]
    found = (one for one in others if not one.exception and _covers(one, pattern))
    return min(found, key=lambda one: one.line, default=None)


def _apart(other: Pattern, pattern: Pattern) -> bool:
    """Say whether another line lets nothing in that a pattern could match."""
    name = pattern.cleaned
    at_root = "/" not in name and not name.startswith("**")
    first = other.cleaned.partition("/")[0]
    named = _WILD.isdisjoint(first)
    return not other.exception or (at_root and named and not pattern.matches(first))


def _covers(cover: Pattern, pattern: Pattern) -> bool:
    """Say whether all that a pattern can match is below or the same as what the other matches."""
    if cover.cleaned == pattern.cleaned or cover.cleaned in _ALL:
        return True
    parts = pattern.cleaned.split("/")
    fixed = next((n for n, part in enumerate(parts) if not _WILD.isdisjoint(part)), len(parts))
    return any(cover.matches("/".join(parts[:end])) for end in range(1, fixed + 1))


def _idle_exception(view: View, pattern: Pattern) -> Iterator[Finding]:
    found = _matched(pattern, view)
    if not found or any(one.pattern is pattern for one in view.measured.placement.sent):
        return
    left_out = next((view.placed[path] for path in found if not view.placed[path].sent), None)
    later = left_out.pattern if left_out else None
    if later is not None and later.line > pattern.line:
        message = f"{pattern.text} does nothing: {later.text} (line {later.line}) comes later"
        advice = "put the exception behind it: the last line that matches decides"
    elif later is None:
        message = f"{pattern.text} does nothing: no line above leaves {found[0]} out"
        advice = "remove the line; a pattern without **/ matches at the root alone"
    else:
        return
    yield _finding(view, "ignore-shadowed", pattern, "warning", message, advice)


def _matched(pattern: Pattern, view: View) -> list[str]:
    if _WILD.isdisjoint(pattern.cleaned):
        return [pattern.cleaned] if pattern.cleaned in view.placed else []
    return [path for path in view.open if pattern.matches(path)]


def _precaution(pattern: Pattern, git_ignored: frozenset[str]) -> bool:
    name = pattern.fixed.rpartition("/")[2]
    known = name in LEFTOVERS | _PRECAUTIONS or name in git_ignored
    return not pattern.exception and (
        known or name.startswith(".") or not _WILD.isdisjoint(pattern.cleaned)
    )
