"""Faults of what is sent: needed files left out, secrets and Git's history let in, no list."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from careen.lint import secret_files
from careen.lint.context import Reach
from careen.lint.finding import Finding
from careen.lint.ignore_rules import (
    arrives_empty,
    matches_nothing,
    operators,
    refused,
    root_only,
    shadowed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from careen.lint.context import Placed
    from careen.lint.context_view import View
    from careen.lint.finding import Severity

MOST_OPENED = 5_000
_WILD = frozenset("*?[\\")
_REQUIREMENTS = ("requirements*.txt", "constraints*.txt", "*requirements.txt")
_ALL = frozenset({"*", "**", "**/*"})


def no_list(view: View) -> Iterator[Finding]:
    """Find a context without an ignore file.

    Example: `COPY . .` with no .dockerignore copies .git, virtual environments and caches, and any
    change in them makes the step run again.
    """
    if not view.ignore.path:
        yield Finding(
            "ignore-file-missing", view.dockerfile, 1, "warning",
            f"no .dockerignore: all {view.measured.placement.before.files:,} files can be sent",
            "write one: * leaves all out, !NAME lets in what the Dockerfile copies",
        )  # fmt: skip


def needed(view: View) -> Iterator[Finding]:
    """Find files that the build needs and the ignore file leaves out.

    Example: `COPY config.txt .` beside `*.txt`: the build fails. `*.txt` with `!requirements.txt`
    also leaves out requirements-core.txt, which requirements.txt may name.
    """
    told: set[str] = set()
    certain = view.sources or ()
    for source in (*certain, *view.requirements):
        left_out = _left_out(source.path, view)
        if left_out is None or left_out.pattern is None:
            continue
        told.add(left_out.entry.path)
        yield Finding(
            "ignore-needed-file", view.ignore.path, left_out.pattern.line,
            "error" if source in certain else "warning",
            f"{left_out.pattern.text} leaves out {source.path}, which "
            f"{view.dockerfile}:{source.line} needs",
            f"let it in below that line: !{source.path}",
        )  # fmt: skip
    for path in view.open:
        one = view.placed[path]
        if not one.sent and path not in told and _dropped_requirements(one):
            pattern = one.pattern
            if pattern is not None:
                yield Finding(
                    "ignore-needed-file", view.ignore.path, pattern.line, "warning",
                    f"{pattern.text} leaves out {path}, which looks like a list of requirements",
                    f"let it in below that line (!{path}), or name what is meant",
                )  # fmt: skip


def secrets(view: View) -> Iterator[Finding]:
    """Find files that hold secrets and are sent.

    Example: `.env` in the context and `COPY . .`: it is in a layer for ever. Told by names, and by
    the first 4096 bytes of files up to 64 KiB. A file that no instruction can read is a hint only:
    BuildKit does not send it today.
    """
    files = view.measured.placement.files
    small = [(entry.path, entry.bytes) for entry in files if entry.kind == "file"]
    opened = set(secret_files.worth_opening(small, MOST_OPENED))
    for path, size in small:
        what = secret_files.by_name(path) if size else ""
        if not what and path in opened:
            what = secret_files.by_content(path, view.head(path))
        if what:
            reached = view.measured.reaches(path)
            yield _of_the_list(
                view, "secret-in-context", "error" if reached else "info",
                f"{path} ({what}) "
                + ("can be copied into the image" if reached else "is left in; nothing copies it"),
                f"leave it out: {_deep(path)}; give it to the build as --secret",
            )  # fmt: skip
    unseen = len(secret_files.worth_opening(small, len(small))) - len(opened)
    if unseen:
        yield _of_the_list(
            view, "secret-in-context", "info",
            f"{unseen:,} of the files that are left in were not looked into for private keys",
            "leave out what the build does not need",
        )  # fmt: skip


def history(view: View) -> Iterator[Finding]:
    """Find Git's own folder in what is sent.

    Example: `.git` may be larger than all else, changes with every commit, and holds what was
    removed since.
    """
    found: dict[str, list[str]] = {}
    for entry in view.measured.placement.files:
        parts = entry.path.split("/")
        if ".git" in parts:
            folder = "/".join(parts[: parts.index(".git") + 1])
            found.setdefault(folder, []).append(entry.path)
    for folder, files in found.items():
        reached = any(map(view.measured.reaches, files))
        yield _of_the_list(
            view, "git-in-context", "warning" if reached else "info",
            f"{folder} is left in: {len(files):,} {'file' if len(files) == 1 else 'files'}"
            + ("" if reached else "; nothing copies it"),
            "leave it out: **/.git; give the build a commit's name as an argument",
        )  # fmt: skip


# The ids of all of them, for the settings.
IDS = (
    "git-in-context", "ignore-file-missing", "ignore-matches-nothing", "ignore-needed-file",
    "ignore-operator", "ignore-pattern-refused", "ignore-root-only", "ignore-sends-empty",
    "ignore-shadowed", "secret-in-context",
)  # fmt: skip

RULES: tuple[Callable[[View], Iterator[Finding]], ...] = (
    no_list,
    refused,
    operators,
    root_only,
    shadowed,
    matches_nothing,
    arrives_empty,
    needed,
    secrets,
    history,
)


def _left_out(source: str, view: View) -> Placed | None:
    """Give the first path of a source where all of it is left out; None where some is sent."""
    if source == ".":
        return None
    if _WILD.isdisjoint(source):
        roots = [source] if source in view.placed else []
    else:
        reach = Reach([source])
        roots = [path for path in view.placed if reach.has(path)]
    if not roots or any(view.placed[path].sent for path in roots):
        return None
    below = f"{roots[0]}/"
    if any(one.entry.path.startswith(below) for one in view.measured.placement.sent):
        return None
    return view.placed[roots[0]]


def _dropped_requirements(one: Placed) -> bool:
    """Say whether a list of requirements is left out by a pattern that does not name it."""
    pattern = one.pattern.cleaned if one.pattern else ""
    # Asked first, since it is so of nearly all where `*` leaves everything out.
    if pattern in _ALL or one.entry.kind != "file":
        return False
    folder, _, name = one.entry.path.rpartition("/")
    named = _WILD.isdisjoint(pattern) or "requirement" in pattern or "constraint" in pattern
    known = any(fnmatchcase(name, known) for known in _REQUIREMENTS) or (
        folder.rpartition("/")[2] == "requirements" and name.endswith(".txt")
    )
    return known and not named


def _of_the_list(view: View, rule: str, severity: Severity, message: str, advice: str) -> Finding:
    """Make a finding on the ignore file as a whole, or on the Dockerfile where there is none."""
    return Finding(rule, view.ignore.path or view.dockerfile, 1, severity, message, advice)


def _deep(path: str) -> str:
    name = path.rpartition("/")[2]
    return f"**/{name}" if name.startswith(".") else path
