"""Makes the checks of an audit; what asks a network or starts a program is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from careen.audit import actions, bases, dependencies, releases, waivers
from careen.audit.finding import CHECKS, MONTHLY, QUARTERLY, Finding
from careen.build.dockerfile import parse_dockerfile
from careen.config.load import built_variants
from careen.errors import CareenError, ConfigError, UsageError, nearest
from careen.lint.images import images
from careen.lint.subject import Subject
from careen.requirements.inputs import read_input
from careen.requirements.lock import parse_lock
from careen.scan.record import read_record
from careen.scan.waivers import read_waivers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from careen.config.model import Settings
    from careen.engine.package_index import IndexFile
    from careen.lint.run import Outcome as LintOutcome
    from careen.requirements.inputs import Line
    from careen.requirements.lock import Lock

_NO_CODE = (
    "[tool.careen.audit] names no code and no sets, so nobody knows what is needed",
    'set code = ["src/..."] and sets = ["..."]',
)


@dataclass(frozen=True)
class Outside:
    """What an audit asks outside of the project.

    Attributes:
        deptry: takes the code's folders, the needed and the other input files, gives its JSON.
        index: gives the files of distributions, by name; a text where it could not be asked.
        digest: gives the digest that a reference's tag names now.
        weights: installed bytes by distribution, of an image of the project; {} without one.
        lint: lints all files of the project.
    """

    deptry: Callable[[Sequence[str], Sequence[str], Sequence[str]], str]
    index: Callable[[Sequence[str]], Mapping[str, Sequence[IndexFile] | str]]
    digest: Callable[[str], str]
    weights: Mapping[str, int]
    lint: Callable[[], LintOutcome]


def choose_checks(*, monthly: bool, quarterly: bool, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Give the checks that were asked for; all of them where nothing was.

    Raises:
        UsageError: there is no check of a name.
    """
    for name in names:
        if name not in CHECKS:
            raise UsageError(f"there is no check {name}", hint=nearest(name, CHECKS))
    wanted = {*(MONTHLY if monthly else ()), *(QUARTERLY if quarterly else ()), *names}
    return tuple(check for check in CHECKS if not wanted or check in wanted)


def audit(
    settings: Settings, checks: Sequence[str], outside: Outside, today: date
) -> list[Finding]:
    """Make checks.

    Args:
        settings: of the project.
        checks: of CHECKS.
        outside: what is asked elsewhere.
        today: in UTC.
    """
    makers: dict[str, Callable[[], list[Finding]]] = {
        "dependencies": lambda: _dependencies(settings, outside),
        "releases": lambda: _releases(settings, outside),
        "base-images": lambda: _bases(settings, outside, today),
        "actions": lambda: actions.findings(_workflows(settings)),
        "waivers": lambda: _waivers(settings, outside, today),
    }
    return [one for check in checks for one in makers[check]()]


def _dependencies(settings: Settings, outside: Outside) -> list[Finding]:
    own = settings.audit
    if not own.code or not own.sets:
        return [Finding(dependencies.CHECK, "unknown", "pyproject.toml", *_NO_CODE)]
    for name in own.sets:
        if name not in settings.requirements:
            hint = nearest(name, settings.requirements)
            raise ConfigError(f"[tool.careen.audit] sets: there is no set {name}", hint=hint)
    needed = [settings.requirements[name].source for name in own.sets]
    others = [one.source for name, one in settings.requirements.items() if name not in own.sets]
    lines: list[tuple[str, Line]] = []
    for name in own.sets:
        source = settings.requirements[name].source
        lines += [(source, line) for line in read_input(settings.root / source, name)]
    try:
        rows = dependencies.parse_deptry(outside.deptry(own.code, needed, others))
    except CareenError as error:
        said = f"nobody could look: {error.args[0]}"
        return [Finding(dependencies.CHECK, "unknown", ", ".join(own.code), said, error.hint)]
    return dependencies.findings(rows, lines, own.used, outside.weights)


def _releases(settings: Settings, outside: Outside) -> list[Finding]:
    locks: dict[str, Lock] = {}
    found: list[Finding] = []
    for one in settings.requirements.values():
        path = settings.root / one.lock
        if path.is_file():
            locks[one.lock] = parse_lock(path.read_text(encoding="utf-8"))
        else:
            said = "there is no such lock"
            found.append(Finding(releases.CHECK, "unknown", one.lock, said, "invoke compile"))
    seen: set[tuple[str, str]] = set()
    index = outside.index(sorted({pin.name for lock in locks.values() for pin in lock.pins}))
    for name, lock in locks.items():
        # What several locks pin is told once, where it stands first.
        own = [pin for pin in lock.pins if (pin.name, pin.version) not in seen]
        seen |= {(pin.name, pin.version) for pin in own}
        limit, held = settings.audit.max_pin_age_days, settings.audit.held
        found += releases.findings(name, own, index, limit, python=lock.python, held=held)
    return found + releases.unheld(settings.audit.held, locks.values(), index)


def _bases(settings: Settings, outside: Outside, today: date) -> list[Finding]:
    named: list[tuple[str, str]] = []
    seen: set[str] = set()
    for variant in settings.variants.values():
        text = (settings.root / variant.dockerfile).read_text(encoding="utf-8")
        dockerfile = parse_dockerfile(text, variant.dockerfile)
        for line, reference in images(Subject(dockerfile, today, dict(variant.args))):
            if reference not in seen:
                seen.add(reference)
                named.append((reference, f"{variant.dockerfile}:{line}"))
    accepted = settings.lint.ignore.get("base-not-pinned", "")
    return bases.findings(named, today, outside.digest, accepted)


def _waivers(settings: Settings, outside: Outside, today: date) -> list[Finding]:
    found = waivers.of_lint(settings.lint.ignore, outside.lint()) if settings.lint.ignore else []
    if path := settings.scan.waivers:
        records = settings.root / settings.build.records
        built = {name: read_record(records, name) for name in built_variants(settings)}
        found += waivers.of_scans(path, read_waivers(settings.root / path), built, today)
    return found


def _workflows(settings: Settings) -> dict[str, str]:
    folder = settings.root / settings.audit.workflows
    paths: list[Path] = [*folder.glob("*.yml"), *folder.glob("*.yaml")]
    return {
        str(path.relative_to(settings.root)): path.read_text(encoding="utf-8") for path in paths
    }
