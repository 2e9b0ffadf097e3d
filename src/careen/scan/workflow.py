"""A scan from its names to what the policy says: export, scanners, inventory, findings, verdict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careen.build.known_base import known_base
from careen.build.plan import SECRET_ID
from careen.build.run import certificates
from careen.engine.image_export import expected_bytes, export_image
from careen.engine.paths import cache_folder, write_atomically
from careen.engine.temporary import temporary_folder
from careen.errors import UsageError
from careen.image.secrets.files import FILE_RULES
from careen.image.secrets.formats import FORMATS
from careen.scan.baseline import read_baseline
from careen.scan.inventory import inventory, unseen
from careen.scan.join import join
from careen.scan.model import How, Target
from careen.scan.policy import Scanned, judge
from careen.scan.record import record_path, record_text, scan_record
from careen.scan.run import scan_images, scanners_by_name
from careen.scan.secrets.scanner import SecretSearch
from careen.scan.waivers import read_waivers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from careen.config.model import ScanSettings, Settings
    from careen.scan.baseline import Known
    from careen.scan.model import Scanner, ScannerReport, Secret
    from careen.scan.policy import Outcome
    from careen.scan.waivers import Waiver


@dataclass(frozen=True)
class Scan:
    """What is scanned, and how.

    Attributes:
        names: of images, as `careen.engine.images.open_image` takes them.
        settings: of the scan.
        project: the settings of the whole project; None outside one.
        platform: `os/arch[/variant]`; "" is the machine's own.
        sbom: the folder that SBOMs are written to, None for none.
        records: the folder of the build records, None outside a project.
        offline: fetch nothing.
    """

    names: tuple[str, ...]
    settings: ScanSettings
    project: Settings | None = None
    platform: str = ""
    sbom: Path | None = None
    records: Path | None = None
    offline: bool = False

    def how(self, now: datetime, say: Callable[[str], None] = lambda _: None) -> How:
        """Give how scanners run."""
        root = self.project.root if self.project else None
        named = self.settings.databases
        folder = (root / named if root else cache_folder() / named) if named else None
        return How(
            databases=folder or cache_folder() / "scan",
            now=now,
            offline=self.offline,
            timeout_seconds=self.settings.timeout_seconds,
            max_age_days=self.settings.max_database_age_days,
            say=say,
        )


def scan(
    asked: Scan, now: datetime, say: Callable[[str], None] = lambda _: None
) -> tuple[list[Scanned], Outcome]:
    """Scan images, and judge them.

    Args:
        asked: what is scanned, and how.
        now: in UTC.
        say: told what takes long.

    Raises:
        UsageError: an image is named twice, or a scanner is unknown.
        ConfigError: the waivers or the baseline are wrong.
        CareenError: an image cannot be read.
    """
    if len(set(asked.names)) != len(asked.names):
        raise UsageError(f"an image is named twice: {', '.join(asked.names)}")
    # What is wrong with these is told before minutes are spent.
    waivers = _waivers(asked)
    baseline = _baseline(asked)
    scanners = _all(asked)
    with temporary_folder("scan") as folder:
        made: dict[str, Target] = {}
        reports = scan_images(_targets(asked, folder, made, say), scanners, asked.how(now, say))
    targets = [made[name] for name in asked.names]
    images = [_scanned(target, reports[target.name]) for target in targets]
    outcome = judge(images, asked.settings, now.date(), waivers, baseline)
    _record(asked, targets, images, outcome, now)
    return images, outcome


def _record(
    asked: Scan,
    targets: Sequence[Target],
    images: Sequence[Scanned],
    outcome: Outcome,
    now: datetime,
) -> None:
    """Keep what was found in the project's variants, as they are built for this machine."""
    project, records = asked.project, asked.records
    if project is None or records is None or asked.platform:
        return
    variants = {f"{project.image}:{name}": name for name in project.variants}
    for target, image, said in zip(targets, images, outcome.images, strict=True):
        if target.name in variants:
            diff_ids = [facts.diff_id for facts in target.image.facts]
            text = record_text(scan_record(image, said, diff_ids, now))
            write_atomically(record_path(records, variants[target.name]), text.encode())


def plan(asked: Scan, now: datetime) -> dict[str, object]:
    """Say what a scan would do, for --dry."""
    names = [scanner.name for scanner in _all(asked)]
    return {
        "images": list(asked.names),
        "scanners": names,
        "databases": str(asked.how(now).databases),
        "offline": asked.offline,
        "sbom": str(asked.sbom) if asked.sbom else None,
        "policy": asked.settings.model_dump(mode="json", by_alias=True),
    }


def _all(asked: Scan) -> Sequence[Scanner]:
    return (*scanners_by_name(asked.settings.scanners), _secrets(asked.project))


def _secrets(project: Settings | None) -> SecretSearch:
    """Give careen's own search; the secret that careen's builds have is proven absent too."""
    path = certificates(project) if project else None
    return SecretSearch({SECRET_ID: path.read_bytes()} if path else {})


def _targets(
    asked: Scan, folder: Path, made: dict[str, Target], say: Callable[[str], None]
) -> Iterator[Target]:
    """Export the images, the largest first, into *made* too: they take the longest to look into."""
    sizes = {name: expected_bytes(name, say) for name in asked.names}
    for at, name in enumerate(sorted(sizes, key=lambda name: -sizes[name])):
        made[name] = _target(asked, name, folder / f"{at}", say)
        yield made[name]


def _target(asked: Scan, name: str, folder: Path, say: Callable[[str], None]) -> Target:
    folder.mkdir()
    exported = export_image(name, folder, platform=asked.platform, say=say)
    base = known_base(exported.image, asked.records, asked.platform, say)
    return Target(name, exported.path, exported.layout, exported.image, base, asked.sbom)


def _scanned(target: Target, reports: tuple[ScannerReport, ...]) -> Scanned:
    installed = inventory(target.image, target.base)
    return Scanned(
        name=target.name,
        reports=reports,
        installed=installed,
        findings=join(reports, installed),
        secrets=joined_secrets(reports),
        unseen=unseen(target.image),
        stand_in=target.image.is_stand_in,
    )


def joined_secrets(reports: Sequence[ScannerReport]) -> tuple[Secret, ...]:
    """Give the secrets of all scanners; one that careen saw at the same place is told once."""
    own = [secret for report in reports for secret in report.secrets if _is_own(report)]
    places = {(secret.place, secret.path, secret.layer, secret.line) for secret in own}
    others = [
        secret
        for report in reports
        for secret in report.secrets
        if not _is_own(report)
        and (secret.place, secret.path, secret.layer, secret.line) not in places
    ]
    return tuple(dict.fromkeys([*own, *others]))


def _is_own(report: ScannerReport) -> bool:
    return report.scanner == SecretSearch.name


def _waivers(asked: Scan) -> Sequence[Waiver]:
    rules = [*(one.id for one in FORMATS), *(one.id for one in FILE_RULES)]
    path = asked.settings.waivers
    return read_waivers(_path(asked, path), rules) if path else ()


def _baseline(asked: Scan) -> Known:
    path = asked.settings.baseline
    return read_baseline(_path(asked, path)) if path else frozenset()


def _path(asked: Scan, path: str) -> Path:
    return (asked.project.root if asked.project else Path.cwd()) / path
