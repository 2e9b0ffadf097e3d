"""Decides whether scanned images pass: failed, unknown or passed."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from careen.scan.baseline import baseline_keys
from careen.scan.upgrades import upgrades, without_fix

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from careen.scan.baseline import Known
    from careen.scan.model import Finding, Installed, Kind, ScannerReport, Secret
    from careen.scan.upgrades import Upgrade
    from careen.scan.waivers import Waiver

Result = Literal["passed", "failed", "unknown"]
_FEW = 5  # names of packages in a sentence
_NAMES: dict[Kind, tuple[str, str]] = {
    "deb": ("Debian package", "Debian packages"),
    "apk": ("Alpine package", "Alpine packages"),
    "python": ("Python distribution", "Python distributions"),
    "npm": ("npm package", "npm packages"),
    "binary": ("program that no manager knows", "programs that no manager knows"),
    "other": ("other package", "other packages"),
}


class Rules(Protocol):
    """What of `[tool.careen.scan]` decides; `careen.config.model.ScanSettings` is one."""

    @property
    def fail_on(self) -> Collection[str]: ...  # noqa: D102 - as ScanSettings says
    @property
    def only_fixed(self) -> bool: ...  # noqa: D102 - likewise
    @property
    def new_only(self) -> bool: ...  # noqa: D102 - likewise
    @property
    def allow_unknown(self) -> Collection[str]: ...  # noqa: D102 - likewise


@dataclass(frozen=True)
class Scanned:
    """What is known of one image.

    Attributes:
        name: what people call it.
        reports: of each scanner.
        installed: careen's own inventory.
        findings: joined from the reports.
        secrets: of all that looked for them, careen among them.
        unseen: what careen's own inventory could not see, a sentence each.
        stand_in: whether it stands on a base that careen made in place of a published one.
    """

    name: str
    reports: tuple[ScannerReport, ...] = ()
    installed: tuple[Installed, ...] = ()
    findings: tuple[Finding, ...] = ()
    secrets: tuple[Secret, ...] = ()
    unseen: tuple[str, ...] = ()
    stand_in: bool = False


@dataclass(frozen=True)
class Unknown:
    """Something that nobody knows.

    Attributes:
        name: what `allow_unknown` calls it: a scanner, a kind of packages, `inventory`.
        reason: in words.
        allowed: whether the settings allow it by its name.
    """

    name: str
    reason: str
    allowed: bool


@dataclass(frozen=True)
class ImageOutcome:
    """The policy's word on one image; *failing* are findings, *waived* each with its waiver."""

    name: str
    outcome: Result
    failing: tuple[Finding, ...]
    secrets: tuple[Secret, ...]
    waived: tuple[tuple[Finding, Waiver], ...]
    unknown: tuple[Unknown, ...]
    upgrades: tuple[Upgrade, ...]
    without_fix: tuple[Finding, ...]


@dataclass(frozen=True)
class Outcome:
    """The policy's word on all; *waivers* is what is wrong with those, a sentence each."""

    outcome: Result
    images: tuple[ImageOutcome, ...]
    waivers: tuple[str, ...] = ()


def judge(
    images: Sequence[Scanned],
    rules: Rules,
    today: date,
    waivers: Sequence[Waiver] = (),
    baseline: Known = frozenset(),
) -> Outcome:
    """Judge images by the rules; failed outranks unknown, and unknown fails the command too.

    A waiver counts to the end of its last day; beyond it, it is itself a failure. One that meets
    no finding in any image is a failure as well, but only where all scanners that are not
    skipped ran: what a broken scanner would have found is not known to be gone. Without an image
    the outcome is unknown.
    """
    valid = [one for one in waivers if one.expires >= today]
    judged = tuple(_judge(one, rules, valid, baseline) for one in images)
    wrong = _faults(images, waivers, today)
    if wrong or any(one.outcome == "failed" for one in judged):
        return Outcome("failed", judged, wrong)
    sure = judged and all(one.outcome == "passed" for one in judged)
    return Outcome("passed" if sure else "unknown", judged, wrong)


def unknowns(image: Scanned, allowed: Collection[str]) -> tuple[Unknown, ...]:
    """List what nobody knows of an image: by scanner, by kind of package, of our inventory.

    A scanner that is skipped is none of them: what it alone would have covered is. A package of
    ours that each scanner that covers its kind leaves out of its inventory was looked at by none.
    """
    found = [
        (one.scanner, one.reason or one.status)
        for one in image.reports
        if one.status in {"unknown", "failed"}
    ]
    covered = {kind for one in image.reports if one.status == "ran" for kind in one.covers}
    counts = Counter(kind for kind, _, _ in {one.package.key for one in image.installed})
    for kind, count in sorted(counts.items()):
        if kind not in covered:
            found.append((kind, f"{count} {_NAMES[kind][count != 1]}: no scanner could know"))
    for kind, names in sorted(_looked_at_by_none(image).items()):
        few = ", ".join(names[:_FEW]) + (", ..." if names[_FEW:] else "")
        what = f"{len(names)} {_NAMES[kind][len(names) != 1]}"
        found.append((kind, f"{what}: in no scanner's inventory: {few}"))
    if not counts and not covered:
        found.append(("inventory", "no package is known, and no scanner could know of any"))
    found += [("inventory", sentence) for sentence in image.unseen]
    return tuple(Unknown(name, reason, name in allowed) for name, reason in found)


def _looked_at_by_none(image: Scanned) -> dict[Kind, list[str]]:
    """Give the names by kind; a scanner that gives no inventory is taken to have seen all.

    Versions are not compared: managers and scanners write the same one in several ways.
    """
    sights: dict[Kind, list[set[str] | None]] = defaultdict(list)
    for report in image.reports:
        if report.status != "ran":
            continue
        keys = _seen(report)
        for kind in report.covers:
            names = None if keys is None else {name for of, name in keys if of == kind}
            sights[kind].append(names)
    found: dict[Kind, list[str]] = defaultdict(list)
    for kind, name in sorted({one.package.key[:2] for one in image.installed}):
        seen_by = sights[kind]
        if seen_by and all(names is not None and name not in names for names in seen_by):
            found[kind].append(name)
    return found


def _seen(report: ScannerReport) -> set[tuple[Kind, str]] | None:
    if report.packages is None:
        return None
    vulnerable = (one.package for one in report.vulnerabilities)
    return {one.key[:2] for one in (*report.packages, *vulnerable)}


def _judge(
    image: Scanned, rules: Rules, waivers: Sequence[Waiver], baseline: Known
) -> ImageOutcome:
    failing: list[Finding] = []
    waived: list[tuple[Finding, Waiver]] = []
    for one in image.findings:
        if not _fails(one, rules, baseline):
            continue
        waiver = next((waiver for waiver in waivers if waiver.covers(one)), None)
        if waiver:
            waived.append((one, waiver))
        else:
            failing.append(one)
    unknown = unknowns(image, rules.allow_unknown)
    outcome: Result = "passed"
    if failing or image.secrets:
        outcome = "failed"
    elif any(not one.allowed for one in unknown):
        outcome = "unknown"
    return ImageOutcome(
        name=image.name,
        outcome=outcome,
        failing=tuple(failing),
        secrets=image.secrets,
        waived=tuple(waived),
        unknown=unknown,
        upgrades=upgrades(failing),
        without_fix=without_fix(failing),
    )


def _fails(one: Finding, rules: Rules, baseline: Known) -> bool:
    if one.severity not in rules.fail_on or (rules.only_fixed and not one.fixed_version):
        return False
    return not (rules.new_only and baseline_keys(one) & baseline)


def _faults(images: Sequence[Scanned], waivers: Sequence[Waiver], today: date) -> tuple[str, ...]:
    known = all(one.status in {"ran", "skipped"} for image in images for one in image.reports)
    faults = []
    for one in waivers:
        what = f"line {one.line}: the waiver of {one.id}"
        what += f" in {one.package}" if one.package else ""
        if one.expires < today:
            faults.append(f"{what} expired on {one.expires}: upgrade, or give a new date")
        elif known and not any(one.covers(found) for im in images for found in im.findings):
            faults.append(f"{what} meets no finding: remove it")
    return tuple(faults)
